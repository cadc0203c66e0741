"""`mfa: required` that `ignore_changes` takes away is told."""

from __future__ import annotations

import pytest

from reconciler.model.problem import Level
from tests.support.files import HEAD, Folder

CASES = {
    "a user": ("users: {a: {mfa: required, ignore_changes: [policies]}}", ["3:18 user/a"]),
    "a group": (
        "groups: {g: {mfa: required, ignore_changes: [policies]}}\nusers: {a: {groups: [g]}}",
        ["3:19 group/g"],
    ),
    "a member": ("groups: {g: {mfa: required}}\nusers: {a: {groups: [g], ignore_changes: [groups]}}", ["4:21 user/a"]),
    "a member with a guard of its own": (
        "groups: {g: {mfa: required}}\nusers: {a: {mfa: required, groups: [g], ignore_changes: [groups]}}",
        [],
    ),
    "a member without any guard": (
        "groups: {g: {mfa: required}}\nusers: {a: {mfa: required, groups: [g], ignore_changes: [groups, policies]}}",
        ["4:18 user/a", "4:36 user/a"],
    ),
    "another field": ("users: {a: {mfa: required, ignore_changes: [path, groups]}}", []),
    "a member of another group": ("groups: {g: }\nusers: {a: {groups: [g], ignore_changes: [groups]}}", []),
    "no mfa": ("users: {a: {ignore_changes: [policies]}}", []),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES.keys())
def test_a_guard_that_ignore_changes_keeps_away_is_told_with_its_line(
    folder: Folder, text: str, expected: list[str]
) -> None:
    problems = folder.declare_text(HEAD + text + "\n").problems
    assert {(one.code, one.level) for one in problems} == ({("mfa-ignored", Level.WARNING)} if expected else set())
    places = [f"{one.place.line}:{one.place.column} {one.detail.split()[1]}" for one in problems if one.place]
    assert places == expected
