"""Be the process of `warm_python.py` that forks: `python warm_python_child.py NAME DESCRIPTOR`, a listening socket.

In a child, this module goes on where `serve` returns, so that all of it ends as a program of its own does.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import marshal
import os
import pkgutil
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import reconciler
from tests.support.aws_models import cache_aws_models
from tests.support.disk_waits import skip_disk_waits
from tests.support.garbage import collect_seldom
from tests.support.quick_http import parse_headers_quickly

CLIENT = Path(__file__).with_name("warm_python_client.py")
MOTO_MODULE = "reconciler.sandbox.moto_process"
MOTO_ACCOUNT = "123456789012"
MOTO_CALLS = (
    ("iam", "2010-05-08", "ListUsers"),
    ("iam", "2010-05-08", "GetAccountAuthorizationDetails"),
    ("sts", "2011-06-15", "GetCallerIdentity"),
)
"""Service, version of its API, operation."""


def import_reconcile() -> None:
    for module in pkgutil.walk_packages(reconciler.__path__, "reconciler."):
        if not module.name.startswith(("reconciler.sandbox", "reconciler.__main__")):
            importlib.import_module(module.name)
    for name in (
        "boto3",
        "jmespath",
        "jsonschema",
        "jsonschema_rs",
        "deepdiff",
        "rich.table",
        "reconciler.sandbox.shell",
    ):
        importlib.import_module(name)
    cache_aws_models(setattr)
    session = importlib.import_module("boto3").Session()
    for service in ("iam", "sts"):
        session.client(service, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
    importlib.import_module("reconciler.desired.schema_check").is_surely_valid({})  # compiles the schema
    names = importlib.import_module("reconciler.desired.aws_names").AwsNames()
    for service in ("iam", "sts", "s3", "ec2"):
        names.has_action(service, "")  # reads the lists of AWS
        names.actions_of(service)


def import_moto() -> None:
    """Import moto, and make a few calls that change nothing: what the first calls load takes longer than most tests."""
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
    for name in ("moto.moto_server.werkzeug_app", "moto.iam.urls", "moto.sts.urls", "reconciler.sandbox.keep_alive"):
        importlib.import_module(name)
    importlib.import_module("reconciler.sandbox.moto_patches").load_moto(MOTO_ACCOUNT)
    answer = importlib.import_module("reconciler.sandbox.direct_calls").answer_directly
    for service, version, action in MOTO_CALLS:
        scope = f"AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{service}/aws4_request, Signature=0"
        headers = {"Authorization": scope, "Content-Type": "application/x-www-form-urlencoded"}
        answer("POST", "/", headers.items(), f"Action={action}&Version={version}".encode())


PREPARATIONS = {"reconcile": import_reconcile, "moto": import_moto}


def serve(listening: socket.socket) -> dict[str, Any]:
    """Fork for each request. Return in each child, with its request; never in this process."""
    with selectors.DefaultSelector() as selector:
        selector.register(listening, selectors.EVENT_READ)
        selector.register(0, selectors.EVENT_READ)
        while True:
            ready = {key.fd for key, _ in selector.select(1)}
            if 0 in ready:
                os._exit(0)
            if ready:
                connection, _ = listening.accept()
                request = _answer(connection)
                if request is not None:
                    listening.close()
                    return request
            _reap()


def _reap() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _answer(connection: socket.socket) -> dict[str, Any] | None:
    """Return the request in the child that is to fulfil it, and None in this process."""
    head, streams, _, _ = socket.recv_fds(connection, 8, 3)
    with connection, connection.makefile("rb") as sent:
        request: dict[str, Any] = marshal.loads(sent.read(int.from_bytes(head, "big")))
        between = os.fork()
        if not between:
            child = os.fork()
            if child:
                _leave(child, connection, streams, request["adopted"])
        elif request["adopted"]:
            os.waitpid(between, 0)  # from here on the child is the caller's, who reads to the end of the connection
    for number, stream in enumerate(streams):
        if not between:
            os.dup2(stream, number)
        os.close(stream)
    return None if between else request


def _leave(child: int, connection: socket.socket, streams: list[int], adopted: bool) -> None:
    """In the process between: say the child's id, or wait for its exit code and say that; then end."""
    said = child
    if not adopted:
        for stream in streams:  # whoever reads from them waits for the child alone
            os.close(stream)
        said = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with contextlib.suppress(OSError):
        connection.sendall(str(said).encode())
    os._exit(0)


def become(request: dict[str, Any]) -> None:
    """Take over folder, environment and arguments; the streams are already there."""
    if request["session"]:
        os.setsid()
    signal.signal(signal.SIGHUP, signal.SIG_IGN if request.get("ignores_hangups") else signal.SIG_DFL)
    if request.get("zygotes"):  # no client has any
        fork_inner_processes(request["zygotes"])
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.path.insert(0, request["folder"])
    sys.argv[1:] = request["words"][1:]
    for name, number, mode in (("stdin", 0, "r"), ("stdout", 1, "w"), ("stderr", 2, "w")):
        before = getattr(sys, name)
        lines = name == "stderr" or os.isatty(number)
        made = open(number, mode, 1 if lines else -1, before.encoding, before.errors, closefd=False)  # noqa: SIM115
        if os.environ.get("PYTHONUNBUFFERED") and mode == "w":
            made.reconfigure(write_through=True)
        setattr(sys, name, made)
        setattr(sys, f"__{name}__", made)


def is_warm(words: Sequence[str]) -> bool:
    """Return whether moto, if it is that, runs for the account that it has read when it was imported."""
    return words[0] != MOTO_MODULE or words[1:2] == [MOTO_ACCOUNT]


def fork_inner_processes(zygotes: dict[str, str]) -> None:
    """Have this process start modules as forks, too: the child is a client, which ends as the fork does.

    zygotes: module → the socket of the process that forks it.
    """
    start: Any = subprocess.Popen.__init__

    def start_warm(self: Any, words: Sequence[str], **options: Any) -> None:
        plain = [word for word in words if word != "-P"] if isinstance(words, list) else []
        if plain[:2] == [sys.executable, "-m"] and plain[2:3] and plain[2] in zygotes and is_warm(plain[2:]):
            words = [sys.executable, "-I", "-S", str(CLIENT), zygotes[plain[2]], *plain[2:]]
        start(self, words, **options)

    setattr(subprocess.Popen, start.__name__, start_warm)


def leave_quickly(code: Any) -> None:
    """End as Python does, but leave the freeing of the memory, which is not all ours, to the system."""
    if isinstance(code, int) or code is None:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            if stream is not None and not stream.closed:
                stream.flush()
        os._exit(code or 0)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    parse_headers_quickly()
    skip_disk_waits(setattr)
    PREPARATIONS[sys.argv[1]]()
    collect_seldom()
    asked = serve(socket.socket(fileno=int(sys.argv[2])))
    become(asked)
    try:
        runpy.run_module(asked["words"][0], run_name="__main__", alter_sys=True)
    except SystemExit as error:
        leave_quickly(error.code)
        raise
