"""Start and stop the emulator: moto in a child process, so that it shares neither our GIL nor our memory."""

from __future__ import annotations

import importlib.util
import os
import selectors
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

import reconciler
from reconciler.model.problem import make_error

STARTUP_TIMEOUT = 60.0
"""Seconds."""
REQUIRED_PACKAGES = ("moto", "flask", "flask_cors", "werkzeug")


class Emulator:
    """A running moto. port: its port on loopback. Raises ReconcileError if it does not start.

    log: the file that receives its standard error.
    """

    def __init__(self, account: str, log: Path) -> None:
        require_moto()
        self._log = log
        with log.open("wb") as stderr:
            # Give moto a session of its own: Ctrl-C in the terminal must reach only the command in the sandbox.
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "reconciler.sandbox.moto_process", account],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                env=_build_environment(),
                start_new_session=True,
            )
        try:
            self.port = self._read_port()
        except BaseException:
            self.stop()
            raise

    def _read_port(self) -> int:
        stdout = self._process.stdout
        assert stdout is not None
        line = stdout.readline().strip() if wait_readable(stdout, STARTUP_TIMEOUT) else b""
        if not line.isdigit():
            last_lines = self._log.read_text(errors="replace").strip().splitlines()[-1:]
            raise make_error("sandbox-start", "The emulator of the sandbox (moto) did not start.", " ".join(last_lines))
        return int(line)

    def stop(self) -> None:
        process = self._process
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def wait_readable(stream: IO[Any] | int, seconds: float) -> bool:
    """Wait until a stream has data, or has ended. Return False after `seconds`.

    Use selectors, not `select`, which cannot handle file descriptors above 1023.
    """
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        return bool(selector.select(seconds))


def require_moto() -> None:
    """Raise ReconcileError if moto, or a package that it needs, is not installed."""
    missing = [name for name in REQUIRED_PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise make_error(
            "sandbox-not-installed",
            "The sandbox needs moto, which is not fully installed.",
            f"Python does not find: {', '.join(missing)}.",
            "Run: pip install 'reconcile-iam[sandbox]'",
        )


def _build_environment() -> dict[str, str]:
    """Return the child's environment: without the user's AWS variables, and with the path of this package."""
    other_variables = {k: v for k, v in os.environ.items() if not k.upper().startswith(("AWS_", "MOTO_", "PYTHON"))}
    package_parent = str(Path(reconciler.__file__).parent.parent)
    inherited = os.environ.get("PYTHONPATH")
    return other_variables | {
        "PYTHONPATH": os.pathsep.join([package_parent, *([inherited] if inherited else [])]),
        "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
    }
