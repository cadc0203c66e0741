"""The process that runs moto: `python -m reconciler.sandbox.child ACCOUNT`. Started by `emulator.py` only.

It says its port on standard output and ends when standard input does, which happens however its parent ends.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from typing import Any


def _end_with_parent() -> None:
    # The descriptor, not sys.stdin: a thread inside its buffer would block the interpreter's own end.
    while os.read(0, 4096):
        pass
    os._exit(0)


def _read_policies_of_aws_once() -> None:
    """moto parses AWS's own 1,500 policies again for each reset, twice: here they become what they were at first."""
    from moto.iam.models import IAMBackend

    parse: Any = IAMBackend._init_aws_policies
    parsed: dict[tuple[str, str], list[tuple[Any, dict[str, Any], list[tuple[Any, dict[str, Any]]]]]] = {}

    def policies(backend: Any) -> list[Any]:
        account = backend.account_id, backend.region_name
        if account not in parsed:
            parsed[account] = [
                (policy, {**vars(policy)}, [(version, {**vars(version)}) for version in policy.versions])
                for policy in parse(backend)
            ]
        for policy, at_first, versions in parsed[account]:
            vars(policy).update(at_first, versions=[version for version, _ in versions], tags={})
            for version, fields in versions:
                vars(version).update(fields)
        return [policy for policy, _, _ in parsed[account]]

    setattr(IAMBackend, parse.__name__, policies)


def main(account: str) -> None:
    # Not MOTO_ACCOUNT_ID: it pins every call to one account, and an assumed role's account would be lost.
    import moto.core

    for module in (moto.core, moto.core.models):
        vars(module)["DEFAULT_ACCOUNT_ID"] = account
    from moto.moto_server import werkzeug_app
    from werkzeug.serving import make_server

    from reconciler.sandbox.serving import KeptOpen

    _read_policies_of_aws_once()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    application = werkzeug_app.DomainDispatcherApplication(werkzeug_app.create_backend_app)
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=KeptOpen)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1])
