"""Documents that IAM sends are decoded as the standard library does, whatever they hold."""

from __future__ import annotations

from urllib.parse import quote, unquote

from hypothesis import given
from hypothesis import strategies as st

from reconciler.policy.url_encoding import decode_document


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_text_is_read_back(text: str) -> None:
    assert decode_document(quote(text, safe="")) == text


@given(st.text('%0123456789ABCDEFabcdef{}":+=_. \t\r\né', max_size=30))
def test_odd_escapes_are_read_as_the_standard_library_does(encoded: str) -> None:
    assert decode_document(encoded) == unquote(encoded)
