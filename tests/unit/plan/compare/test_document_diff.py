"""Differences of documents, by statement and element; two that differ are never said to differ in nothing."""

from __future__ import annotations

from typing import Any

import pytest
from deepdiff import DeepDiff

from reconciler.plan.compare.document_diff import diff_documents, to_comparable_dict
from reconciler.policy.canonical import canonical


def one(**changes: Any) -> Any:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", **changes}
    return canonical({"Version": "2012-10-17", "Statement": {k: v for k, v in statement.items() if v is not None}})


def when(key: str, values: Any, operator: str = "StringEquals") -> Any:
    return one(Condition={operator: {key: values}})


def principal(**who: Any) -> Any:
    return one(Resource=None, Principal=who)


PARTS: dict[str, tuple[Any, Any, list[str]]] = {
    "an action": (one(Action=["a:b"]), one(Action=["a:b", "A:C"]), ["+ Action A:C"]),
    "a resource": (one(Resource=["x", "y"]), one(Resource=["x"]), ["- Resource y"]),
    "a Sid": (one(Sid="A"), one(Sid="B"), ["- Sid A", "+ Sid B"]),
    "a condition": (one(), when("aws:K", "v"), ["+ Condition StringEquals aws:K v"]),
    "a condition's value": (when("k:k", ["a", "b"]), when("k:k", ["a"]), ["- Condition StringEquals k:k b"]),
    "NotAction for Action": (
        one(Sid="S"),
        one(Sid="S", Action=None, NotAction="s3:GetObject"),
        ["- Action s3:GetObject", "+ NotAction s3:GetObject"],
    ),
    "a principal": (
        principal(AWS=["1" * 12, "*"]),
        principal(AWS=["*"]),
        [f"- Principal AWS arn:aws:iam::{'1' * 12}:root"],
    ),
    "everyone": (
        one(Resource=None, Sid="S", Principal="*"),
        one(Resource=None, Sid="S", Principal={"AWS": "*"}),
        ["- Principal *", "+ Principal AWS *"],
    ),
    "the version": (
        one(),
        canonical({"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}),
        ["- Version 2012-10-17", "+ Version 2008-10-17"],
    ),
}


@pytest.mark.parametrize(("before", "after", "expected"), PARTS.values(), ids=PARTS.keys())
def test_a_change_names_its_element(before: Any, after: Any, expected: list[str]) -> None:
    (change,) = diff_documents(before, after)
    assert sorted(f"{part.sign} {part.element} {part.value}" for part in change.parts) == sorted(expected)


LABELS: dict[str, tuple[Any, Any, str]] = {
    "a statement that grew": (one(), one(Action=["a:b", "s3:GetObject", "s3:Put"]), "Allow s3:GetObject and 2 more"),
    "a statement that shrank": (one(Action=["a:b", "s3:GetObject"]), one(), "Allow s3:GetObject"),
    "a trust that lets more in": (
        principal(AWS=["2" * 12]),
        principal(AWS=["1" * 12, "2" * 12]),
        f"Allow s3:GetObject to arn:aws:iam::{'2' * 12}:root and 1 more",
    ),
    "everyone": (None, one(Resource=None, Principal="*"), "Allow s3:GetObject to *"),
}


@pytest.mark.parametrize(("before", "after", "label"), LABELS.values(), ids=LABELS.keys())
def test_a_statement_is_named_by_what_it_was_known_by(before: Any, after: Any, label: str) -> None:
    (change,) = diff_documents(before, after)
    assert change.label == label


CLOSE: dict[str, tuple[Any, Any]] = {
    "a space between key and value": (when("aws:RequestTag/cost center", "x"), when("aws:RequestTag/cost", "center x")),
    "no values and an empty one": (when("k:k", []), when("k:k", "")),
    "an operator without keys": (one(Condition={"Bool": {}}), one()),
    "an unknown element": (one(Note="a"), one(Note="b")),
}


@pytest.mark.parametrize(("before", "after"), CLOSE.values(), ids=CLOSE.keys())
def test_views_that_differ_differ_for_deepdiff_too(before: Any, after: Any) -> None:
    (old,), (new,) = before.statements, after.statements
    assert old != new
    assert DeepDiff(to_comparable_dict(old), to_comparable_dict(new))
    assert all(change.parts for change in diff_documents(before, after))


def test_equal_documents_have_nothing_to_explain() -> None:
    assert diff_documents(one(Action=["a:b", "a:c"]), one(Action=["A:C", "a:b"])) == []


def test_a_document_that_comes_or_goes_is_shown_whole() -> None:
    (come,) = diff_documents(None, one())
    assert (come.sign, {part.sign for part in come.parts}) == ("+", {"+"})
    (gone,) = diff_documents(one(), None)
    assert (gone.sign, {part.sign for part in gone.parts}) == ("-", {"-"})
