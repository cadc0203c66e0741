"""Start ministack, an emulator that shares no code with moto, behind the sandbox."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from reconciler.sandbox.emulator import wait_readable
from reconciler.sandbox.strict.keyring import ROOT_KEY_ID

STARTUP_TIMEOUT = 60.0
ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv-ministack" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
"""ministack needs an older version of botocore, so it has an environment of its own (Makefile)."""


class Ministack:
    """A running ministack, as `Sandbox(emulator=Ministack)` takes it. `enforcing`: it judges requests by IAM policies
    itself, for which there must be no strict layer in front of it, whose own questions are not signed.
    """

    enforcing = False

    def __init__(self, account: str, log: Path) -> None:
        variables = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
        settings = {
            "PYTHONPATH": str(ROOT),
            "HOME": str(log.parent),
            "MINISTACK_ACCOUNT_ID": account,
            # Without it, ministack knows only a few dozen of AWS's own policies.
            "MINISTACK_AUTOCREATE_AWS_MANAGED": "true",
            # The access key of the root user, as in the sandbox.
            "AWS_ACCESS_KEY_ID": ROOT_KEY_ID,
            "AUTH": str(self.enforcing).lower(),
        }
        with log.open("wb") as stderr:
            self._process = subprocess.Popen(
                [PYTHON, "-P", "-m", "tests.support.ministack_child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                env=variables | settings,
                cwd=log.parent,
                start_new_session=True,
            )
        try:
            self.port = self._read_port(log)
        except BaseException:
            self.stop()
            raise

    def _read_port(self, log: Path) -> int:
        stdout = self._process.stdout
        assert stdout is not None
        line = stdout.readline().strip() if wait_readable(stdout, STARTUP_TIMEOUT) else b""
        assert line.isdigit(), f"ministack did not start: {log.read_text(errors='replace')[-500:]}"
        return int(line)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()


class EnforcingMinistack(Ministack):
    enforcing = True
