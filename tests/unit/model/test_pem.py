"""Certificates in PEM: the same ones are equal however they are written, and a private key is never taken."""

from __future__ import annotations

import pytest

from reconciler.model.pem import PemError, parse_pem, parse_pem_or_opaque
from tests.support.certificates import BODY, CHAIN, PRIVATE_KEY


@pytest.mark.parametrize(
    "text",
    [
        BODY.replace("\n", "\r\n"),
        f"Bag Attributes\n    friendlyName: web\n{BODY}\n\n",
        BODY.replace("-----BEGIN CERTIFICATE-----\n", "-----BEGIN CERTIFICATE-----\n\n  "),
        "-----BEGIN DH PARAMETERS-----\nMAAA\n-----END DH PARAMETERS-----\n" + BODY,
    ],
    ids=["line breaks", "notes", "white space", "another block"],
)
def test_how_a_certificate_is_written_does_not_count(text: str) -> None:
    assert parse_pem(text) == parse_pem(BODY)


def test_other_certificates_and_another_order_differ() -> None:
    both, swapped = parse_pem(BODY + CHAIN), parse_pem(CHAIN + BODY)
    assert len({parse_pem(BODY), parse_pem(CHAIN), both, swapped}) == 4
    assert both.count == 2


def test_a_person_sees_the_file_the_number_and_the_digest() -> None:
    found = parse_pem(BODY + CHAIN, "web.pem")
    assert str(found) == f"web.pem, 2 certificates, {found.digest[:19]}"
    assert BODY.splitlines()[1] not in repr(found)


@pytest.mark.parametrize("text", [PRIVATE_KEY, BODY + PRIVATE_KEY, PRIVATE_KEY.replace("PRIVATE", "RSA PRIVATE")])
def test_a_private_key_is_refused_and_not_quoted(text: str) -> None:
    for read in (parse_pem, parse_pem_or_opaque):
        with pytest.raises(PemError) as caught:
            read(text)
        assert caught.value.has_private_key
        assert PRIVATE_KEY.splitlines()[1] not in str(caught.value)


@pytest.mark.parametrize("text", ["", "text", "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----", BODY[:-30]])
def test_what_is_no_certificate_is_refused_in_a_file_and_equal_to_itself_if_it_is_live(text: str) -> None:
    with pytest.raises(PemError):
        parse_pem(text)
    assert parse_pem_or_opaque(text) == parse_pem_or_opaque(text) != parse_pem_or_opaque(f"{text}x")
