"""One edit of a document as several, each a valid document."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reconciler.model.document import Document
from reconciler.policy.canonical import canonical
from reconciler.policy.stages import split_into_stages


def document(*items: tuple[str, str], version: str = "2012-10-17", **more: Any) -> Document:
    listed: list[Any] = [{"Effect": effect, "Action": action, "Resource": "*", **more} for effect, action in items]
    return canonical({"Version": version, "Statement": listed})


A1, A2, D1, D2 = ("Allow", "a:1"), ("Allow", "a:2"), ("Deny", "d:1"), ("Deny", "d:2")

CASES: dict[str, tuple[Document | None, Document, list[Document]]] = {
    "one Allow more": (document(A1), document(A1, A2), [document(A1, A2)]),
    "one Allow for another": (document(A1), document(A2), [document(A1, A2), document(A2)]),
    "an Allow goes, a Deny comes": (document(A1, A2), document(A1, D1), [document(A1, A2, D1), document(A1, D1)]),
    "an Allow comes, a Deny goes": (document(A1, D1), document(A1, A2), [document(A1, A2, D1), document(A1, A2)]),
    "both come": (document(A1), document(A1, A2, D1), [document(A1, D1), document(A1, A2, D1)]),
    "both go": (document(A1, A2, D1), document(A1), [document(A1, D1), document(A1)]),
    "one Deny for another": (document(D1), document(D2), [document(D1, D2), document(D2)]),
    "all four": (
        document(A1, D1),
        document(A2, D2),
        [document(A1, D1, D2), document(A1, A2, D1, D2), document(A2, D1, D2), document(A2, D2)],
    ),
    "a new one": (None, document(A1, D1), [document(D1), document(A1, D1)]),
    "another Version cannot be mixed": (document(A1, version="2008-10-17"), document(A2), [document(A2)]),
}


@pytest.mark.parametrize(("before", "after", "expected"), CASES.values(), ids=CASES)
def test_denies_come_first_and_go_last(before: Document | None, after: Document, expected: list[Document]) -> None:
    found = split_into_stages(before, after, 6144)
    assert list(found) == expected
    assert found[-1] is after
    assert all(canonical(json.loads(one.text)) == one for one in found)


def test_if_one_between_would_be_too_long_there_is_one_write() -> None:
    before, after = document(A1), document(A2)
    between = len(split_into_stages(before, after, 6144)[0].text)
    assert len(split_into_stages(before, after, between)) == 2
    assert split_into_stages(before, after, between - 1) == (after,)


def test_a_sid_is_never_in_a_document_twice() -> None:
    between, _ = split_into_stages(document(A1, Sid="One"), document(A2, Sid="One"), 6144)
    assert [one.get("Sid") for one in json.loads(between.text)["Statement"]].count("One") == 1
