"""Output that a program reads: the variables as JSON, and credential_process."""

from __future__ import annotations

import json

from reconciler.assume import credentials_json
from reconciler.assume.credentials import Credentials


def test_json_is_the_same_variables_with_null_for_unset() -> None:
    assert json.loads(credentials_json.as_json({"A": "x", "B": None})) == {"A": "x", "B": None}


def test_credential_process_is_what_aws_documents() -> None:
    given = Credentials("ASIA", "secret", "token", "2030-01-02T03:04:05Z")
    assert json.loads(credentials_json.format_credential_process(given)) == {
        "Version": 1,
        "AccessKeyId": "ASIA",
        "SecretAccessKey": "secret",
        "SessionToken": "token",
        "Expiration": "2030-01-02T03:04:05Z",
    }


def test_credential_process_leaves_an_absent_expiration_out() -> None:
    assert "Expiration" not in json.loads(credentials_json.format_credential_process(Credentials("a", "s", "t", "")))
