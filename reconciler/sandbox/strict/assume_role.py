"""Decide AssumeRole by the role's trust policy and the caller's policies.

Sources: STS API Reference, AssumeRole (parameters, "Permissions", the limits of a session); IAM User Guide, "Policy
evaluation logic", "Roles terms and concepts: role chaining" (one hour), "Pass session tags in AWS STS" (sts:TagSession
on both sides; transitive tags go along and cannot be overridden), "Monitor and control actions taken with assumed
roles" (sts:SetSourceIdentity on both sides; a source identity persists and cannot be changed). Inherited session tags
and source identities need the same permissions as those that the request gives.

The emulator lets everyone assume a role of another account that was not created in this sandbox: so a test or a user
gets into a second account. A condition on a key that the sandbox does not know counts as not met. A boundary counts as
a limit even in cases in which AWS's documents disagree.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from reconciler.access import Context, can_assume
from reconciler.model.partitions import ARN_PARTITION
from reconciler.sandbox.query_protocol import AwsError, Reply
from reconciler.sandbox.strict import mfa_devices, tags
from reconciler.sandbox.strict.api_call import ActionRules, ApiCall, access_denied_error
from reconciler.sandbox.strict.identity_policies import malformed_policy_error, parse_policy, read_statements
from reconciler.sandbox.strict.keyring import RoleSession
from reconciler.sandbox.strict.ledger import ROLE, IamEntity, Tags
from reconciler.sandbox.strict.parameters import read_duration, refuse_bad_texts, require_parameters, validation_error
from reconciler.sandbox.strict.principals import context_of_request, principal_of, target_of
from reconciler.sandbox.strict.sessions import find_role, identity_of, start_session

MIN_DURATION, MAX_DURATION, DEFAULT_DURATION = 900, 43200, 3600
MAX_CHAINED_DURATION = 3600
"""All durations are in seconds."""
ROLE_ARN = re.compile(rf"arn:{ARN_PARTITION}:iam::(\d{{12}}):role/\S+", re.ASCII)
MAX_TAGS, MAX_POLICIES, MAX_POLICY_CHARACTERS = 50, 10, 2048


@dataclass(frozen=True, slots=True)
class SessionRequest:
    """The properties of the session to create. No tag key is in both `given_tags` and `inherited_tags`.

    seconds: the duration. given_tags: tags in the request. inherited_tags: transitive tags of the calling session.
    transitive_keys: keys of given_tags that later sessions inherit. policy, policy_arns: session policies.
    """

    seconds: int
    given_tags: Tags
    inherited_tags: Tags
    transitive_keys: frozenset[str]
    source_identity: str
    policy: str
    policy_arns: tuple[str, ...]


def assume_role(call: ApiCall) -> Reply:
    wanted_session = _read_session_request(call)
    arn, account = call.get("RoleArn"), _account_of(call.get("RoleArn"))
    role = find_role(call, arn)
    foreign = role is None and account != call.caller.account
    if not foreign and call.caller.user is None and call.caller.session is None:
        raise access_denied_error("Roles may not be assumed by root accounts.")
    with_mfa = mfa_devices.verify_mfa(call)
    if role is not None:
        _check_permissions(call, role, wanted_session, with_mfa)
    elif not foreign:
        raise _not_authorized_error(call, "sts:AssumeRole", arn)
    _check_duration(call, role, wanted_session.seconds)
    session = RoleSession(
        "",
        "",
        role,
        wanted_session.source_identity,
        wanted_session.inherited_tags | wanted_session.given_tags,
        frozenset(wanted_session.inherited_tags) | wanted_session.transitive_keys,
        wanted_session.policy,
        wanted_session.policy_arns,
    )
    return start_session(call, call.forward(), session, wanted_session.seconds)


def _account_of(arn: str) -> str:
    match = ROLE_ARN.fullmatch(arn)
    if match is None:
        raise AwsError("ValidationError", f"{arn} is invalid")
    return match[1]


def _read_session_request(call: ApiCall) -> SessionRequest:
    require_parameters(call, "RoleArn", "RoleSessionName")
    refuse_bad_texts(call, "RoleArn", "RoleSessionName", "ExternalId", "SourceIdentity", "SerialNumber", "TokenCode")
    seconds = read_duration(call, MIN_DURATION, MAX_DURATION, DEFAULT_DURATION)
    calling_session = call.caller.session or RoleSession("", "")
    inherited = {key: value for key, value in calling_session.tags.items() if key in calling_session.transitive_keys}
    given_tags = _read_session_tags(call, inherited)
    return SessionRequest(
        seconds,
        given_tags,
        inherited,
        _read_transitive_keys(call, given_tags),
        _read_source_identity(call, calling_session.source_identity),
        *_read_session_policies(call),
    )


def _read_session_tags(call: ApiCall, inherited: Tags) -> Tags:
    pairs = call.get_tags("Tags")
    if len(pairs) > MAX_TAGS:
        raise validation_error("Tags", "[…]", f"have length less than or equal to {MAX_TAGS}")
    try:
        tags.refuse_bad_tags(ROLE, pairs)
    except AwsError as error:
        # STS uses another error code than IAM.
        raise _invalid_value_error(error.message) if error.code == "InvalidInput" else error from None
    if {key.casefold() for key, _ in pairs} & {key.casefold() for key in inherited}:
        raise _invalid_value_error(
            "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key "
            "from the calling session."
        )
    return dict(pairs)


def _read_transitive_keys(call: ApiCall, given_tags: Tags) -> frozenset[str]:
    keys = call.get_list("TransitiveTagKeys")
    spelled = {key.casefold(): key for key in given_tags}
    if any(key.casefold() not in spelled for key in keys):
        raise _invalid_value_error("The specified transitive tag key must be included in the requested tags.")
    return frozenset(spelled[key.casefold()] for key in keys)


def _read_source_identity(call: ApiCall, inherited: str) -> str:
    source_identity = call.get("SourceIdentity")
    if source_identity.casefold().startswith("aws:"):
        raise validation_error("SourceIdentity", source_identity, "not begin with aws:")
    if source_identity and inherited and source_identity != inherited:
        raise _not_authorized_error(call, "sts:SetSourceIdentity", call.get("RoleArn"))
    return source_identity or inherited


def _read_session_policies(call: ApiCall) -> tuple[str, tuple[str, ...]]:
    policy, arns = call.get("Policy"), call.get_members("PolicyArns", "arn")
    if len(arns) > MAX_POLICIES:
        raise validation_error("PolicyArns", "[…]", f"have length less than or equal to {MAX_POLICIES}")
    homes = ("aws", _account_of(call.get("RoleArn")))
    for arn in arns:
        if not re.fullmatch(rf"arn:{ARN_PARTITION}:iam::({'|'.join(homes)}):policy/\S+", arn):
            raise AwsError("ValidationError", f"Invalid policy ARN for the account of the role: {arn}")
    size = len(policy) + sum(map(len, arns))
    if size > MAX_POLICY_CHARACTERS:
        used = -(-100 * size // MAX_POLICY_CHARACTERS)
        raise AwsError(
            "PackedPolicyTooLarge", f"Packed policy consumes {used}% of allotted space, please use smaller policy."
        )
    if policy:
        for statement in read_statements(
            parse_policy(policy, "This policy contains invalid Json"), "Syntax errors in policy."
        ):
            if "Principal" in statement or "NotPrincipal" in statement:
                raise malformed_policy_error("Policy document should not specify a principal.")
    return policy, tuple(arns)


def _check_permissions(call: ApiCall, role: IamEntity, wanted_session: SessionRequest, with_mfa: bool) -> None:
    caller, target = principal_of(call), target_of(role)
    context = _build_context(call, wanted_session).with_fallbacks(context_of_request(call, with_mfa))
    further_actions = [
        *(["sts:TagSession"] if wanted_session.given_tags or wanted_session.inherited_tags else []),
        *(["sts:SetSourceIdentity"] if wanted_session.source_identity else []),
    ]
    if not can_assume(caller, target, context).allowed:
        raise _not_authorized_error(call, "sts:AssumeRole", role.arn)
    for action in further_actions:
        if not can_assume(caller, target, context, [action]).allowed:
            raise _not_authorized_error(call, action, role.arn)


def _build_context(call: ApiCall, wanted_session: SessionRequest) -> Context:
    """Return the condition keys of AssumeRole (Service Authorization Reference, "AWS Security Token Service")."""
    session_tags = wanted_session.inherited_tags | wanted_session.given_tags
    values: dict[str, str | tuple[str, ...]] = {"sts:RoleSessionName": call.get("RoleSessionName")}
    values |= {f"aws:RequestTag/{key}": value for key, value in session_tags.items()}
    if call.get("ExternalId"):
        values["sts:ExternalId"] = call.get("ExternalId")
    if wanted_session.source_identity:
        values["sts:SourceIdentity"] = wanted_session.source_identity
    if session_tags:
        values["aws:TagKeys"] = tuple(session_tags)
    if transitive := frozenset(wanted_session.inherited_tags) | wanted_session.transitive_keys:
        values["sts:TransitiveTagKeys"] = tuple(sorted(transitive))
    return Context.of(values)


def _check_duration(call: ApiCall, role: IamEntity | None, seconds: int) -> None:
    if call.caller.is_temporary and seconds > MAX_CHAINED_DURATION:
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        )
    if role is not None and seconds > role.max_session:
        raise AwsError(
            "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        )


def _not_authorized_error(call: ApiCall, action: str, role: str) -> AwsError:
    return access_denied_error(
        f"User: {identity_of(call)[0]} is not authorized to perform: {action} on resource: {role}"
    )


def _invalid_value_error(message: str) -> AwsError:
    return AwsError("InvalidParameterValue", message)


RULES = ActionRules(answers={"AssumeRole": assume_role})
