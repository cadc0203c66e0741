"""Codes are those of RFC 6238, which every authenticator app shows."""

from __future__ import annotations

import base64

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.assume.totp import compute_code, compute_code_pair

RFC = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("moment", "digits"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (2000000000, "279037"), (20000000000, "353130")],
)
def test_the_codes_of_the_rfc(moment: int, digits: str) -> None:
    assert compute_code(RFC, moment) == digits


@given(st.binary(min_size=14, max_size=64), st.integers(30, 2**35))
def test_an_authenticator_app_shows_the_same_two(key: bytes, moment: int) -> None:
    seed = base64.b32encode(key).decode().rstrip("=")
    app = pyotp.TOTP(seed)
    assert compute_code_pair(seed, moment) == (app.at(moment - 30), app.at(moment))
