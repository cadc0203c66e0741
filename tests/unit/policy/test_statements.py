"""Pairing of statements: by Sid, else by likeness; what is equal on both sides is not a pair."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.document import Document, Statement
from reconciler.policy.canonical import canonical
from reconciler.policy.statements import elements_of, pair_statements, similarity_of


def allow(*actions: str, sid: str = "", effect: str = "Allow", **rest: Any) -> dict[str, Any]:
    return {"Sid": sid, "Effect": effect, "Action": list(actions), "Resource": "*", **rest}


def document(*statements: dict[str, Any]) -> Document:
    return canonical({"Statement": list(statements)})


def statement(written: dict[str, Any]) -> Statement:
    (found,) = document(written).statements
    return found


def name_statement(statement: Statement | None) -> str | None:
    return None if statement is None else f"{statement.sid}:{'+'.join(sorted(statement.actions))}"


PAIRS: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]], list[tuple[str | None, str | None]]]] = {
    "nothing changed": ([allow("a:x")], [allow("a:x")], []),
    "moved only": ([allow("a:x"), allow("b:y")], [allow("b:y"), allow("a:x")], []),
    "one came": ([], [allow("a:x")], [(None, ":a:x")]),
    "one went": ([allow("a:x")], [], [(":a:x", None)]),
    "the same Sid is one statement, however different": (
        [allow("a:x", sid="S")],
        [allow("b:y", sid="S", effect="Deny")],
        [("S:a:x", "S:b:y")],
    ),
    "a Sid that changed its place is found": (
        [allow("a:x", sid="S"), allow("b:y", sid="T")],
        [allow("b:z", sid="T"), allow("a:w", sid="S")],
        [("S:a:x", "S:a:w"), ("T:b:y", "T:b:z")],
    ),
    "likeness pairs what has no Sid": ([allow("a:x", "a:y")], [allow("a:x", "a:z")], [(":a:x+a:y", ":a:x+a:z")]),
    "the likest are paired first": (
        [allow("a:1", "a:2", "a:3")],
        [allow("a:1"), allow("a:1", "a:2", "a:3", "a:4")],
        [(":a:1+a:2+a:3", ":a:1+a:2+a:3+a:4"), (None, ":a:1")],
    ),
    "strangers are a removal and an addition": (
        [allow("a:1", "a:2", "a:3")],
        [allow("b:1", "b:2", "b:3")],
        [(":a:1+a:2+a:3", None), (None, ":b:1+b:2+b:3")],
    ),
    "what only grew is what it was, however much": (
        [allow("a:1")],
        [allow(*(f"a:{number}" for number in range(9)))],
        [(":a:1", ":" + "+".join(f"a:{number}" for number in range(9)))],
    ),
    "what only shrank is what it was, however much": (
        [allow(*(f"a:{number}" for number in range(9)))],
        [allow("a:1")],
        [(":" + "+".join(f"a:{number}" for number in range(9)), ":a:1")],
    ),
    "a Deny that has more than an Allow is another": (
        [allow("a:1")],
        [allow("a:1", "a:2", effect="Deny")],
        [(":a:1", None), (None, ":a:1+a:2")],
    ),
    "an Allow is never paired with a Deny": (
        [allow("a:x")],
        [allow("a:x", effect="Deny")],
        [(":a:x", None), (None, ":a:x")],
    ),
    "a Sid that was added pairs by likeness": ([allow("a:x")], [allow("a:x", sid="S")], [(":a:x", "S:a:x")]),
}


@pytest.mark.parametrize(("before", "after", "expected"), PAIRS.values(), ids=PAIRS.keys())
def test_statements_find_what_they_were(
    before: list[dict[str, Any]],
    after: list[dict[str, Any]],
    expected: list[tuple[str | None, str | None]],
) -> None:
    found = [
        (name_statement(old), name_statement(new)) for old, new in pair_statements(document(*before), document(*after))
    ]
    assert sorted(found, key=str) == sorted(expected, key=str)


def test_a_document_that_is_not_there_has_no_statements() -> None:
    (pair,) = pair_statements(None, document(allow("a:x")))
    assert pair[0] is None
    (pair,) = pair_statements(document(allow("a:x")), None)
    assert pair[1] is None
    assert pair_statements(None, None) == []


@pytest.mark.parametrize(
    ("one", "other", "score"),
    [
        (allow("a:x"), allow("a:x"), 1.0),
        (allow("a:x"), allow("a:x", effect="Deny"), 0.0),
        (allow("a:x"), allow("a:y"), 1 / 3),
        (allow("a:x"), allow("a:x", "a:y"), 2 / 3),
    ],
)
def test_likeness_is_the_share_of_what_is_common(one: dict[str, Any], other: dict[str, Any], score: float) -> None:
    assert similarity_of(statement(one), statement(other)) == pytest.approx(score)


def test_elements_name_what_they_belong_to() -> None:
    written = {
        "Effect": "Deny",
        "NotPrincipal": {"AWS": "1" * 12},
        "NotAction": "a:x",
        "NotResource": "*",
        "Condition": {"Bool": {"a:B": ["true", "false"]}, "Null": {}},
    }
    assert elements_of(statement(written)) == {
        ("NotPrincipal", "AWS", f"arn:aws:iam::{'1' * 12}:root"),
        ("NotAction", "a:x"),
        ("NotResource", "*"),
        ("Condition", "Bool", "a:b", "true"),
        ("Condition", "Bool", "a:b", "false"),
        ("Condition", "Null", "{}"),
    }
