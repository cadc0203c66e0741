"""Be the program that a shell runs as `reconcile`: `python -IS warm_python_client.py SOCKET MODULE ARGUMENTS`.

It has a process of `warm_python.py` run the module with its own streams, folder and environment, and ends as that does.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys


def main(path: str, *words: str) -> int:
    request = {
        "words": words,
        "environment": dict(os.environ),
        "folder": os.getcwd(),  # noqa: PTH109 - pathlib takes longer than all of this
        "session": False,
        "adopted": False,
    }
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        data = json.dumps(request).encode()
        socket.send_fds(connection, [len(data).to_bytes(8, "big")], [0, 1, 2])
        connection.sendall(data)
        for number in (0, 1, 2):
            os.close(number)  # or a reader of the pipe would wait for this process, too
        code = int(connection.makefile().read() or 1)
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    return code


os._exit(main(*sys.argv[1:]))
