"""Documents that IAM sends are decoded, each escape once."""

from __future__ import annotations

import pytest

from reconciler.policy.url_encoding import decode_document


@pytest.mark.parametrize(
    ("encoded", "text"),
    [
        ("%7B%22Action%22%3A%20%22s3%3A%2A%22%7D", '{"Action": "s3:*"}'),
        ("%2522", "%22"),
        ("%252522", "%2522"),
        ("a+b", "a+b"),
        ("%7b%22%7D", '{"}'),
        ("%E2%82%AC", "€"),
        ("100%", "100%"),
        ("", ""),
    ],
)
def test_each_escape_is_decoded_once(encoded: str, text: str) -> None:
    assert decode_document(encoded) == text
