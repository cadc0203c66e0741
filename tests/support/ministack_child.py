"""Run ministack in a process of its own: `python -m tests.support.ministack_child`. `ministack.py` starts it.

It writes its port to standard output, and exits when its standard input ends, as the sandbox's own child does.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import threading


def _end_with_parent() -> None:
    while os.read(0, 4096):
        pass
    os._exit(0)


def main() -> None:
    # Bound here: its own command takes a port that somebody else may have taken by then, and listens to the world.
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    os.environ |= {"GATEWAY_PORT": str(port), "MINISTACK_HOST": "127.0.0.1", "LOG_LEVEL": "ERROR"}
    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack.app import app

    config = Config()
    config.bind = [f"fd://{listening.detach()}"]
    config.loglevel = "ERROR"
    config.keep_alive_timeout = 3600
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    asyncio.run(serve(app, config))


if __name__ == "__main__":
    main()
