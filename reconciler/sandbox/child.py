"""The process that runs moto: `python -m reconciler.sandbox.child ACCOUNT`. Started by `emulator.py` only.

It says its port on standard output and ends when standard input does, which happens however its parent ends.
"""

from __future__ import annotations

import logging
import os
import sys
import threading


def _end_with_parent() -> None:
    # The descriptor, not sys.stdin: a thread inside its buffer would block the interpreter's own end.
    while os.read(0, 4096):
        pass
    os._exit(0)


def main(account: str) -> None:
    # Not MOTO_ACCOUNT_ID: it pins every call to one account, and an assumed role's account would be lost.
    import moto.core

    for module in (moto.core, moto.core.models):
        vars(module)["DEFAULT_ACCOUNT_ID"] = account
    from moto.moto_server import werkzeug_app
    from werkzeug.serving import make_server

    from reconciler.sandbox.serving import KeptOpen

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    application = werkzeug_app.DomainDispatcherApplication(werkzeug_app.create_backend_app)
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=KeptOpen)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1])
