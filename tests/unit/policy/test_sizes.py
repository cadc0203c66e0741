"""The measure of a document."""

from __future__ import annotations

import json

import pytest

from reconciler.policy.sizes import measured_size


@pytest.mark.parametrize(
    ("document", "size"),
    [
        ({}, 2),
        ({"Version": "2012-10-17", "Statement": []}, len('{"Version":"2012-10-17","Statement":[]}')),
        ({"a": [1, True, None]}, len('{"a":[1,true,null]}')),
        ({"Sid": "a b"}, len('{"Sid":"a b"}')),
        ({"Sid": 'a"b'}, len('{"Sid":"a\\"b"}')),
    ],
)
def test_a_document_is_as_long_as_its_compact_json(document: object, size: int) -> None:
    assert measured_size(document) == size


def test_white_space_between_tokens_is_not_counted() -> None:
    document = {"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    assert measured_size(json.loads(json.dumps(document, indent=8))) == measured_size(document)


def test_a_character_beyond_ascii_counts_once() -> None:
    assert measured_size({"Sid": "é"}) == measured_size({"Sid": "e"})
