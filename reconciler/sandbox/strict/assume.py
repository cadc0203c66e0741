"""AssumeRole, judged by the role's trust policy and the caller's policies.

Sources: STS API Reference, AssumeRole (parameters, "Permissions", the limits of a session); IAM User Guide, "Policy
evaluation logic", "Roles terms and concepts: role chaining" (one hour), "Pass session tags in AWS STS" (sts:TagSession
on both sides; transitive tags go along and cannot be overridden), "Monitor and control actions taken with assumed
roles" (sts:SetSourceIdentity on both sides; a source identity persists and cannot be changed). Like session tags and
source identities that are given, inherited ones need their permission.

A role of another account that nobody made in this sandbox is the emulator's, who lets everyone in: that is how a test
or a person gets into a second account. Conditions on what the sandbox does not know, and a boundary of which AWS's
documents do not agree whether it counts, are taken for a no.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from reconciler.access import Context, can_assume
from reconciler.sandbox.strict import mfa, tags
from reconciler.sandbox.strict.call import Call, Rules, denied
from reconciler.sandbox.strict.documents import malformed, parsed, statements
from reconciler.sandbox.strict.keyring import RoleSession
from reconciler.sandbox.strict.ledger import ROLE, Entity, Tags
from reconciler.sandbox.strict.parameters import duration, invalid, refuse_bad, required
from reconciler.sandbox.strict.principals import of_request, principal, target
from reconciler.sandbox.strict.sessions import held_role, identity, started
from reconciler.sandbox.wire import Refusal, Reply

SHORTEST, LONGEST, DEFAULT = 900, 43200, 3600
LONGEST_OF_CHAIN = 3600
ROLE_ARN = re.compile(r"arn:[\w-]+:iam::(\d{12}):role/\S+", re.ASCII)
MOST_TAGS, MOST_POLICIES, MOST_CHARACTERS = 50, 10, 2048


@dataclass(frozen=True, slots=True)
class Asked:
    """What a session is to carry. `given` and `inherited` tags have no key in common."""

    seconds: int
    given: Tags
    inherited: Tags
    transitive: frozenset[str]
    source_identity: str
    policy: str
    policy_arns: tuple[str, ...]


def assume_role(call: Call) -> Reply:
    asked = _asked(call)
    arn, account = call.given("RoleArn"), _account(call.given("RoleArn"))
    role = held_role(call, arn)
    foreign = role is None and account != call.caller.account
    if not foreign and call.caller.user is None and call.caller.session is None:
        raise denied("Roles may not be assumed by root accounts.")
    with_mfa = mfa.proven(call)
    if role is not None:
        _judge(call, role, asked, with_mfa)
    elif not foreign:
        raise _not_authorized(call, "sts:AssumeRole", arn)
    _refuse_long(call, role, asked.seconds)
    session = RoleSession(
        "",
        "",
        role,
        asked.source_identity,
        asked.inherited | asked.given,
        frozenset(asked.inherited) | asked.transitive,
        asked.policy,
        asked.policy_arns,
    )
    return started(call, call.forward(), session, asked.seconds)


def _account(arn: str) -> str:
    found = ROLE_ARN.fullmatch(arn)
    if found is None:
        raise Refusal("ValidationError", f"{arn} is invalid")
    return found[1]


def _asked(call: Call) -> Asked:
    required(call, "RoleArn", "RoleSessionName")
    refuse_bad(call, "RoleArn", "RoleSessionName", "ExternalId", "SourceIdentity", "SerialNumber", "TokenCode")
    seconds = duration(call, SHORTEST, LONGEST, DEFAULT)
    before = call.caller.session or RoleSession("", "")
    inherited = {key: value for key, value in before.tags.items() if key in before.transitive}
    given = _tags(call, inherited)
    return Asked(
        seconds,
        given,
        inherited,
        _transitive(call, given),
        _source_identity(call, before.source_identity),
        *_session_policies(call),
    )


def _tags(call: Call, inherited: Tags) -> Tags:
    pairs = call.pairs("Tags")
    if len(pairs) > MOST_TAGS:
        raise invalid("Tags", "[…]", f"have length less than or equal to {MOST_TAGS}")
    try:
        tags.refuse_bad(ROLE, pairs)
    except Refusal as refusal:
        # IAM's word for what STS calls a value.
        raise _bad_value(refusal.message) if refusal.code == "InvalidInput" else refusal from None
    if {key.casefold() for key, _ in pairs} & {key.casefold() for key in inherited}:
        raise _bad_value(
            "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key "
            "from the calling session."
        )
    return dict(pairs)


def _transitive(call: Call, given: Tags) -> frozenset[str]:
    keys = call.items("TransitiveTagKeys")
    spelled = {key.casefold(): key for key in given}
    if any(key.casefold() not in spelled for key in keys):
        raise _bad_value("The specified transitive tag key must be included in the requested tags.")
    return frozenset(spelled[key.casefold()] for key in keys)


def _source_identity(call: Call, inherited: str) -> str:
    given = call.given("SourceIdentity")
    if given.casefold().startswith("aws:"):
        raise invalid("SourceIdentity", given, "not begin with aws:")
    if given and inherited and given != inherited:
        raise _not_authorized(call, "sts:SetSourceIdentity", call.given("RoleArn"))
    return given or inherited


def _session_policies(call: Call) -> tuple[str, tuple[str, ...]]:
    policy, arns = call.given("Policy"), call.listed("PolicyArns", "arn")
    if len(arns) > MOST_POLICIES:
        raise invalid("PolicyArns", "[…]", f"have length less than or equal to {MOST_POLICIES}")
    homes = ("aws", _account(call.given("RoleArn")))
    for arn in arns:
        if not re.fullmatch(rf"arn:[\w-]+:iam::({'|'.join(homes)}):policy/\S+", arn):
            raise Refusal("ValidationError", f"Invalid policy ARN for the account of the role: {arn}")
    size = len(policy) + sum(map(len, arns))
    if size > MOST_CHARACTERS:
        used = -(-100 * size // MOST_CHARACTERS)
        raise Refusal(
            "PackedPolicyTooLarge", f"Packed policy consumes {used}% of allotted space, please use smaller policy."
        )
    if policy:
        for statement in statements(parsed(policy, "This policy contains invalid Json"), "Syntax errors in policy."):
            if "Principal" in statement or "NotPrincipal" in statement:
                raise malformed("Policy document should not specify a principal.")
    return policy, tuple(arns)


def _judge(call: Call, role: Entity, asked: Asked, with_mfa: bool) -> None:
    caller, wanted = principal(call), target(role)
    context = _context(call, asked).over(of_request(call, with_mfa))
    needed = [
        *(["sts:TagSession"] if asked.given or asked.inherited else []),
        *(["sts:SetSourceIdentity"] if asked.source_identity else []),
    ]
    if not can_assume(caller, wanted, context).allowed:
        raise _not_authorized(call, "sts:AssumeRole", role.arn)
    for action in needed:
        if not can_assume(caller, wanted, context, [action]).allowed:
            raise _not_authorized(call, action, role.arn)


def _context(call: Call, asked: Asked) -> Context:
    """The keys of AssumeRole (Service Authorization Reference, "AWS Security Token Service")."""
    carried = asked.inherited | asked.given
    values: dict[str, str | tuple[str, ...]] = {"sts:RoleSessionName": call.given("RoleSessionName")}
    values |= {f"aws:RequestTag/{key}": value for key, value in carried.items()}
    if call.given("ExternalId"):
        values["sts:ExternalId"] = call.given("ExternalId")
    if asked.source_identity:
        values["sts:SourceIdentity"] = asked.source_identity
    if carried:
        values["aws:TagKeys"] = tuple(carried)
    if transitive := frozenset(asked.inherited) | asked.transitive:
        values["sts:TransitiveTagKeys"] = tuple(sorted(transitive))
    return Context.of(values)


def _refuse_long(call: Call, role: Entity | None, seconds: int) -> None:
    if call.caller.temporary and seconds > LONGEST_OF_CHAIN:
        raise Refusal(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        )
    if role is not None and seconds > role.longest_session:
        raise Refusal(
            "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        )


def _not_authorized(call: Call, action: str, role: str) -> Refusal:
    return denied(f"User: {identity(call)[0]} is not authorized to perform: {action} on resource: {role}")


def _bad_value(message: str) -> Refusal:
    return Refusal("InvalidParameterValue", message)


RULES = Rules(answers={"AssumeRole": assume_role})
