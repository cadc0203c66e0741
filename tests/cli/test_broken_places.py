"""What the system refuses to any command is one line and exit code 1, on the quick path and on the slow one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


def ran(*words: str, **more: object) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "reconciler", *words]
    return subprocess.run(line, stderr=subprocess.PIPE, text=True, check=False, **more)  # type: ignore[call-overload,no-any-return]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("words", [("schema",), ("assume", "--unset"), ("--version",)])
def test_a_full_disk_is_told_in_one_line(words: tuple[str, ...]) -> None:
    environ = os.environ | {"RECONCILE_ALIAS": "s3"}
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = ran(*words, stdout=full, env=environ)
    assert (done.returncode, done.stderr) == (1, "error: No space left on device.\n")


@pytest.mark.skipif(os.name == "nt", reason="Windows does not remove a folder that is in use")
@pytest.mark.parametrize("words", [("assume", "s3"), ("validate",)])
def test_a_working_folder_that_is_gone_is_told_so(tmp_path: Path, words: tuple[str, ...]) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    environ = {name: value for name, value in os.environ.items() if name != "RECONCILE_FILE"}
    script = 'rmdir "$PWD" && exec "$@"'
    line = ["sh", "-c", script, "sh", sys.executable, "-m", "reconciler", *words]
    done = subprocess.run(line, cwd=gone, capture_output=True, text=True, check=False, env=environ)
    assert done.returncode == 1
    assert done.stderr.startswith("error: The working folder is gone.\n")
