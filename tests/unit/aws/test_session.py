"""A connection changes botocore: it reads timestamps faster and alike, and says of other answers that they are none."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import botocore.session
import pytest
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError
from botocore.utils import parse_timestamp
from hypothesis import given
from hypothesis import strategies as st

from reconciler.aws.answers import AnswerParsers, parse_datetime
from reconciler.aws.session import connect, make_session, needs_no_prompt, translate_identity_errors
from reconciler.model.problem import ReconcileError
from tests.support.login_page import PAGE, serve_page


@given(st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1)), st.sampled_from(["seconds", "milliseconds"]))
def test_a_timestamp_is_the_one_that_botocore_reads(moment: datetime, precision: str) -> None:
    for text in (
        f"{moment.isoformat(timespec=precision)}Z",
        f"{moment.isoformat(timespec=precision)}+00:00",
        moment.isoformat(timespec=precision),
        f"{moment:%Y%m%dT%H%M%SZ}",
        f"{moment:%a, %d %b %Y %H:%M:%S GMT}",
        moment.replace(tzinfo=UTC).timestamp(),
        int(moment.replace(tzinfo=UTC).timestamp()),
    ):
        found = parse_datetime(text)
        assert found == parse_timestamp(text)
        assert str(found) == str(parse_timestamp(text))


@pytest.mark.parametrize(
    ("section", "silent"),
    [
        ("region = eu-west-1", True),
        ("sso_session = corp\nsso_account_id = 123456789012\nsso_role_name = dev", True),
        ("role_arn = arn:aws:iam::123456789012:role/a\nsource_profile = b\nmfa_serial = arn:aws:iam::1:mfa/a", False),
        ("role_arn = arn:aws:iam::123456789012:role/a\nsource_profile = b", False),
        ("credential_process = ask-me", False),
    ],
)
def test_only_credentials_that_ask_nobody_are_looked_for_in_the_background(
    section: str, silent: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    config.write_text(f"[profile dev]\n{section}\n[profile other]\nregion = eu-west-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    assert needs_no_prompt("dev") is silent
    assert needs_no_prompt(None)
    assert not needs_no_prompt("missing")
    monkeypatch.setenv("AWS_PROFILE", "dev")
    assert needs_no_prompt(None) is silent


@pytest.mark.parametrize(
    ("service", "operation", "body"),
    [
        ("sts", "GetCallerIdentity", PAGE),
        ("sts", "GetCallerIdentity", b"<a/>"),
        ("sts", "GetCallerIdentity", b"no XML"),
        ("iam", "CreateUser", b"<ErrorResponse><Error/></ErrorResponse>"),
        (
            "iam",
            "CreateGroup",
            b"<R><CreateGroupResult><Group><CreateDate>x</CreateDate></Group></CreateGroupResult></R>",
        ),
        ("resourcegroupstaggingapi", "GetResources", b"[]"),
        ("resourcegroupstaggingapi", "GetResources", b"\xff\xfe"),
        ("resourcegroupstaggingapi", "GetResources", b'{"ResourceTagMappingList": 5}'),
    ],
)
def test_what_is_no_answer_of_aws_is_said_to_be_none(service: str, operation: str, body: bytes) -> None:
    model = botocore.session.get_session().get_service_model(service)
    parser = AnswerParsers().create_parser(model.resolved_protocol)
    with pytest.raises(ResponseParserError):
        parser.parse({"status_code": 200, "headers": {}, "body": body}, model.operation_model(operation).output_shape)


def test_a_page_of_some_other_program_is_an_error_and_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with serve_page() as url, pytest.raises(ReconcileError) as failed:
        connect(None, "us-east-1", url)
    (problem,) = failed.value.problems
    told = f"the answer is not AWS's: HTTP 200 with an HTML page, from {url.removeprefix('http://')} ("
    assert problem.summary.startswith(f"Asking AWS who the caller is failed: {told}")
    assert "AWS_ENDPOINT_URL" in problem.hint and "HTTPS_PROXY" in problem.hint


class Asked:
    """A client of STS as far as its refusal counts."""

    def __init__(self, region: str, url: str) -> None:
        self.meta = SimpleNamespace(region_name=region, endpoint_url=url)


@pytest.mark.parametrize(
    ("code", "region", "url", "configured", "said"),
    [
        (
            "InvalidClientTokenId",
            "us-east-1",
            "https://sts.us-east-1.amazonaws.com",
            None,
            "No region is set, so the call went to us-east-1, in the partition aws:",
        ),
        (
            "InvalidClientTokenId",
            "cn-north-1",
            "https://sts.cn-north-1.amazonaws.com.cn",
            "cn-north-1",
            "The region is cn-north-1, in the partition aws-cn:",
        ),
        ("ExpiredToken", "us-east-1", "https://sts.us-east-1.amazonaws.com", None, ""),
        ("SignatureDoesNotMatch", "us-east-1", "https://sts.us-east-1.amazonaws.com", None, ""),
        ("InvalidClientTokenId", "us-east-1", "http://127.0.0.1:5000", None, ""),
        ("InvalidClientTokenId", "local", "https://sts.local.amazonaws.com", "local", ""),
    ],
)
def test_keys_that_aws_does_not_know_may_be_of_another_partition(
    code: str, region: str, url: str, configured: str | None, said: str
) -> None:
    with pytest.raises(ReconcileError) as raised, translate_identity_errors("asking", Asked(region, url), configured):
        raise ClientError({"Error": {"Code": code, "Message": ""}}, "GetCallerIdentity")
    (problem,) = raised.value.problems
    assert problem.detail.startswith(said) if said else not problem.detail
    assert ("eusc-de-east-1" in problem.hint) == bool(said)


@pytest.mark.parametrize(
    ("option", "environ", "expected"),
    [
        (None, {}, None),
        (None, {"AWS_REGION": "cn-north-1"}, "cn-north-1"),
        (None, {"AWS_REGION": "cn-north-1", "AWS_DEFAULT_REGION": "eu-west-1"}, "cn-north-1"),
        (None, {"AWS_REGION": "", "AWS_DEFAULT_REGION": "eu-west-1"}, "eu-west-1"),
        ("sa-east-1", {"AWS_REGION": "cn-north-1"}, "sa-east-1"),
    ],
)
def test_the_region_is_the_option_then_that_of_the_environment(
    option: str | None, environ: dict[str, str], expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert make_session(None, option).region_name == expected
