"""What one AssumeRole call carries, as the evaluator wants it. Pure; standard library only.

Keys: IAM User Guide, "IAM and AWS STS condition context keys" and "AWS global condition context keys"; actions that
a call needs besides: "Pass session tags in AWS STS", "Monitor and control actions taken with assumed roles". What
depends on the network (aws:SourceIp, …) or on an organisation is not known here, and stays open.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from reconciler.assume.chain import Request
from reconciler.policy.evaluator import WITHOUT_MFA, Context
from reconciler.policy.evaluator.context import Value
from reconciler.policy.global_keys import MFA_AGE, MFA_PRESENT

ASSUME = "sts:AssumeRole"
TAG_SESSION = "sts:TagSession"
SET_SOURCE_IDENTITY = "sts:SetSourceIdentity"
EXTERNAL_ID = "sts:externalid"


@dataclass(frozen=True, slots=True)
class Mfa:
    """The MFA that a call carries. `present` None: not known, as with session keys made elsewhere.

    `age` in seconds, 0 for a code sent with the call, None where not known. `temporary`: the keys are a session's
    (GetSessionToken), so that without MFA the key is false instead of absent.
    """

    present: bool | None = False
    age: int | None = None
    temporary: bool = False


CODE = Mfa(True, 0)
"""A code that is sent with the call itself."""


def actions_of(request: Request) -> tuple[str, ...]:
    """Every action that must be allowed for the call, sts:AssumeRole first."""
    tags = (TAG_SESSION,) * bool(request.session_tags)
    return (ASSUME, *tags, *(SET_SOURCE_IDENTITY,) * bool(request.source_identity))


def context_of(request: Request, mfa: Mfa, now: datetime, before: Request | None = None) -> Context:
    """`before`: the hop whose session makes this call; None for the first hop."""
    moment = now.astimezone(UTC)
    values: dict[str, Value] = {
        "sts:RoleSessionName": request.session_name,
        "aws:CurrentTime": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        "aws:EpochTime": int(moment.timestamp()),
        "aws:SecureTransport": True,
        "aws:ViaAWSService": False,
    }
    absent = ["aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast", "aws:SourceArn", "aws:SourceAccount"]
    for key, value in (("sts:ExternalId", request.external_id), ("sts:SourceIdentity", request.source_identity)):
        if value:
            values[key] = value
        else:
            absent.append(key)
    values |= {f"aws:RequestTag/{key}": value for key, value in request.session_tags}
    absent.append("aws:RequestTag/*")
    for key, listed in (
        ("aws:TagKeys", tuple(key for key, _ in request.session_tags)),
        ("sts:TransitiveTagKeys", request.transitive_tags),
    ):
        if listed:
            values[key] = listed
        else:
            absent.append(key)
    if before is not None and before.source_identity:
        values["aws:SourceIdentity"] = before.source_identity
    return Context.of(values, absent).over(_mfa_context(mfa))


def _mfa_context(mfa: Mfa) -> Context:
    if mfa.present:
        return Context.of({MFA_PRESENT: True, **({} if mfa.age is None else {MFA_AGE: mfa.age})})
    if mfa.present is None:
        return Context()
    if mfa.temporary:
        return Context.of(absent=(MFA_AGE,), either={MFA_PRESENT: (None, False)})
    return WITHOUT_MFA
