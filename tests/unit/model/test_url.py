"""URLs as they are shown: never with a password, whatever stands in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.url import HIDDEN_URL, redact_url

SHOWN = {
    "https://host": "https://host",
    "http://host:81/a/b": "http://host:81/a/b",
    "http://u:p@host:81/a": "http://host:81/a",
    "http://u@host": "http://host",
    "http://host/?q=p#f": "http://host/",
    "http://[::1]:81/": "http://[::1]:81/",
    "http://u:p/w@host": HIDDEN_URL,
    "http://u:1?w@host": HIDDEN_URL,
    "http://u:1#w@host": HIDDEN_URL,
    "u:p@host": HIDDEN_URL,
    "http:u:p@host": HIDDEN_URL,
    "host": HIDDEN_URL,
    "": HIDDEN_URL,
    "http://host:99999": HIDDEN_URL,
    "http://[u:p": HIDDEN_URL,
}


@pytest.mark.parametrize(("url", "shown"), SHOWN.items())
def test_a_url_is_shown_without_user_password_and_query(url: str, shown: str) -> None:
    assert redact_url(url) == shown


@given(st.text(max_size=8), st.text(max_size=8), st.sampled_from(["host", "host:81", "[::1]"]))
def test_no_password_is_shown_whatever_stands_in_it(before: str, after: str, host: str) -> None:
    assert "PLANTED" not in redact_url(f"http://user:{before}PLANTED{after}@{host}/path").upper()
