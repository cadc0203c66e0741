"""Which refusals of IAM are those of a session, and not of keys that nobody has."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from reconciler.aws.faults import problem_of
from reconciler.aws.user_sessions import FEDERATED_SESSION, SESSION_WITHOUT_MFA, refusal_code_of, rename_session_errors

A = "123456789012"


@pytest.mark.parametrize(
    ("arn", "key", "expected"),
    [
        (f"arn:aws:iam::{A}:user/x", "ASIAX", SESSION_WITHOUT_MFA),
        (f"arn:aws:iam::{A}:root", "ASIAX", SESSION_WITHOUT_MFA),
        (f"arn:aws-cn:iam::{A}:user/path/x", "ASIAX", SESSION_WITHOUT_MFA),
        (f"arn:aws:sts::{A}:federated-user/x", "ASIAX", FEDERATED_SESSION),
        (f"arn:aws:iam::{A}:user/x", "AKIAX", ""),
        (f"arn:aws:sts::{A}:assumed-role/x/y", "ASIAX", ""),
        (f"arn:aws:iam::{A}:user/x", "", ""),
    ],
)
def test_only_a_session_of_a_user_can_be_refused_for_want_of_mfa(arn: str, key: str, expected: str) -> None:
    assert refusal_code_of(arn, key) == expected


@pytest.mark.parametrize(
    ("code", "said", "kind"),
    [
        ("InvalidClientTokenId", "made without MFA", "session-without-mfa"),
        ("ExpiredToken", "have expired", "bad-credentials"),
        ("SignatureDoesNotMatch", "does not know these credentials", "bad-credentials"),
        ("AccessDenied", "access denied", "aws-error"),
    ],
)
def test_only_that_error_is_told_anew(code: str, said: str, kind: str) -> None:
    iam: Any = boto3.client("iam", region_name="us-east-1", aws_access_key_id="ASIAX", aws_secret_access_key="x")
    rename_session_errors(iam, f"arn:aws:iam::{A}:user/x", "ASIAX")
    rename_session_errors(iam, f"arn:aws:iam::{A}:user/x", "ASIAX")  # clients are shared
    parsed = {"Error": {"Code": code, "Message": "m"}}
    model = iam.meta.service_model.operation_model("ListUsers")
    iam.meta.events.emit("after-call.iam.ListUsers", parsed=parsed, http_response=None, model=model, context={})
    problem = problem_of(ClientError(parsed, "ListUsers"), "reading")  # type: ignore[arg-type]
    assert said in problem.summary and problem.code == kind
