"""Install programs from npm for tests, as a package-lock.json names them, in the user's cache for later runs.

npm checks each package against the integrity in that file, and runs no script of a package.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest

_OLDEST_NODE = 20
_PATIENCE = 120
"""The seconds that npm may take."""

LOCK_FILES = ("package.json", "package-lock.json")


def read_lock(folder: Path) -> dict[str, str]:
    """Return the two files of npm in a folder, for `install_packages`."""
    return {name: (folder / name).read_text(encoding="utf-8") for name in LOCK_FILES}


def install_packages(name: str, files: Mapping[str, str]) -> Path:
    """Return the folder `name` of the cache with the packages; install them if it is missing.

    The test is skipped without node and npm, or if npm cannot get the packages. It fails if a package is not the one
    that the lock names.

    files: package.json and package-lock.json. name: with the versions, so that other ones are another folder.
    """
    if shutil.which("npm") is None or _read_node_version() < _OLDEST_NODE:
        pytest.skip(f"needs npm and node {_OLDEST_NODE} or newer")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "reconcile-tests"
    folder = cache / name
    if folder.is_dir():
        return folder
    try:
        cache.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(dir=cache))
    except OSError as error:
        pytest.skip(f"cannot write to {cache}: {error.strerror}")
    try:
        for file, text in files.items():
            (unfinished / file).write_text(text, encoding="utf-8")
        _run_npm(unfinished)
        with contextlib.suppress(OSError):  # another run was faster
            unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def _read_node_version() -> int:
    """Return the major version of node; 0 if there is none."""
    if shutil.which("node") is None:
        return 0
    done = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False)
    return int(done.stdout.lstrip("v").partition(".")[0] or 0)


def _run_npm(folder: Path) -> None:
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--fetch-retries=0"]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=_PATIENCE,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm did not get the packages in {_PATIENCE} s")
    assert "EINTEGRITY" not in done.stderr, done.stderr
    if done.returncode:
        pytest.skip(f"npm cannot get the packages: {done.stderr.strip().partition(chr(10))[0][:200]}")
