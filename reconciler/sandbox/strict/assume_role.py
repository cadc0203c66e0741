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
from reconciler.model.partitions import ARN_PARTITION
from reconciler.sandbox.query_protocol import Refusal, Reply
from reconciler.sandbox.strict import mfa_devices, tags
from reconciler.sandbox.strict.api_call import ActionRules, ApiCall, access_denied_error
from reconciler.sandbox.strict.identity_policies import malformed_policy_error, parse_policy, read_statements
from reconciler.sandbox.strict.keyring import RoleSession
from reconciler.sandbox.strict.ledger import ROLE, IamEntity, Tags
from reconciler.sandbox.strict.parameters import read_duration, refuse_bad_texts, require_parameters, validation_error
from reconciler.sandbox.strict.principals import context_of_request, principal_of, target_of
from reconciler.sandbox.strict.sessions import find_role, identity_of, start_session

SHORTEST, LONGEST, DEFAULT = 900, 43200, 3600
LONGEST_CHAINED = 3600
ROLE_ARN = re.compile(rf"arn:{ARN_PARTITION}:iam::(\d{{12}}):role/\S+", re.ASCII)
MOST_TAGS, MOST_POLICIES, MOST_CHARACTERS = 50, 10, 2048


@dataclass(frozen=True, slots=True)
class SessionRequest:
    """What a session is to carry. `given_tags` and `inherited_tags` tags have no key in common."""

    seconds: int
    given_tags: Tags
    inherited_tags: Tags
    transitive_keys: frozenset[str]
    source_identity: str
    policy: str
    policy_arns: tuple[str, ...]


def assume_role(call: ApiCall) -> Reply:
    asked = _read_session_request(call)
    arn, account = call.get("RoleArn"), _account_of(call.get("RoleArn"))
    role = find_role(call, arn)
    foreign = role is None and account != call.caller.account
    if not foreign and call.caller.user is None and call.caller.session is None:
        raise access_denied_error("Roles may not be assumed by root accounts.")
    with_mfa = mfa_devices.verify_mfa(call)
    if role is not None:
        _check_permissions(call, role, asked, with_mfa)
    elif not foreign:
        raise _not_authorized_error(call, "sts:AssumeRole", arn)
    _check_duration(call, role, asked.seconds)
    session = RoleSession(
        "",
        "",
        role,
        asked.source_identity,
        asked.inherited_tags | asked.given_tags,
        frozenset(asked.inherited_tags) | asked.transitive_keys,
        asked.policy,
        asked.policy_arns,
    )
    return start_session(call, call.forward(), session, asked.seconds)


def _account_of(arn: str) -> str:
    found = ROLE_ARN.fullmatch(arn)
    if found is None:
        raise Refusal("ValidationError", f"{arn} is invalid")
    return found[1]


def _read_session_request(call: ApiCall) -> SessionRequest:
    require_parameters(call, "RoleArn", "RoleSessionName")
    refuse_bad_texts(call, "RoleArn", "RoleSessionName", "ExternalId", "SourceIdentity", "SerialNumber", "TokenCode")
    seconds = read_duration(call, SHORTEST, LONGEST, DEFAULT)
    before = call.caller.session or RoleSession("", "")
    inherited = {key: value for key, value in before.tags.items() if key in before.transitive_keys}
    given = _read_session_tags(call, inherited)
    return SessionRequest(
        seconds,
        given,
        inherited,
        _read_transitive_keys(call, given),
        _read_source_identity(call, before.source_identity),
        *_read_session_policies(call),
    )


def _read_session_tags(call: ApiCall, inherited: Tags) -> Tags:
    pairs = call.get_tags("Tags")
    if len(pairs) > MOST_TAGS:
        raise validation_error("Tags", "[…]", f"have length less than or equal to {MOST_TAGS}")
    try:
        tags.refuse_bad_tags(ROLE, pairs)
    except Refusal as refusal:
        # IAM's word for what STS calls a value.
        raise _invalid_value_error(refusal.message) if refusal.code == "InvalidInput" else refusal from None
    if {key.casefold() for key, _ in pairs} & {key.casefold() for key in inherited}:
        raise _invalid_value_error(
            "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key "
            "from the calling session."
        )
    return dict(pairs)


