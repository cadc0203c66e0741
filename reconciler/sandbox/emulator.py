"""Starts and stops the emulator: moto in a child process, so that it shares neither our GIL nor our heap."""

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
REQUIRED_PACKAGES = ("moto", "flask", "flask_cors", "werkzeug")


class Emulator:
    """A running moto. `port` is its own port on loopback, `log` whatever it wrote to standard error."""

    def __init__(self, account: str, log: Path) -> None:
        require_moto()
        self._log = log
        with log.open("wb") as stderr:
            # A session of its own: Ctrl-C in the terminal is for the command in the sandbox, not for moto.
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
            last = self._log.read_text(errors="replace").strip().splitlines()[-1:]
            raise make_error("sandbox-start", "The emulator behind the sandbox did not start.", " ".join(last))
        return int(line)

    def stop(self) -> None:
        process = self._process
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def wait_readable(stream: IO[Any] | int, seconds: float) -> bool:
    """Wait until there is something to read, or the end of it, and return whether that came in time.

    Not by `select`, which takes no file descriptor above 1023.
    """
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        return bool(selector.select(seconds))


def require_moto() -> None:
    missing = [name for name in REQUIRED_PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise make_error(
            "sandbox-not-installed",
            "The sandbox needs moto, which is not installed.",
            f"Python finds no {' and no '.join(missing)}.",
            "Install it: `pip install 'reconcile-iam[sandbox]'`",
        )


def _build_environment() -> dict[str, str]:
    """What the child may know: nothing of the user's AWS, and where to import this very package from."""
    kept = {k: v for k, v in os.environ.items() if not k.upper().startswith(("AWS_", "MOTO_", "PYTHON"))}
    here = str(Path(reconciler.__file__).parent.parent)
    inherited = os.environ.get("PYTHONPATH")
    return kept | {
        "PYTHONPATH": os.pathsep.join([here, *([inherited] if inherited else [])]),
        "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
    }
