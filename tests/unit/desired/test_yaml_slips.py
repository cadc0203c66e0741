"""A frequent mistake of YAML is named as what it is, at its own place, with what to write instead."""

from __future__ import annotations

import pytest

from tests.support.files import HEAD, Folder


def problems_of(folder: Folder, text: str) -> list[tuple[str, str, str]]:
    """Return place, summary and hint of each problem of a file. Its first line is the third."""
    return [
        (folder.format_problem(problem).split()[0].removeprefix("roles.yaml:"), problem.summary, problem.hint)
        for problem in folder.declare_text(HEAD + text).problems
    ]


@pytest.mark.parametrize(
    ("text", "place", "value"),
    [
        ("vars: {env: a}\nusers: {a: {tags: {x: {{ env }}}}}\n", "4:23", "{{ env }}"),
        ("vars: {env: a}\nusers: {a: {tags: {x: {{env}}, y: '{{ env }}'}}}\n", "4:23", "{{ env }}"),
        ("users:\n  a:\n    path: {{ env }}/x/\n", "5:11", "{{ env }}/x/"),
        ("users:\n  a:\n    groups:\n    - {{ env }}-x\n", "6:7", "{{ env }}-x"),
        ("users:\n  a:\n    groups: [{{ env }}-x]\n", "5:14", "{{ env }}-x"),
        ("users:\n  {{ env }}: {}\n", "4:3", "{{ env }}"),
    ],
)
def test_a_variable_without_quotes_is_told_to_be_quoted(folder: Folder, text: str, place: str, value: str) -> None:
    assert problems_of(folder, text) == [(place, f"{value} is not quoted.", f'Quote it: "{value}".')]


def test_a_variable_without_quotes_is_checked_as_if_it_had_them(folder: Folder) -> None:
    found = problems_of(folder, "users: {a: {tags: {x: {{ nope }}}}}\n")
    assert [summary for _, summary, _ in found] == ["{{ nope }} is not quoted.", "Unknown variable 'nope'."]


@pytest.mark.parametrize("key", ["{a: b}", "{a: b, c: d}", "[a]", "{{a: b}: c}"])
def test_another_key_that_is_no_text_is_no_variable(folder: Folder, key: str) -> None:
    assert [summary for _, summary, _ in problems_of(folder, f"users:\n  ? {key}\n  : {{}}\n")] == [
        "A key must be plain text."
    ]


def test_both_sides_of_a_merge_are_named_at_the_first_marker(folder: Folder) -> None:
    text = "users:\n  a: {}\n<<<<<<< HEAD\n  b: {}\n=======\n  c: {}\n>>>>>>> x\n"
    ((place, summary, hint),) = problems_of(folder, text)
    assert (place, summary) == ("5:1", "Line 5 begins a merge conflict of git, which nobody has resolved.")
    assert "remove the lines that begin with <<<<<<<" in hint


def test_a_second_document_is_named_by_its_line(folder: Folder) -> None:
    ((place, summary, hint),) = problems_of(folder, "---\nversion: 1\n")
    assert (place, summary.startswith("The file has more than one YAML document")) == ("3:1", True)
    assert "`include:`" in hint


def test_a_quote_that_is_not_closed_is_named_by_the_line_of_the_quote(folder: Folder) -> None:
    ((_, summary, _),) = problems_of(folder, 'users:\n  a: {path: "/x/}\n  b: {}\n')
    assert "while scanning a quoted scalar, which begins in line 4" in summary


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("roles: {a: {description: a: b}}\n", ""),
        ("roles:\n  a:\n    description: a: b\n", "Quote a text that has a colon and a space in it."),
        ("roles:\n  a: @b\n", "Quote a text that begins with @, % or a backtick."),
        ("users:\n  a: {}\n b: {}\n", "Check the indentation of this line and of those above it."),
    ],
)
def test_what_the_parser_says_comes_with_what_to_do(folder: Folder, text: str, hint: str) -> None:
    ((_, summary, said),) = problems_of(folder, text)
    assert (summary.startswith("Not valid YAML: "), said) == (True, hint)
