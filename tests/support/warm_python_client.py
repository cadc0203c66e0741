"""Be the program that a shell runs as `reconcile`: `python -IS warm_python_client.py SOCKET MODULE ARGUMENTS`.

It has a process of `warm_python.py` run the module with its own streams, folder and environment, and ends as that does.
"""

from __future__ import annotations

import marshal
import os
import sys
from _socket import AF_UNIX, SCM_RIGHTS, SOL_SOCKET, socket

# To import json, signal and socket would take longer than all the rest.


def main(path: str, *words: str) -> int:
    request = {
        "words": words,
        "environment": dict(os.environ),
        "folder": os.getcwd(),  # noqa: PTH109 - pathlib takes longer than all of this
        "session": False,
        "adopted": False,
    }
    connection = socket(AF_UNIX)
    connection.connect(path)
    data = marshal.dumps(request)
    streams = b"".join(number.to_bytes(4, sys.byteorder) for number in (0, 1, 2))
    connection.sendmsg([len(data).to_bytes(8, "big")], [(SOL_SOCKET, SCM_RIGHTS, streams)])
    connection.sendall(data)
    for number in (0, 1, 2):
        os.close(number)  # or a reader of the pipe would wait for this process, too
    code = int(connection.recv(16) or 1)
    if code < 0:
        import signal

        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    return code


os._exit(main(*sys.argv[1:]))
