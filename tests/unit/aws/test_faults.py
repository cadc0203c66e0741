"""Errors that botocore raises, said to a person: the cause, the next step, and never a secret."""

from __future__ import annotations

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
)

from reconciler.aws.answers import FOREIGN_ANSWER
from reconciler.aws.faults import code_of, problem_of, translate_errors
from reconciler.model.problem import Level, ReconcileError

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


def error(code: str, message: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "CreateRole")


SAID: dict[str, tuple[Exception, str, str]] = {
    "denied": (error("AccessDenied", "User: x is not authorized"), "access denied: User: x", "permission"),
    "expired": (error("ExpiredToken", "The security token"), "the credentials have expired.", "Log in again"),
    "unknown key": (
        error("InvalidClientTokenId"),
        "does not know these credentials (InvalidClientTokenId)",
        "access key",
    ),
    "a refused MFA code": (
        error("AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code."),
        "AWS refused the MFA code.",
        "the next one",
    ),
    "another's MFA device": (
        error("AccessDenied", "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify…"),
        "cannot check a code of that MFA device",
        "`mfa_serial`",
    ),
    "throttled": (error("Throttling", "Rate exceeded"), "kept throttling (Throttling): Rate exceeded", "again"),
    "anything else": (error("LimitExceeded", "Cannot exceed quota"), "LimitExceeded: Cannot exceed quota", ""),
    "an alias that is taken": (
        ClientError({"Error": {"Code": "EntityAlreadyExists", "Message": "exists"}}, "CreateAccountAlias"),
        "another account has this alias.",
        "Choose another",
    ),
    "a status without a code": (
        ClientError({"Error": {"Code": "503", "Message": "x", FOREIGN_ANSWER: "HTTP 503, from h"}}, "GetUser"),
        "the answer is not AWS's: HTTP 503, from h.",
        "If it fails again, check --endpoint-url",
    ),
    "no message": (error("ServiceFailure"), "ServiceFailure: no message", ""),
    "no credentials": (NoCredentialsError(), "no AWS credentials were found.", "--profile"),
    "half credentials": (
        PartialCredentialsError(provider="env", cred_var="aws_secret_access_key"),
        "the AWS credentials are incomplete",
        "--profile",
    ),
    "no profile": (ProfileNotFound(profile="dev"), "dev", "AWS_PROFILE"),
    "no endpoint": (EndpointConnectionError(endpoint_url="http://localhost:1"), "localhost:1", "--endpoint-url"),
    "a timeout": (ConnectTimeoutError(endpoint_url="http://localhost:1"), "timeout", ""),
}


OF_CREDENTIALS = ("expired", "unknown key")


@pytest.mark.parametrize("case", SAID)
def test_an_error_of_aws_is_one_short_paragraph(case: str) -> None:
    raised, said, hint = SAID[case]
    problem = problem_of(raised, "reading the account")
    assert (problem.level, problem.code) == (
        Level.ERROR,
        "bad-credentials" if case in OF_CREDENTIALS else "aws-error",
    )
    assert problem.summary.startswith("Reading the account failed: ")
    assert said.lower() in problem.summary.lower()
    assert hint in problem.hint
    assert "\n" not in problem.message


@pytest.mark.parametrize(
    "code", ["SignatureDoesNotMatch", "InvalidClientTokenId", "UnrecognizedClientException", "ExpiredToken"]
)
def test_what_aws_says_of_credentials_is_not_repeated(code: str) -> None:
    """The message of a wrong signature holds the canonical request, session token included."""
    problem = problem_of(error(code, f"The Canonical String should have been x-amz-security-token:{SECRET}"), "reading")
    assert SECRET not in problem.message


def test_a_code_is_that_of_aws_or_the_name_of_the_exception() -> None:
    assert code_of(error("NoSuchEntity")) == "NoSuchEntity"
    assert code_of(ClientError({}, "CreateRole")) == "Unknown"
    assert code_of(NoCredentialsError()) == "NoCredentialsError"


def test_a_translated_block_fails_with_a_problem_and_without_the_cause() -> None:
    with pytest.raises(ReconcileError) as failed, translate_errors("reading the account"):
        raise error("AccessDenied", "no")
    assert [problem.code for problem in failed.value.problems] == ["aws-error"]
    assert failed.value.__suppress_context__


def test_what_is_no_error_of_aws_is_a_bug_and_passes() -> None:
    with pytest.raises(ZeroDivisionError), translate_errors("reading the account"):
        raise ZeroDivisionError
