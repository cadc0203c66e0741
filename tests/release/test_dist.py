"""The wheel has all that the command needs, and works without the checkout.

`make dist` installs wheel and sdist in clean environments, on every Python that it finds.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from scripts.try_dist import ROOT, find_missing_files, list_package_files


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (path,) = folder.glob("*.whl")
    return path


def test_the_wheel_has_every_file_of_the_package_and_both_schemas(wheel: Path) -> None:
    needed = list_package_files(ROOT)
    assert {"py.typed", "access/escalation_paths.json", "schemas/plan.schema.json"} <= set(needed)
    assert find_missing_files(wheel, needed) == []
    assert find_missing_files(wheel, ["absent.json"]) == ["absent.json"]


def test_the_command_of_the_wheel_works_without_the_checkout(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    shutil.copy(ROOT / "examples/tutorial.yaml", tmp_path / "roles.yaml")
    code = "import reconciler.__main__ as it, sys; print(it.__file__); sys.argv[0] = 'reconcile'; it.main()"
    # PYTHONPATH comes before the checkout, which the tests' environment has on its path.
    result = subprocess.run(
        [sys.executable, "-c", code, "validate", "roles.yaml"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path / "site")},
        capture_output=True,
        text=True,
        timeout=60,
    )
    place, *shown = result.stdout.splitlines()
    assert place == str(tmp_path / "site/reconciler/__main__.py")
    assert shown[0].startswith("Valid:"), result.stderr
