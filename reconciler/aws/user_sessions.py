"""Recognize sessions of users and of the root user that STS accepts, and IAM refuses because they lack MFA.

IAM answers InvalidClientTokenId, as it does for unknown keys ("Comparing the AWS STS APIs", IAM User Guide: no IAM for
GetSessionToken unless MFA is included, and none for GetFederationToken). `aws-vault exec` makes such a session by
default. If STS knew the caller a moment ago, the keys are known, and the session is the cause.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

SESSION_WITHOUT_MFA, FEDERATED_SESSION = "SessionWithoutMfa", "FederatedSession"
"""Error codes of our own that replace IAM's. AWS has no codes of these names."""

_REFUSED_CODE = "InvalidClientTokenId"


def refusal_code_of(caller_arn: str, access_key_id: str) -> str:
    """Return our error code for IAM's refusal of these credentials; "" if they are no such session."""
    if not access_key_id.startswith("ASIA"):
        return ""
    if ":federated-user/" in caller_arn:
        return FEDERATED_SESSION
    return SESSION_WITHOUT_MFA if ":user/" in caller_arn or caller_arn.endswith(":root") else ""


def rename_session_errors(client: Any, caller_arn: str, access_key_id: str) -> None:
    """Replace the error code in IAM's refusals of such a session. caller_arn: as STS has just reported it."""
    code = refusal_code_of(caller_arn, access_key_id)

    def rename(parsed: Any, **_: Any) -> None:
        error = parsed.get("Error") if isinstance(parsed, dict) else None
        if isinstance(error, dict) and error.get("Code") == _REFUSED_CODE:
            error["Code"] = code

    if code:
        client.meta.events.register("after-call.iam", rename, unique_id="reconcile-user-sessions")


def describe_session_error(error: ClientError) -> tuple[str, str] | None:
    """Return the cause and the next step for our own error codes; None for others."""
    code = error.response.get("Error", {}).get("Code")
    if code == SESSION_WITHOUT_MFA:
        return (
            "IAM refuses this session, because it was made without MFA (GetSessionToken).",
            "Use the keys themselves (`aws-vault exec --no-session`), or make the session with an MFA code.",
        )
    if code == FEDERATED_SESSION:
        return (
            "IAM refuses this session, because a session of GetFederationToken may not call IAM.",
            "Use the keys of an IAM user, or a role.",
        )
    return None
