"""Fork `python -m MODULE` off a process that has imported what the module needs, in place of starting Python anew.

An import of boto3 or of moto takes longer than most commands of a test. `fork_warm_processes` changes nothing but that.
The child has the arguments, environment, folder and streams of `subprocess.Popen` and runs the same `__main__`. It is a
child of the caller, whose `wait` and `kill` work as ever: the caller adopts it (prctl(2), PR_SET_CHILD_SUBREAPER). That
is Linux; elsewhere Python starts anew. A forked sandbox or script forks what it starts. A test about the start itself
asks for `cold_processes`.
"""

from __future__ import annotations

import ctypes
import inspect
import marshal
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.warm_python_child import CLIENT, MOTO_MODULE, is_warm

ROOT = Path(__file__).resolve().parents[2]
CHILD = Path(__file__).with_name("warm_python_child.py")
SCRIPTS = "tests.support.run_script"
MODULES = {"reconciler": "reconcile", "tests.docs.aws_shim": "reconcile", SCRIPTS: "reconcile", MOTO_MODULE: "moto"}
"""Module → the zygote that runs it (`warm_python_child.py:PREPARATIONS`)."""
READ_AT_START = ("LANG", "LC_", "PYTHONIOENCODING", "PYTHONUTF8", "PYTHONWARNINGS", "PYTHONHASHSEED")
"""Variables that the interpreter itself reads: a child that has others is started anew."""
PR_SET_CHILD_SUBREAPER = 36


class Zygote:
    """The process that forks. It ends when its standard input does, which happens however this process ends."""

    def __init__(self, name: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="warm-python-")
        self.path = f"{self._folder.name}/socket"
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(self.path)
        listening.listen(64)
        self._settings = _settings_of(os.environ) if name == "reconcile" else None
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "RECONCILE_"))}
        self._process = _popen(
            [sys.executable, "-P", str(CHILD), name, str(listening.fileno())],
            stdin=subprocess.PIPE,
            env=environment | {"PYTHONPATH": str(ROOT)},
            pass_fds=[listening.fileno()],
            start_new_session=True,
        )
        listening.close()

    def suits(self, environment: Mapping[str, str]) -> bool:
        return self._settings in (None, _settings_of(environment))

    def fork(self, request: Mapping[str, Any], streams: Sequence[int]) -> int:
        """Return the id of a process that is now a child of this one."""
        data = marshal.dumps(request)
        with socket.socket(socket.AF_UNIX) as connection, _adopting_orphans():
            connection.connect(self.path)
            socket.send_fds(connection, [len(data).to_bytes(8, "big")], streams)
            connection.sendall(data)
            with connection.makefile() as answer:
                return int(answer.read())

    def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()
        self._folder.cleanup()


@contextmanager
def _adopting_orphans() -> Iterator[None]:
    """Have processes whose parent has ended become children of this one; no longer than needed, as tests may look."""
    _set_subreaper(True)
    try:
        yield
    finally:
        _set_subreaper(False)


def _set_subreaper(value: bool) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, int(value), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def _settings_of(environment: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in environment.items() if key.startswith(READ_AT_START) and value}


def _popen(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
    with cold_processes():
        return subprocess.Popen(*arguments, **options)


_start_cold: Any = subprocess.Popen._execute_child  # type: ignore[attr-defined]
_parameters = inspect.signature(_start_cold)
_zygotes: dict[str, Zygote] = {}


def _start_warm(self: subprocess.Popen[Any], *arguments: Any) -> None:
    """Stand in for `Popen._execute_child`."""
    given = _parameters.bind(self, *arguments).arguments
    words = _find_module(given)
    environment = os.environ if given["env"] is None else given["env"]
    environment = {os.fsdecode(key): os.fsdecode(value) for key, value in environment.items()}
    zygote = find_zygote(words[0]) if words and is_warm(words) else None
    if not zygote or not zygote.suits(environment):
        return _start_cold(self, *arguments)
    streams = [
        own if own >= 0 else inherited
        for own, inherited in ((given["p2cread"], 0), (given["c2pwrite"], 1), (given["errwrite"], 2))
    ]
    request = {
        "words": words,
        "environment": environment,
        "folder": os.fspath(given["cwd"] or Path.cwd()),
        "session": given["start_new_session"],
        "adopted": True,
        "ignores_hangups": signal.getsignal(signal.SIGHUP) is signal.SIG_IGN,
        "zygotes": _find_inner_zygotes(words),
    }
    self.pid = zygote.fork(request, streams)  # type: ignore[misc]
    self._child_created = True  # type: ignore[attr-defined]
    names = ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")
    self._close_pipe_fds(*(given[name] for name in names))  # type: ignore[attr-defined]
    return None


def _find_inner_zygotes(words: Sequence[str]) -> dict[str, str]:
    """Return module → the socket of the process that forks it, for a program that starts such modules itself."""
    if words[0] != SCRIPTS and words[:2] != ["reconciler", "sandbox"]:
        return {}
    zygotes = ((module, find_zygote(module)) for module in ("reconciler", MOTO_MODULE))
    return {module: zygote.path for module, zygote in zygotes if zygote}


def _find_module(given: Mapping[str, Any]) -> list[str]:
    """Return the module and its arguments, or nothing if this is another command, or takes more than these do."""
    words = given["args"]
    if isinstance(words, (str, bytes, os.PathLike)):
        return []
    words = [os.fspath(word) for word in words]
    if len(words) > 1 and words[1] == "-P":
        del words[1]
    plain = words[:2] == [sys.executable, "-m"] and len(words) > 2 and words[2] in MODULES
    special = (
        given["shell"] or given["preexec_fn"] or given["pass_fds"] or given.get("process_group", -1) not in (-1, None)
    )
    return [os.fsdecode(word) for word in words[2:]] if plain and not special else []


def find_zygote(module: str) -> Zygote | None:
    """Return the one that runs the module; it is started when first asked for. None: there is none here."""
    name = MODULES[module]
    if name not in _zygotes and subprocess.Popen._execute_child is _start_warm:  # type: ignore[attr-defined]
        _zygotes[name] = Zygote(name)
    return _zygotes.get(name)


@contextmanager
def fork_warm_processes() -> Iterator[None]:
    if sys.platform != "linux":
        yield
        return
    subprocess.Popen._execute_child = _start_warm  # type: ignore[attr-defined]
    try:
        yield
    finally:
        subprocess.Popen._execute_child = _start_cold  # type: ignore[attr-defined]
        while _zygotes:
            _zygotes.popitem()[1].close()


@contextmanager
def cold_processes() -> Iterator[None]:
    """Start each process anew, as users do."""
    before = subprocess.Popen._execute_child  # type: ignore[attr-defined]
    subprocess.Popen._execute_child = _start_cold  # type: ignore[attr-defined]
    try:
        yield
    finally:
        subprocess.Popen._execute_child = before  # type: ignore[attr-defined]


def build_program(module: str) -> str:
    """Return a line of sh that runs the module with "$@"."""
    zygote = find_zygote(module)
    run = f"-I -S {CLIENT} {zygote.path} {module}" if zygote else f"-m {module}"
    return f'exec {sys.executable} {run} "$@"'
