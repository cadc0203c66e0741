"""Credentials and their variables as JSON: the environment of `assume`, and credential_process.

Standard library only. The shape of credential_process is AWS's ("Sourcing credentials with an external
process", AWS CLI User Guide).
"""

from __future__ import annotations

import json

from reconciler.assume.credentials import Credentials
from reconciler.shell.variables import ShellVariables


def as_json(variables: ShellVariables) -> str:
    """The variables as one JSON object; null is a variable to unset."""
    return json.dumps(dict(variables), indent=2) + "\n"


def format_credential_process(credentials: Credentials) -> str:
    """What AWS SDKs read from a `format_credential_process`; Expiration is left out where there is none."""
    answer = {
        "Version": 1,
        "AccessKeyId": credentials.access_key_id,
        "SecretAccessKey": credentials.secret_access_key,
        "SessionToken": credentials.session_token,
    }
    if credentials.expiration:
        answer["Expiration"] = credentials.expiration
    return json.dumps(answer) + "\n"
