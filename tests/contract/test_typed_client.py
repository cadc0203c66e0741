"""What `py.typed` promises: a program that uses `reconciler.api` is checked by mypy --strict as it would be at home."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler import api

CLIENT = Path(__file__).with_name("client") / "pipeline.py"


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for what mypy knows of the package: it checks that once, not once for each test."""
    return tmp_path_factory.mktemp("mypy")


def run_mypy(folder: Path, cache: Path) -> str:
    """Check the files of a folder outside the checkout: mypy finds the package as installed, and not our settings."""
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--cache-dir={cache}", "."]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=280).stdout


def test_a_program_that_uses_the_types_rightly_passes_mypy_strict(tmp_path: Path, cache: Path) -> None:
    shutil.copy(CLIENT, tmp_path)
    assert run_mypy(tmp_path, cache).startswith("Success")


def test_mypy_finds_what_a_program_confuses(tmp_path: Path, cache: Path) -> None:
    """Else the types could all be Any, and the test above would pass, too."""
    mistakes = {
        "api.load(3)": "arg-type",
        "api.apply(api.load('roles.yaml'))": "arg-type",
        "api.assume('admin', 'roles.yaml')": "arg-type",
        "api.access('roles.yaml')": "arg-type",
        "api.can('roles.yaml', 'user/a', 's3:GetObject')": "arg-type",
        "api.paths(api.load('roles.yaml')).administrator": "attr-defined",
        "api.plan(api.load('roles.yaml')).chnages": "attr-defined",
        "api.apply(api.plan(api.load('roles.yaml')), on_event=print_line)": "arg-type",
    }
    head = "from reconciler import api\n\ndef print_line(line: str) -> None: ...\n\n"
    (tmp_path / "mistakes.py").write_text(head + "\n".join(mistakes) + "\n")
    errors = [line for line in run_mypy(tmp_path, cache).splitlines() if ": error:" in line]
    assert [line.rpartition("  ")[2] for line in errors] == [f"[{code}]" for code in mistakes.values()]


def test_a_program_may_import_the_library_before_anything_else() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from reconciler import api; print(*api.__all__)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == list(api.__all__)


def test_the_client_uses_every_name_of_the_api() -> None:
    tree = ast.walk(ast.parse(CLIENT.read_text(encoding="utf-8")))
    used = {
        node.attr
        for node in tree
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "api"
    }
    assert used == set(api.__all__)
