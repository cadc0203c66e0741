"""Refuse old Versions and bad resource ARNs of identity policies, in AWS's words.

`policy/resource_arns.py` holds the rules and their sources; moto's tests recorded the messages. CreatePolicy and
CreatePolicyVersion accept only the current Version.
"""

from __future__ import annotations

from typing import Any

from reconciler.model.arn_parts import split_arn
from reconciler.model.problem import Level
from reconciler.policy.canonical import CURRENT_VERSION
from reconciler.policy.resource_arns import IAM_TYPES, check_resource
from reconciler.sandbox.query_protocol import AwsError

_TYPES = ", ".join(f"{name}/" for name in IAM_TYPES)
_MESSAGES = {
    "legacy-arn": "The policy failed legacy parsing",
    "wildcard-in-arn-service": "Resource vendor must be fully qualified and cannot contain regexes.",
    "invalid-iam-resource": f'IAM resource path must either be "*" or start with {_TYPES}.',
}


def refuse_old_version(document: dict[str, Any]) -> None:
    if document.get("Version") != CURRENT_VERSION:
        raise _malformed_policy_error(f"Policy document must be version {CURRENT_VERSION} or greater.")


def refuse_bad_resources(statements: list[dict[str, Any]]) -> None:
    """Refuse the first Resource or NotResource that AWS would refuse."""
    for statement in statements:
        for name in ("Resource", "NotResource"):
            written = statement.get(name)
            for resource in written if isinstance(written, list) else [written]:
                if not isinstance(resource, str):
                    continue
                flaw = check_resource(resource)
                if flaw is not None and flaw.level is Level.ERROR:
                    raise _malformed_policy_error(_MESSAGES.get(flaw.code) or _describe(flaw.code, resource))


def _describe(code: str, resource: str) -> str:
    parts = split_arn(resource)
    if parts is None:
        return f'Resource {resource} must be in ARN format or "*".'
    if code in ("region-in-arn", "account-in-arn"):
        if parts.service == "iam":
            return f"IAM resource {resource} cannot contain region information."
        return f"Resource {resource} can not contain {code.partition('-')[0]} information."
    if resource.count(":") < 2:
        return _MESSAGES["wildcard-in-arn-service"]
    if not parts.service:
        return _MESSAGES["legacy-arn"]
    return f'Partition "{parts.partition}" is not valid for resource "{parts}".'


def _malformed_policy_error(message: str) -> AwsError:
    return AwsError("MalformedPolicyDocument", message)