def _read_transitive_keys(call: ApiCall, given: Tags) -> frozenset[str]:
    keys = call.get_list("TransitiveTagKeys")
    spelled = {key.casefold(): key for key in given}
    if any(key.casefold() not in spelled for key in keys):
        raise _invalid_value_error("The specified transitive tag key must be included in the requested tags.")
    return frozenset(spelled[key.casefold()] for key in keys)


def _read_source_identity(call: ApiCall, inherited: str) -> str:
    given = call.get("SourceIdentity")
    if given.casefold().startswith("aws:"):
        raise validation_error("SourceIdentity", given, "not begin with aws:")
    if given and inherited and given != inherited:
        raise _not_authorized_error(call, "sts:SetSourceIdentity", call.get("RoleArn"))
    return given or inherited


def _read_session_policies(call: ApiCall) -> tuple[str, tuple[str, ...]]:
    policy, arns = call.get("Policy"), call.get_members("PolicyArns", "arn")
    if len(arns) > MOST_POLICIES:
        raise validation_error("PolicyArns", "[…]", f"have length less than or equal to {MOST_POLICIES}")
    homes = ("aws", _account_of(call.get("RoleArn")))
    for arn in arns:
        if not re.fullmatch(rf"arn:{ARN_PARTITION}:iam::({'|'.join(homes)}):policy/\S+", arn):
            raise Refusal("ValidationError", f"Invalid policy ARN for the account of the role: {arn}")
    size = len(policy) + sum(map(len, arns))
    if size > MOST_CHARACTERS:
        used = -(-100 * size // MOST_CHARACTERS)
        raise Refusal(
            "PackedPolicyTooLarge", f"Packed policy consumes {used}% of allotted space, please use smaller policy."
        )
    if policy:
        for statement in read_statements(
            parse_policy(policy, "This policy contains invalid Json"), "Syntax errors in policy."
        ):
            if "Principal" in statement or "NotPrincipal" in statement:
                raise malformed_policy_error("Policy document should not specify a principal.")
    return policy, tuple(arns)


def _check_permissions(call: ApiCall, role: IamEntity, asked: SessionRequest, with_mfa: bool) -> None:
    caller, wanted = principal_of(call), target_of(role)
    context = _build_context(call, asked).with_fallbacks(context_of_request(call, with_mfa))
    needed = [
        *(["sts:TagSession"] if asked.given_tags or asked.inherited_tags else []),
        *(["sts:SetSourceIdentity"] if asked.source_identity else []),
    ]
    if not can_assume(caller, wanted, context).allowed:
        raise _not_authorized_error(call, "sts:AssumeRole", role.arn)
    for action in needed:
        if not can_assume(caller, wanted, context, [action]).allowed:
            raise _not_authorized_error(call, action, role.arn)


def _build_context(call: ApiCall, asked: SessionRequest) -> Context:
    """The keys of AssumeRole (Service Authorization Reference, "AWS Security Token Service")."""
    carried = asked.inherited_tags | asked.given_tags
    values: dict[str, str | tuple[str, ...]] = {"sts:RoleSessionName": call.get("RoleSessionName")}
    values |= {f"aws:RequestTag/{key}": value for key, value in carried.items()}
    if call.get("ExternalId"):
        values["sts:ExternalId"] = call.get("ExternalId")
    if asked.source_identity:
        values["sts:SourceIdentity"] = asked.source_identity
    if carried:
        values["aws:TagKeys"] = tuple(carried)
    if transitive := frozenset(asked.inherited_tags) | asked.transitive_keys:
        values["sts:TransitiveTagKeys"] = tuple(sorted(transitive))
    return Context.of(values)


def _check_duration(call: ApiCall, role: IamEntity | None, seconds: int) -> None:
    if call.caller.is_temporary and seconds > LONGEST_CHAINED:
        raise Refusal(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        )
    if role is not None and seconds > role.max_session:
        raise Refusal(
            "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        )


def _not_authorized_error(call: ApiCall, action: str, role: str) -> Refusal:
    return access_denied_error(
        f"User: {identity_of(call)[0]} is not authorized to perform: {action} on resource: {role}"
    )


def _invalid_value_error(message: str) -> Refusal:
    return Refusal("InvalidParameterValue", message)


RULES = ActionRules(answers={"AssumeRole": assume_role})
