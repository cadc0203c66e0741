"""Sessions of users and of the root user, as IAM treats them: STS takes them, and IAM refuses those without MFA.

IAM answers InvalidClientTokenId, as to keys that nobody has ("Comparing the AWS STS APIs", IAM User Guide: no IAM for
GetSessionToken unless MFA is included, and none for GetFederationToken). `aws-vault exec` gives one by default. So
whether STS knew the caller a moment ago tells them apart.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

SESSION_WITHOUT_MFA, FEDERATED_SESSION = "SessionWithoutMfa", "FederatedSession"
"""Codes of our own in place of IAM's: nothing of AWS's is called so."""

_REFUSED_CODE = "InvalidClientTokenId"


def refusal_code_of(caller_arn: str, access_key_id: str) -> str:
    """Return the code that IAM's refusal of these credentials stands for; "" if it may mean anything."""
    if not access_key_id.startswith("ASIA"):
        return ""
    if ":federated-user/" in caller_arn:
        return FEDERATED_SESSION
    return SESSION_WITHOUT_MFA if ":user/" in caller_arn or caller_arn.endswith(":root") else ""


def rename_session_errors(client: Any, caller_arn: str, access_key_id: str) -> None:
    """Let the errors of a client of IAM say which session IAM refuses, if STS has just named its caller."""
    code = refusal_code_of(caller_arn, access_key_id)

    def rename(parsed: Any, **_: Any) -> None:
        error = parsed.get("Error") if isinstance(parsed, dict) else None
        if isinstance(error, dict) and error.get("Code") == _REFUSED_CODE:
            error["Code"] = code

    if code:
        client.meta.events.register("after-call.iam", rename, unique_id="reconcile-user-sessions")


def describe_session_error(error: ClientError) -> tuple[str, str] | None:
    """Return what happened and what to do, if the code is one of ours."""
    code = error.response.get("Error", {}).get("Code")
    if code == SESSION_WITHOUT_MFA:
        return (
            "IAM refuses this session, because it was made without MFA (GetSessionToken).",
            "Use the keys themselves (`aws-vault exec --no-session`), or make the session with an MFA code.",
        )
    if code == FEDERATED_SESSION:
        return (
            "IAM refuses this session: those of GetFederationToken may call nothing of IAM.",
            "Use the keys of a user, or a role.",
        )
    return None
