"""Server certificates: what AWS takes for one, what it shows of it, and what it never changes."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

import pytest

from tests.documented.strict_account import refusal
from tests.support.certificates import BODY, CHAIN, PRIVATE_KEY, make_pair, upload

TAGS = [{"Key": "Team", "Value": "a"}, {"Key": "team", "Value": "b"}]


def get(iam: Any, name: str) -> Any:
    return iam.get_server_certificate(ServerCertificateName=name)["ServerCertificate"]


def test_what_is_uploaded_is_shown_but_for_its_key(iam: Any, name: Any) -> None:
    cert = name("cert")
    metadata = upload(iam, cert, Path="/cloudfront/", Tags=TAGS)
    assert metadata["Arn"] == f"arn:aws:iam::123456789012:server-certificate/cloudfront/{cert}"
    assert metadata["ServerCertificateId"].startswith("ASCA")
    shown = get(iam, cert)
    assert (shown["CertificateBody"], shown["CertificateChain"], shown["Tags"]) == (BODY, CHAIN, TAGS)
    assert shown["ServerCertificateMetadata"]["Expiration"].astimezone(UTC).year == 2126
    assert "PrivateKey" not in str(shown)


def test_a_list_shows_no_tags_and_no_body(iam: Any, name: Any) -> None:
    cert = name("cert")
    upload(iam, cert, Path="/a/", Tags=TAGS)
    (found,) = (
        item
        for item in iam.list_server_certificates(PathPrefix="/a/")["ServerCertificateMetadataList"]
        if item["ServerCertificateName"] == cert
    )
    assert set(found) == {"Path", "ServerCertificateName", "ServerCertificateId", "Arn", "UploadDate", "Expiration"}
    others = iam.list_server_certificates(PathPrefix="/b/")["ServerCertificateMetadataList"]
    assert cert not in [item["ServerCertificateName"] for item in others]


def test_a_rename_and_a_move_keep_id_and_tags(iam: Any, name: Any) -> None:
    old, new = name("cert"), name("cert")
    metadata = upload(iam, old, Tags=TAGS)
    iam.update_server_certificate(ServerCertificateName=old, NewServerCertificateName=new, NewPath="/x/")
    shown = get(iam, new)
    assert shown["ServerCertificateMetadata"]["ServerCertificateId"] == metadata["ServerCertificateId"]
    assert shown["ServerCertificateMetadata"]["Arn"].endswith(f":server-certificate/x/{new}")
    assert shown["Tags"] == TAGS
    assert refusal(iam.get_server_certificate, ServerCertificateName=old)[:2] == (404, "NoSuchEntity")


def test_a_name_exists_once_in_whatever_letter_case(iam: Any, name: Any) -> None:
    cert, other = name("cert"), name("cert")
    upload(iam, cert)
    upload(iam, other)
    given = {"CertificateBody": BODY, "PrivateKey": PRIVATE_KEY}
    again = refusal(iam.upload_server_certificate, ServerCertificateName=cert.upper(), **given)
    assert again[:2] == (409, "EntityAlreadyExists")
    renamed = refusal(iam.update_server_certificate, ServerCertificateName=other, NewServerCertificateName=cert)
    assert renamed[:2] == (409, "EntityAlreadyExists")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"CertificateBody": "no certificate"}, "MalformedCertificate"),
        ({"PrivateKey": "no key"}, "MalformedCertificate"),
        ({"PrivateKey": make_pair(timedelta(days=1))[1]}, "KeyPairMismatch"),
        ({"ServerCertificateName": "no/name"}, "ValidationError"),
        ({"Path": "no-path"}, "ValidationError"),
        ({"Tags": [{"Key": "aws:x", "Value": ""}]}, "InvalidInput"),
    ],
)
def test_what_is_no_certificate_is_refused(iam: Any, name: Any, given: dict[str, Any], code: str) -> None:
    whole = {"ServerCertificateName": name("cert"), "CertificateBody": BODY, "PrivateKey": PRIVATE_KEY, **given}
    assert refusal(iam.upload_server_certificate, **whole)[1] == code


def test_tags_keep_their_letter_case(iam: Any, name: Any) -> None:
    cert = name("cert")
    upload(iam, cert)
    iam.tag_server_certificate(ServerCertificateName=cert, Tags=TAGS)
    iam.untag_server_certificate(ServerCertificateName=cert, TagKeys=["team"])
    assert iam.list_server_certificate_tags(ServerCertificateName=cert)["Tags"] == TAGS[:1] == get(iam, cert)["Tags"]


def test_a_deleted_one_is_gone(iam: Any, name: Any) -> None:
    cert = name("cert")
    upload(iam, cert)
    iam.delete_server_certificate(ServerCertificateName=cert)
    assert refusal(iam.delete_server_certificate, ServerCertificateName=cert)[:2] == (404, "NoSuchEntity")


def test_an_account_has_twenty_and_says_so(fresh: Any) -> None:
    for number in range(20):
        upload(fresh, f"cert-{number}")
    assert fresh.get_account_summary()["SummaryMap"]["ServerCertificates"] == 20
    refused = refusal(
        fresh.upload_server_certificate,
        ServerCertificateName="more",
        CertificateBody=BODY,
        PrivateKey=PRIVATE_KEY,
    )
    assert refused[:2] == (409, "LimitExceeded")
    assert "ServerCertificatesPerAccount: 20" in refused[2]
