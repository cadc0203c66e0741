"""Write credentials as JSON: as environment variables, and for credential_process.

The format of credential_process is AWS's ("Sourcing credentials with an external process", AWS CLI User Guide).
Standard library only.
"""

from __future__ import annotations

import json

from reconciler.assume.credentials import Credentials
from reconciler.shell.variables import ShellVariables


def as_json(variables: ShellVariables) -> str:
    """Return the variables as one JSON object; null stands for a variable to unset."""
    return json.dumps(dict(variables), indent=2) + "\n"


def format_credential_process(credentials: Credentials) -> str:
    """Return the JSON that AWS SDKs read from a `credential_process`, without Expiration if there is none."""
    answer = {
        "Version": 1,
        "AccessKeyId": credentials.access_key_id,
        "SecretAccessKey": credentials.secret_access_key,
        "SessionToken": credentials.session_token,
    }
    if credentials.expiration:
        answer["Expiration"] = credentials.expiration
    return json.dumps(answer) + "\n"
