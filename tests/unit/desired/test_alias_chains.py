"""A setting of an earlier alias of a chain stays: a later one that sets it otherwise would be refused by AWS."""

from __future__ import annotations

import pytest

from tests.support.files import HEAD, Folder

ROLE = "role: 'arn:aws:iam::123456789012:role/r'"


def text(first: str, then: str, last: str = "") -> str:
    lines = [f"a: {{{ROLE}, {first}}}", f"b: {{{ROLE}, via: a{then and f', {then}'}}}"]
    lines += [f"c: {{{ROLE}, via: b, {last}}}"] if last else []
    return HEAD + "aliases:\n  " + "\n  ".join(lines) + "\n"


TAGS = "session_tags: {team: x, once: y}, transitive_tags: [team]"


@pytest.mark.parametrize(
    ("written", "codes"),
    [
        (text("source_identity: ann", ""), []),
        (text("source_identity: ann", "source_identity: ann"), []),
        (text("source_identity: ann", "source_identity: bob"), ["4 source-identity-changed"]),
        (text("source_identity: ann", "", "source_identity: bob"), ["5 source-identity-changed"]),
        (text("session_name: me", "source_identity: bob"), []),
        (text(TAGS, ""), []),
        (text(TAGS, "session_tags: {once: z, other: a}"), []),
        (text(TAGS, "session_tags: {team: x}"), ["4 transitive-tag-set-again"]),
        (text(TAGS, "session_tags: {TEAM: y}"), ["4 transitive-tag-set-again"]),
        (text(TAGS, "", "session_tags: {team: y}"), ["5 transitive-tag-set-again"]),
    ],
)
def test_what_stays_within_a_chain_cannot_be_set_again(folder: Folder, written: str, codes: list[str]) -> None:
    # HEAD has two lines, `aliases:` is the third; the first alias is on line 4.
    found = [problem for problem in folder.declare_text(written).problems if problem.place]
    assert [f"{problem.place.line - 1} {problem.code}" for problem in found if problem.place] == codes


def test_a_chain_that_goes_round_is_told_once_and_does_not_hang(folder: Folder) -> None:
    written = (
        HEAD
        + f"aliases:\n  a: {{{ROLE}, via: b, source_identity: ann}}\n  b: {{{ROLE}, via: a, source_identity: ann}}\n"
    )
    assert [problem.code for problem in folder.declare_text(written).problems] == ["alias-cycle"]


@pytest.mark.parametrize(
    ("identity", "taken"), [("a", False), ("ab", True), ("x" * 64, True), ("x" * 65, False), ("a b", False)]
)
def test_a_source_identity_has_2_to_64_characters(folder: Folder, identity: str, taken: bool) -> None:
    written = HEAD + f"aliases: {{a: {{{ROLE}, source_identity: '{identity}'}}}}\n"
    assert [problem.code for problem in folder.declare_text(written).problems] == ["bad-alias"] * (not taken)
