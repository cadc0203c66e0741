"""Nothing in a file makes reading it take forever or take all memory: every expansion has a budget, and says it.

Where a test would hang if a promise were broken, the promise is about a number that the test chose large.
"""

from __future__ import annotations

import pytest

from reconciler.desired import defaults
from reconciler.model.problem import Problem
from tests.support.files import HEAD, Folder

MANY = 5_000


def only_problem(folder: Folder, text: str, code: str) -> Problem:
    found = [problem for problem in folder.desired(text).problems if problem.code == code]
    assert len(found) == 1, found
    assert found[0].place
    return found[0]


REPEATED: dict[str, tuple[str, str]] = {
    "users of a trust": ("users: {a: }\nroles: {r: {trust: [{users: [LIST]}]}}", "a"),
    "attached policies": ("users: {a: {policies: [LIST]}}", "aws:X"),
    "attached policies as mappings": ("users: {a: {policies: [LIST]}}", "{policy: aws:X}"),
    "groups": ("groups: {g: }\nusers: {a: {groups: [LIST]}}", "g"),
}


@pytest.mark.parametrize(("text", "item"), REPEATED.values(), ids=REPEATED)
def test_a_list_of_thousands_of_the_same_is_an_error(folder: Folder, text: str, item: str) -> None:
    listed = text.replace("LIST", ", ".join([item] * MANY))
    assert "twice" in only_problem(folder, f"{HEAD}{listed}\n", "schema").summary


def test_defaults_add_no_more_than_their_budget(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(defaults, "MAX_DEFAULTED", 1_000)
    text = f"{HEAD}defaults: {{tags: {{{', '.join(f'k{index}: v' for index in range(9))}}}}}\nusers:\n"
    assert folder.problems(text + "".join(f"  u{index}:\n" for index in range(100))) == []
    said = only_problem(folder, text + "".join(f"  u{index}:\n" for index in range(101)), "defaults-too-large")
    assert "would add 1,010 values" in said.summary
    assert "at most 1,000" in said.summary
    assert (said.place and said.place.line) == 3
