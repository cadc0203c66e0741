"""Run moto in a process of its own: `python -m reconciler.sandbox.moto_process ACCOUNT`. `emulator.py` starts it.

It writes its port to standard output. It exits when its standard input ends, which happens however its parent ends.
"""

from __future__ import annotations

import logging
import os
import sys
import threading


def _end_with_parent() -> None:
    # Read the descriptor, not sys.stdin: a thread that waits in its buffer would block the exit of the interpreter.
    while os.read(0, 4096):
        pass
    os._exit(0)


def main(account: str) -> None:
    from werkzeug.serving import make_server

    from reconciler.sandbox.keep_alive import KeepAliveHandler
    from reconciler.sandbox.moto_patches import load_moto

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, load_moto(account), threaded=True, request_handler=KeepAliveHandler)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1])
