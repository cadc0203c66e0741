"""The condition keys and the actions of one AssumeRole call, for the evaluator. Pure; standard library only.

Keys: IAM User Guide, "IAM and AWS STS condition context keys" and "AWS global condition context keys". Further actions
that a call needs: "Pass session tags in AWS STS", "Monitor and control actions taken with assumed roles". Keys that
depend on the network (aws:SourceIp, …) or on an organization stay unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from reconciler.access import WITHOUT_MFA, Context
from reconciler.access.context import Value
from reconciler.model.assume_role import NOTHING_INHERITED, AssumeRoleCall, InheritedAttributes
from reconciler.policy.global_keys import MFA_AGE, MFA_PRESENT

ASSUME_ROLE = "sts:AssumeRole"
TAG_SESSION = "sts:TagSession"
SET_SOURCE_IDENTITY = "sts:SetSourceIdentity"
EXTERNAL_ID = "sts:externalid"


@dataclass(frozen=True, slots=True)
class Mfa:
    """The MFA that a call carries.

    present: None if not known, as with session keys made elsewhere. age: seconds, 0 for a code sent with the call,
    None if not known. temporary: the keys come from GetSessionToken; without MFA, aws:MultiFactorAuthPresent is then
    false instead of absent.
    """

    present: bool | None = False
    age: int | None = None
    temporary: bool = False


WITH_CODE = Mfa(True, 0)
"""The MFA of a call that carries a code."""


def actions_of(
    request: AssumeRoleCall, inherited: InheritedAttributes = NOTHING_INHERITED, denied_action: str = ""
) -> tuple[str, ...]:
    """Return every action that the call needs, sts:AssumeRole first.

    Inherited tags and identities need their action, too (aws/copilot-cli#5358, noqdev/iambic#357).
    denied_action: the action that AWS named in its refusal.
    """
    needed = {
        TAG_SESSION: bool(request.session_tags or inherited.tags),
        SET_SOURCE_IDENTITY: bool(request.source_identity or inherited.source_identity),
    }
    return (ASSUME_ROLE, *(action for action, is_needed in needed.items() if is_needed or action == denied_action))


def context_of(
    request: AssumeRoleCall,
    mfa: Mfa,
    now: datetime,
    inherited: InheritedAttributes = NOTHING_INHERITED,
    chained: bool = False,
) -> Context:
    """Return the condition keys of the call. chained: the session of an earlier hop makes the call.

    Inherited tags count as tags of the request, too. AWS does not document whether an inherited source identity is in
    sts:SourceIdentity, so the evaluator tries both.
    """
    utc = now.astimezone(UTC)
    values: dict[str, Value] = {
        "sts:RoleSessionName": request.session_name,
        "aws:CurrentTime": f"{utc:%Y-%m-%dT%H:%M:%SZ}",
        "aws:EpochTime": int(utc.timestamp()),
        "aws:SecureTransport": True,
        "aws:ViaAWSService": False,
    }
    absent = ["aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast", "aws:SourceArn", "aws:SourceAccount"]
    either: dict[str, tuple[Value | None, ...]] = {}
    tags = (*inherited.tags, *request.session_tags)
    values |= {f"aws:RequestTag/{key}": value for key, value in tags}
    carried: dict[str, Value] = {
        "sts:ExternalId": request.external_id or "",
        "sts:SourceIdentity": request.source_identity or "",
        "aws:TagKeys": tuple(key for key, _ in tags),
        "sts:TransitiveTagKeys": (*(key for key, _ in inherited.tags), *request.transitive_tags),
    }
    values |= {key: value for key, value in carried.items() if value}
    missing = {key for key, value in carried.items() if not value}
    if "sts:SourceIdentity" in missing and inherited.source_identity:
        missing.remove("sts:SourceIdentity")
        either["sts:SourceIdentity"] = (inherited.source_identity, None)
    if inherited.known:
        absent += [*sorted(missing), "aws:RequestTag/*"]
    else:
        absent += sorted(missing - _INHERITABLE_KEYS)
    if inherited.source_identity:
        values["aws:SourceIdentity"] = inherited.source_identity
    elif chained and inherited.known:
        absent.append("aws:SourceIdentity")
    return Context.of(values, absent, either).with_fallbacks(_context_of_mfa(mfa))


_INHERITABLE_KEYS = frozenset(["sts:SourceIdentity", "aws:TagKeys", "sts:TransitiveTagKeys"])
"""Keys that a session made elsewhere may carry: they are not known to be absent."""


def _context_of_mfa(mfa: Mfa) -> Context:
    if mfa.present:
        return Context.of({MFA_PRESENT: True, **({} if mfa.age is None else {MFA_AGE: mfa.age})})
    if mfa.present is None:
        return Context()
    if mfa.temporary:
        return Context.of(absent=(MFA_AGE,), either={MFA_PRESENT: (None, False)})
    return WITHOUT_MFA
