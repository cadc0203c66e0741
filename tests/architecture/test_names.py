"""A function is a verb and a noun, and `where` in its name is a place. No two classes have the same name."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.support.source_modules import PACKAGE, ROOT

IRREGULAR = frozenset(
    """
    born bought bound broken built caught chosen done drawn driven fallen fed felt forgotten found frozen given gone
    grown heard held hidden kept known led lost made meant met paid rewritten said seen sent shaken shown sold spoilt
    spoken stolen taken thought told torn undone won worn written
    """.split()
)
"""Participles that do not end in -ed or -ing."""

NOUNS = frozenset({"warning"})

PLACES = frozenset(
    """
    test_a_block_in_the_middle_is_replaced_where_it_stands
    test_a_boundary_is_shown_where_aws_shows_it
    test_a_merged_key_keeps_the_place_where_it_is_written
    test_a_mistake_is_shown_where_it_is_with_a_way_out
    test_an_apply_that_aws_stops_exits_1_says_where_and_can_go_on
    test_an_apply_whose_reader_has_gone_away_is_done_and_says_where_its_journal_is
    test_an_entry_needs_its_variables_only_where_it_is
    test_asking_where_it_is_makes_nothing
    test_broken_yaml_is_refused_where_it_is_broken
    test_each_statement_stands_where_its_text_is
    test_errors_stand_before_warnings_and_the_summary_says_where
    test_every_alias_of_every_caller_is_found_where_the_slow_path_keeps_it
    test_every_file_is_written_where_its_host_reads_it
    test_every_place_of_an_example_is_where_its_text_begins
    test_keys_that_say_from_where_the_caller_comes_narrow
    test_lines_are_broken_where_a_reader_would
    test_the_folder_is_where_the_system_keeps_caches
    test_the_list_says_where_it_is_from_and_holds_nothing_twice
    test_the_refusal_says_where_it_leads_and_what_to_do
    test_the_wheel_comes_from_the_folder_where_it_was_built
    test_variables_that_double_are_an_error_where_they_grow_too_long
    test_what_a_call_raises_is_raised_where_its_answer_is_asked_for
    test_what_is_no_moment_is_shown_where_it_stands
    test_what_the_call_does_not_set_itself_is_traced_to_where_it_was_set
    """.split()
)
"""Names in which `where` is a place. A condition is `if` or `when`."""


def is_participle(name: str) -> bool:
    word = name.strip("_")
    return "_" not in word and word not in NOUNS and (word in IRREGULAR or word.endswith(("ed", "ing")))


def list_functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield the functions, without properties: these are read as attributes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            decorators = (ast.unparse(decorator) for decorator in node.decorator_list)
            if not any(decorator.endswith("property") for decorator in decorators):
                yield node


def find_bad_names(source: str) -> list[str]:
    names = [function.name for function in list_functions(ast.parse(source))]
    return [name for name in names if is_participle(name) or ("where" in name.split("_") and name not in PLACES)]


def find_bad_names_below(folder: str) -> dict[str, list[str]]:
    paths = [path for path in sorted((ROOT / folder).rglob("*.py")) if "node_modules" not in path.parts]
    assert paths
    return {path.relative_to(ROOT).as_posix(): names for path in paths if (names := find_bad_names(path.read_text()))}


def test_a_name_belongs_to_one_class() -> None:
    trees = (ast.parse(path.read_text()) for path in sorted(PACKAGE.rglob("*.py")))
    names = Counter(node.name for tree in trees for node in tree.body if isinstance(node, ast.ClassDef))
    assert [name for name, number in names.items() if number > 1 and not name.startswith("_")] == []


def test_every_name_with_a_place_is_there() -> None:
    trees = (ast.parse(path.read_text()) for path in (ROOT / "tests").rglob("test_*.py"))
    assert PLACES - {function.name for tree in trees for function in list_functions(tree)} == set()


@pytest.mark.parametrize("folder", ["reconciler", "tests", "benchmarks", "examples", "scripts"])
def test_a_function_is_a_verb_and_a_noun(folder: str) -> None:
    assert find_bad_names_below(folder) == {}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("def told(): ...", ["told"]),
        ("def _refused(): ...", ["_refused"]),
        ("def f():\n    def trusting(): ...", ["trusting"]),
        ("class Call:\n    def denied(self): ...", ["denied"]),
        ("class Call:\n    @property\n    def denied(self): ...", []),
        ("def warning(): ...", []),
        ("def list_refused(): ...", []),
        ("def test_a_key_is_kept_where_it_fits(): ...", ["test_a_key_is_kept_where_it_fits"]),
        ("def test_a_boundary_is_shown_where_aws_shows_it(): ...", []),
    ],
)
def test_a_bare_participle_and_a_condition_are_found(source: str, found: list[str]) -> None:
    assert find_bad_names(source) == found
