"""The answer of AWS to AssumeRole becomes credentials, or a paragraph that says what to do."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from reconciler.aws import sts
from reconciler.model.problem import ReconcileError
from reconciler.model.sts_limits import AWS_SAYS

ROLE = "arn:aws:iam::123456789012:role/s3"
USER = "arn:aws:iam::123456789012:user/demo-user"
SERIAL = "arn:aws:iam::123456789012:mfa/phone"
PARAMETERS = {"RoleArn": ROLE, "RoleSessionName": "demo-user"}


@pytest.fixture
def stubbed_client() -> Any:
    client = boto3.client("sts", region_name="us-east-1", aws_access_key_id="AKIA", aws_secret_access_key="hunter2")
    with Stubber(client) as stubber:
        yield client, stubber


def answer() -> dict[str, Any]:
    return {
        "Credentials": {
            "AccessKeyId": "ASIAEXAMPLEEXAMPLE00",
            "SecretAccessKey": "secret",
            "SessionToken": "token",
            "Expiration": datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC),
        }
    }


def test_credentials_come_back_with_an_rfc_3339_end(stubbed_client: Any) -> None:
    client, stubber = stubbed_client
    stubber.add_response("assume_role", answer(), PARAMETERS)
    keys = sts.assume_role(client, PARAMETERS, USER)
    assert keys == ("ASIAEXAMPLEEXAMPLE00", "secret", "token", "2030-01-02T03:04:05Z")


def test_the_code_goes_on_the_call_itself(stubbed_client: Any) -> None:
    client, stubber = stubbed_client
    stubber.add_response("assume_role", answer(), PARAMETERS | {"SerialNumber": SERIAL, "TokenCode": "123456"})
    sts.assume_role(client, PARAMETERS, USER, SERIAL, "123456")


CASES = [
    (
        "AccessDenied",
        "MultiFactorAuthentication failed with invalid MFA one time pass code.",
        "mfa-code-refused",
        "Wait for the next code",
    ),
    (
        "AccessDenied",
        "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify …",
        "mfa-device-refused",
        "mfa_serial",
    ),
    (
        "AccessDenied",
        f"User: {USER} is not authorized to perform: sts:AssumeRole on resource: {ROLE}",
        "assume-refused",
        "trust policy",
    ),
    (
        "ValidationError",
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        "session-duration",
        "one hour",
    ),
    (
        "ValidationError",
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        "session-duration",
        "max_session_duration",
    ),
    ("AccessDenied", "Roles may not be assumed by root accounts.", "assume-root", "--profile"),
    ("ExpiredToken", "The security token included in the request is expired", "bad-credentials", "expired"),
]


@pytest.mark.parametrize(("code", "message", "expected", "said"), CASES)
def test_a_refusal_says_what_it_means_and_what_to_do(
    stubbed_client: Any, code: str, message: str, expected: str, said: str
) -> None:
    client, stubber = stubbed_client
    stubber.add_client_error("assume_role", code, message, 403)
    with pytest.raises(ReconcileError) as caught:
        sts.assume_role(client, PARAMETERS, USER, SERIAL, "123456")
    (problem,) = caught.value.problems
    assert problem.code == expected and said in problem.message
    assert "123456 " not in problem.message.replace("123456789012", "")
    assert caught.value.__cause__ is None and caught.value.__suppress_context__


def test_a_refusal_without_a_code_says_how_to_pass_one(stubbed_client: Any) -> None:
    client, stubber = stubbed_client
    stubber.add_client_error("assume_role", "AccessDenied", "no", 403)
    with pytest.raises(ReconcileError) as caught:
        sts.assume_role(client, PARAMETERS, USER)
    assert "--token-code" in caught.value.problems[0].message


@pytest.mark.parametrize(
    ("region", "partition", "expected"),
    [
        (None, "aws", "us-east-1"),
        (None, "aws-cn", "cn-north-1"),
        (None, "aws-us-gov", "us-gov-west-1"),
        (None, "aws-eusc", "eusc-de-east-1"),
        (None, "aws-iso", "us-iso-east-1"),
        (None, "aws-iso-b", "us-isob-east-1"),
        (None, "aws-iso-e", "eu-isoe-west-1"),
        (None, "aws-iso-f", "us-isof-south-1"),
        (None, None, "us-east-1"),
        ("eu-west-1", "aws", "eu-west-1"),
        ("cn-northwest-1", "aws-cn", "cn-northwest-1"),
        ("cn-northwest-1", None, "cn-northwest-1"),
        ("local", "aws-cn", "local"),
    ],
)
def test_without_a_region_sts_is_called_in_the_first_of_the_partition(
    region: str | None, partition: str | None, expected: str, bare: pytest.MonkeyPatch
) -> None:
    source = sts.SourceCredentials(None, region, partition, None)
    assert source.make_sts_client().meta.region_name == expected
    assert source.is_temporary is False


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Keys in the environment, and neither a region nor a profile anywhere."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    return monkeypatch


@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
@pytest.mark.parametrize(
    ("region", "partition", "expected"),
    [
        ("us-east-1", "aws-cn", "cn-north-1"),
        ("cn-northwest-1", "aws-cn", "cn-northwest-1"),
        ("cn-northwest-1", None, "cn-northwest-1"),
        ("cn-north-1", "aws", "us-east-1"),
        ("us-gov-east-1", "aws-eusc", "eusc-de-east-1"),
    ],
)
def test_a_region_of_the_environment_counts_if_the_roles_partition_has_it(
    variable: str, region: str, partition: str | None, expected: str, bare: pytest.MonkeyPatch
) -> None:
    bare.setenv(variable, region)
    source = sts.SourceCredentials(None, None, partition, None)
    assert source.make_sts_client().meta.endpoint_url.startswith(f"https://sts.{expected}.")


def test_a_region_that_is_asked_for_and_belongs_to_another_partition_is_refused(bare: pytest.MonkeyPatch) -> None:
    with pytest.raises(ReconcileError) as raised:
        sts.SourceCredentials(None, "us-east-1", "aws-eusc", None)
    assert raised.value.problems[0].code == "region-partition"
    assert "--region eusc-de-east-1" in raised.value.problems[0].message


def test_a_partition_of_the_future_needs_a_region_and_is_not_sought_in_another(bare: pytest.MonkeyPatch) -> None:
    with pytest.raises(ReconcileError) as raised:
        sts.SourceCredentials(None, None, "aws-new", None)
    assert raised.value.problems[0].code == "no-region"
    assert sts.SourceCredentials(None, "new-north-1", "aws-new", None).region == "new-north-1"


REFUSING = """\
[profile base]
role_arn = arn:aws:iam::123456789012:role/base
source_profile = process
[profile process]
credential_process = false
"""


@pytest.mark.parametrize("asked", ["is_temporary", "access_key_id", "caller"])
def test_a_source_that_cannot_be_resolved_is_a_failure(
    asked: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config").write_text(REFUSING, encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    with pytest.raises(ReconcileError):
        getattr(sts.SourceCredentials("base", "us-east-1", "aws", None), asked)


@pytest.mark.parametrize("region", ["us_east_1", "us-east-1,", "eu west 1"])
@pytest.mark.parametrize(
    ("setting", "origin"),
    [
        ("option", "--region"),
        ("AWS_REGION", "AWS_REGION"),
        ("AWS_DEFAULT_REGION", "AWS_DEFAULT_REGION"),
        ("profile", "`region` of the profile base (CONFIG:2)"),
    ],
)
def test_a_wrong_region_is_named_with_its_source(
    setting: str, origin: str, region: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    config.write_text(f"[profile base]\nregion = {region if setting == 'profile' else 'eu-west-1'}\n", encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    for variable in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(variable, raising=False)
        if setting == variable:
            monkeypatch.setenv(variable, region)
    source = sts.SourceCredentials("base", region if setting == "option" else None, "aws", None)
    with pytest.raises(ReconcileError) as raised:
        source.make_sts_client()
    (problem,) = raised.value.problems
    assert problem.code == "bad-region" and repr(region) in problem.summary
    assert f"comes from {origin.replace('CONFIG', str(config))}" in problem.detail


def test_an_endpoint_that_is_no_url_is_a_failure() -> None:
    with pytest.raises(ReconcileError) as raised:
        sts.SourceCredentials(None, "us-east-1", "aws", "foo").make_sts_client()
    assert raised.value.problems[0].code == "bad-endpoint"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (" with an explicit deny in a service control policy", "with an explicit deny in a service control policy."),
        (
            " because no identity-based policy allows the sts:AssumeRole action",
            "because no identity-based policy allows the sts:AssumeRole action.",
        ),
        ("", None),
    ],
)
def test_the_reason_that_aws_gives_is_kept(stubbed_client: Any, more: str, said: str | None) -> None:
    client, stubber = stubbed_client
    text = f"User: {USER} is not authorized to perform: sts:AssumeRole on resource: {ROLE}{more}"
    stubber.add_client_error("assume_role", "AccessDenied", text, 403)
    with pytest.raises(ReconcileError) as caught:
        sts.assume_role(client, PARAMETERS, USER)
    quoted = [problem.summary for problem in caught.value.problems if problem.code == AWS_SAYS]
    assert quoted == ([f"AWS says: {said}"] if said else [])
