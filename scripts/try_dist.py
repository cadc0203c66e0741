"""Install the built wheel and sdist as users do, and run the command: `make dist`.

Each installation is new and lies in a temporary folder outside the checkout; nothing of the checkout is on the path.
pip, uvx and pipx install both files on every Python that is found. The script needs only the standard library, and uv
and pipx beside its own Python.
"""

from __future__ import annotations

import argparse
import itertools
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "reconciler"
OLDEST = (3, 11)
TRIED_MINORS = range(OLDEST[1], 20)  # names of programs to look for on PATH; one that is missing is passed over
BIN = "Scripts" if os.name == "nt" else "bin"
PROBE = """
import importlib.resources, pathlib, sys
import reconciler.api
root = pathlib.Path(reconciler.__file__).parent
print(root, *(name for name in sys.argv[2:] if not (root / name).is_file()), sep="\\n")
assert not root.is_relative_to(sys.argv[1]), f"{root} lies in the checkout"
"""


@dataclass(frozen=True)
class Interpreter:
    """A Python that runs here: its program, and its version such as `3.13.0`."""

    program: str
    version: str


def list_package_files(root: Path) -> list[str]:
    """Return the files that an installation needs, relative to the package: all of `reconciler/`, and the schemas."""
    package = root / PACKAGE
    files = (path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    schemas = (f"schemas/{path.name}" for path in (root / "schemas").glob("*.json"))
    return sorted([*(path.relative_to(package).as_posix() for path in files), *schemas])


def find_missing_files(archive: Path, needed: list[str]) -> list[str]:
    """Return which of `needed` (see `list_package_files`) the wheel or the sdist lacks."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            held = set(wheel.namelist())
        return [name for name in needed if f"{PACKAGE}/{name}" not in held]
    with tarfile.open(archive) as sdist:
        held = {name.split("/", 1)[-1] for name in sdist.getnames()}
    return [name for name in needed if (name if name.startswith("schemas/") else f"{PACKAGE}/{name}") not in held]


def find_interpreters() -> Iterator[Interpreter]:
    """Yield a Python of each minor version that is new enough and really runs, the oldest first.

    They come from PATH and from pyenv. A pyenv shim on PATH does not run while its version is not the chosen one.
    """
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    folders = [*os.get_exec_path(), *(str(path / BIN) for path in sorted(pyenv.glob("versions/*"), reverse=True))]
    code = "import ensurepip, platform, sys; print(platform.python_version(), sys.executable)"
    for minor in TRIED_MINORS:
        own = [sys.executable] if minor == sys.version_info.minor else []
        for program in [*own, *(found for one in folders if (found := shutil.which(f"python3.{minor}", path=one)))]:
            probe = subprocess.run([program, "-c", code], capture_output=True, text=True, check=False)
            if probe.returncode == 0:
                version, executable = probe.stdout.strip().split(" ", 1)
                yield Interpreter(executable, version)
                break


def build_environment(home: Path) -> dict[str, str]:
    """Return this process's environment without its virtual environment and PYTHONPATH, and with a home of its own.

    The homes of one run share their downloads, in `cache` beside them.
    """
    dropped = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PYTHONSAFEPATH")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return kept | {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "PIPX_HOME": str(home / "pipx"),
        "PIPX_BIN_DIR": str(home / "pipx-bin"),
        "PIP_CACHE_DIR": str(home.parent / "cache/pip"),
        "UV_CACHE_DIR": str(home.parent / "cache/uv"),
        "UV_PYTHON_DOWNLOADS": "never",
    }


def run_in(folder: Path, *command: str | Path) -> str:
    """Run `command` in `folder` and return its output; end the script with that output if the command fails."""
    environment = build_environment(folder)
    result = subprocess.run(
        [str(part) for part in command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        words = " ".join(str(part) for part in command)
        sys.exit(f"`{words}` ended with {result.returncode}:\n{result.stdout}{result.stderr}")
    return result.stdout


def check_command(folder: Path, *reconcile: str | Path) -> None:
    """Run `--version` and `validate` of an installed reconcile, on an example that is copied into `folder`."""
    shutil.copy(ROOT / "examples/tutorial.yaml", folder / "roles.yaml")
    shown = run_in(folder, *reconcile, "--version")
    version = read_version()
    if version not in shown:
        sys.exit(f"`reconcile --version` prints {shown.strip()!r}, and the package is {version}.")
    if not run_in(folder, *reconcile, "validate", "roles.yaml").startswith("Valid:"):
        sys.exit("`reconcile validate` does not call examples/tutorial.yaml valid.")


def read_version() -> str:
    """Return the version that the checkout has, such as `0.1.0`."""
    text = (ROOT / PACKAGE / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "(.+)"', text, re.MULTILINE)
    assert found is not None
    return found[1]


def try_pip(folder: Path, python: Interpreter, archive: Path, needed: list[str]) -> None:
    """Install `archive` with pip in a new virtual environment, and check the command, the library and the files."""
    run_in(folder, python.program, "-m", "venv", folder / "venv")
    inside = folder / "venv" / BIN
    run_in(folder, inside / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", archive)
    check_command(folder, inside / "reconcile")
    _root, *missing = run_in(folder, inside / "python", "-c", PROBE, ROOT, *needed).splitlines()
    if missing:
        sys.exit(f"An installation of {archive.name} lacks {', '.join(missing)}.")


def try_uvx(folder: Path, python: Interpreter, archive: Path, _needed: list[str]) -> None:
    """Run the command with uvx, which installs `archive` into a cache of its own."""
    uvx = Path(sys.executable).with_name("uvx")
    check_command(folder, uvx, "--quiet", "--python", python.program, "--from", archive, "reconcile")


def try_pipx(folder: Path, python: Interpreter, archive: Path, _needed: list[str]) -> None:
    """Install `archive` with pipx, and check the command that it puts into its folder."""
    run_in(folder, sys.executable, "-m", "pipx", "install", "--python", python.program, archive)
    check_command(folder, folder / "pipx-bin" / "reconcile")


ATTEMPTS = {"pip": try_pip, "uvx": try_uvx, "pipx": try_pipx}
"""The ways to install. Each gets an empty folder, a Python, the file, and the names of `list_package_files`."""


def make_folder(path: Path) -> Path:
    """Create the folder and return it."""
    path.mkdir()
    return path


def main() -> None:
    """Try every way to install the files of a folder, and print a line for each that works."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dist", type=Path, help="the folder with one wheel and one sdist")
    folder = parser.parse_args().dist.resolve()
    (wheel,) = folder.glob("*.whl")
    (sdist,) = folder.glob("*.tar.gz")
    needed = list_package_files(ROOT)
    for archive in (wheel, sdist):
        if missing := find_missing_files(archive, needed):
            sys.exit(f"{archive.name} lacks {', '.join(missing)}.")
    pythons = list(find_interpreters())
    if not pythons:
        sys.exit(f"No Python {OLDEST[0]}.{OLDEST[1]} or newer on PATH.")
    with tempfile.TemporaryDirectory(prefix="reconcile-dist-") as temporary:
        for number, (python, archive, name) in enumerate(itertools.product(pythons, (wheel, sdist), ATTEMPTS)):
            ATTEMPTS[name](make_folder(Path(temporary) / str(number)), python, archive, needed)
            print(f"{name}, Python {python.version}: {archive.name} works.", flush=True)


if __name__ == "__main__":
    main()
