"""Commands, files, functions and targets that the documentation names exist, and those that exist are named."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path

import click
import pytest

from reconciler.app.desired_files import validate_files
from reconciler.app.organization.files import find_organization
from reconciler.app.organization.validate import validate_organization
from reconciler.cli.main import root
from reconciler.model.plan import Phase
from reconciler.model.problem import Level, Problem
from tests.docs.pages import ROOT, PageBlock, list_pages, list_yaml_blocks, read_blocks

COMMANDS = root.list_commands(click.Context(root))
BROKEN_ON_PURPOSE = "broken.yml"
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def _command(name: str) -> click.Command:
    command = root.get_command(click.Context(root), name)
    assert command is not None
    return command


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_section_that_shows_its_help(name: str) -> None:
    text = (ROOT / "docs/cli.md").read_text(encoding="utf-8")
    section = text.partition(f"\n## reconcile {name}\n")[2].partition("\n## ")[0]
    assert section.count("```sh\n") >= 2
    assert f"reconcile {name} --help" in section


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_every_command_shows_an_example(name: str) -> None:
    epilog = _command(name).epilog or ""
    assert epilog.startswith("Example: ")
    assert f"reconcile {name}" in epilog


def _list_groups() -> dict[str, click.Context]:
    """Return each group by its words: the root, and those below it."""
    top = click.Context(root, info_name="reconcile", terminal_width=80)
    below = {name: _command(name) for name in COMMANDS}
    groups = {name: one for name, one in below.items() if isinstance(one, click.Group)}
    return {"": top, **{name: click.Context(one, top, name, terminal_width=80) for name, one in groups.items()}}


@pytest.mark.parametrize("context", _list_groups().values(), ids=_list_groups().keys())
def test_no_summary_of_a_command_is_cut_at_80_columns(context: click.Context) -> None:
    lines = context.get_help().partition("\nCommands:\n")[2].splitlines()
    assert lines and [line for line in lines if line.endswith("...") or len(line) > 80] == []


def test_the_table_of_commands_says_what_the_help_says() -> None:
    text = (ROOT / "docs/cli.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| \[`(\w+)`\]\(#reconcile-\w+\) \| (.*) \|$", text, re.MULTILINE))
    assert {name: f"{said[:1].upper()}{said[1:]}." for name, said in rows.items()} == {
        name: _command(name).short_help for name in COMMANDS
    }


def test_readme_lists_every_command() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"| `reconcile {name}" not in text] == []


@pytest.mark.parametrize("block", list(list_yaml_blocks()), ids=str)
def test_every_yaml_block_is_a_valid_file(block: PageBlock, tmp_path: Path) -> None:
    for folder in ("org", "examples/org"):
        shutil.copytree(ROOT / "examples/org", tmp_path / folder)
    for other in read_blocks(block.page):
        if other.language in ("json", "yaml") and other.name:
            (tmp_path / other.name).write_text(other.text, encoding="utf-8")
    file = tmp_path / "page.yaml"
    file.write_text(_find_whole(block).text, encoding="utf-8")
    errors = [str(problem) for problem in _find_problems(file) if problem.level is Level.ERROR]
    assert bool(errors) == (block.name == BROKEN_ON_PURPOSE), errors


def _find_whole(block: PageBlock) -> PageBlock:
    """Return the block itself, or the one with the accounts that its file is for."""
    named = (other for other in read_blocks(block.page) if block.name and "\norganization:" in other.text)
    return next((other for other in named if block.name in other.text), block)


def _find_problems(file: Path) -> tuple[Problem, ...]:
    organization = find_organization([str(file)], {})
    if organization is not None:
        return validate_organization(organization, (), frozenset()).problems
    return validate_files([str(file)], {})[1]


@pytest.mark.parametrize("page", list_pages(), ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", page.read_text(encoding="utf-8")):
        linked = (page.parent / target).resolve() if target else page
        assert linked.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", linked.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", text).lower().replace(" ", "-") for text in headings}, anchor


def test_make_targets_that_pages_name_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {
        name for page in list_pages() for name in re.findall(r"(?:^|`)make ([a-z]+)", page.read_text(), re.MULTILINE)
    }
    assert named <= targets


def test_functions_that_contributing_walks_through_exist() -> None:
    named = re.findall(r"`([\w/]+\.py):(\w+)`", CONTRIBUTING)
    assert len(named) > 20
    for path, name in named:
        source = (ROOT / path).read_text(encoding="utf-8")
        assert re.search(rf"^(def|class) {name}\b|^{name}\b", source, re.MULTILINE), f"{path}: {name}"


def test_files_and_folders_that_contributing_names_exist() -> None:
    """Every word in code that holds a slash, from the root of the repository or of the package."""
    named = re.findall(r"`([\w.-]+/[\w./-]*)[`:]", CONTRIBUTING)
    assert len(named) > 40
    assert [path for path in named if not ((ROOT / path).exists() or (ROOT / "reconciler" / path).exists())] == []


def test_contributing_lists_every_package_from_the_top_layer_down() -> None:
    listed = re.findall(r"^\| `(\w+)(?:/|\.py)` \|", CONTRIBUTING, re.MULTILINE)
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    contract = next(contract for contract in tools["importlinter"]["contracts"] if contract["type"] == "layers")
    layers = [set(layer.replace("reconciler.", "").split(" | ")) for layer in contract["layers"]]
    heights = [next(height for height, layer in enumerate(layers) if name in layer) for name in listed]
    assert heights == sorted(heights)
    assert set(listed) == set().union(*layers)


def test_contributing_has_the_phases_of_an_apply_in_their_order() -> None:
    found = re.search(r"[A-Z]+(?: < [A-Z]+)+", CONTRIBUTING)
    assert found and found[0].split(" < ") == [phase.name for phase in sorted(Phase)]


def test_every_flag_that_allows_an_unsafe_plan_is_in_its_table() -> None:
    allowing = {
        option
        for parameter in _command("apply").params
        for option in parameter.opts
        if option.startswith("--allow-") or option == "--take-over"
    }
    section = (ROOT / "docs/cli.md").read_text(encoding="utf-8").partition("### Unsafe plans")[2].partition("\n## ")[0]
    assert allowing == set(re.findall(r"^\| `(--[a-z-]+)`", section, re.MULTILINE))


SECURITY = (ROOT / "SECURITY.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("named", sorted(set(re.findall(r"`(tests/[\w/.]+(?:::\w+)?)`", SECURITY))))
def test_every_promise_of_the_threat_model_names_a_test_that_is_there(named: str) -> None:
    file, _, function = named.partition("::")
    text = (ROOT / file).read_text(encoding="utf-8")
    assert f"\ndef {function or 'test_'}" in text


def test_each_line_of_the_threat_model_that_promises_something_names_a_test() -> None:
    rows = [line for line in SECURITY.splitlines() if line.startswith("| ") and "promise" not in line]
    assert [row for row in rows if "`tests/" not in row and "---" not in row] == []
    assert len(rows) > 20
