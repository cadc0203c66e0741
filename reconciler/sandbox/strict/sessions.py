"""Identify the caller of a request, and keep sessions of users, of roles and of the root user.

The emulator has no sessions of users. So each one is based on a session of an invented role, for which the emulator
makes new keys and knows the account.
Sources: STS API Reference, GetCallerIdentity, GetSessionToken (900 to 129600 seconds, 43200 by default, 3600 for the
root user; only with long-term keys; without MFA no call of IAM, and of STS only SESSION_ACTIONS). aws-vault#15 reports
that IAM then answers InvalidClientTokenId.
"""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.partitions import DEFAULT_PARTITION, partition_of_region
from reconciler.sandbox.query_protocol import (
    IAM_VERSION,
    STS_VERSION,
    HttpRequest,
    Reply,
    build_reply,
    format_timestamp,
    put_child,
    read_child_text,
)
from reconciler.sandbox.strict import clock, mfa_devices
from reconciler.sandbox.strict.api_call import ActionRules, ApiCall, access_denied_error
from reconciler.sandbox.strict.keyring import IssuedKey, RoleSession, invalid_token_error
from reconciler.sandbox.strict.ledger import ROLE, IamEntity
from reconciler.sandbox.strict.parameters import read_duration, refuse_bad_texts

MIN_DURATION, MAX_DURATION, DEFAULT_DURATION = 900, 129600, 43200
MAX_ROOT_SESSION = 3600
MAX_ROLE_SESSION = 43200
"""All durations are in seconds."""
LONG_TERM_ONLY = ("GetSessionToken", "GetFederationToken")
SESSION_ACTIONS = (
    "AssumeRole",
    "GetCallerIdentity",
    "GetScopedCredentials",
    "GetWebIdentityToken",
    "GetDelegatedAccessToken",
)


def refuse_forbidden(request: HttpRequest, caller: IssuedKey) -> None:
    """Refuse actions that temporary credentials may never call, whatever their policies allow."""
    if not caller.is_temporary:
        return
    if request.action in LONG_TERM_ONLY:
        raise access_denied_error(f"Cannot call {request.action} with session credentials")
    if caller.session is not None:
        return
    if request.version == STS_VERSION and request.action not in SESSION_ACTIONS:
        raise access_denied_error(f"Cannot call {request.action} with session credentials")
    if request.version == IAM_VERSION and caller.mfa_at is None:
        raise invalid_token_error()


def get_session_token(call: ApiCall) -> Reply:
    refuse_bad_texts(call, "SerialNumber", "TokenCode")
    caller = call.caller
    seconds = read_duration(call, MIN_DURATION, MAX_DURATION, DEFAULT_DURATION)
    if caller.user is None:
        # "If the duration is longer than one hour, the session for AWS account owners defaults to one hour."
        seconds = min(seconds, MAX_ROOT_SESSION)
    with_mfa = mfa_devices.verify_mfa(call)
    role = f"arn:{partition_of(call.request)}:iam::{caller.account}:role/session-of-a-user"
    backing = {"RoleArn": role, "RoleSessionName": "sandbox", "DurationSeconds": str(seconds)}
    reply = call.upstream.invoke(call.request, "AssumeRole", backing, STS_VERSION)
    issued = reply.result.find("Credentials")
    if issued is None:
        return reply
    now = clock.now()
    names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
    credentials = {name: read_child_text(issued, name) for name in names} | {
        "Expiration": format_timestamp(now + seconds)
    }
    call.keyring.add(
        IssuedKey(
            credentials["AccessKeyId"],
            caller.account,
            caller.user,
            token=credentials["SessionToken"],
            issued=now,
            expires=now + seconds,
            mfa_at=now if with_mfa else None,
        )
    )
    return build_reply(call.action, {"Credentials": credentials}, STS_VERSION)


def get_caller_identity(call: ApiCall) -> Reply:
    arn, unique_id = identity_of(call)
    content = {"Arn": arn, "UserId": unique_id, "Account": call.caller.account}
    return build_reply(call.action, content, STS_VERSION)


def identity_of(call: ApiCall) -> tuple[str, str]:
    """Return the caller's ARN and unique id."""
    caller = call.caller
    if caller.user is not None:
        return caller.user.arn, caller.user.id
    if caller.session is not None:
        return caller.session.arn, caller.session.id
    return f"arn:{partition_of(call.request)}:iam::{caller.account}:root", caller.account


def partition_of(request: HttpRequest) -> str:
    """Return the partition of the region that the request is signed for."""
    return partition_of_region(request.region) or DEFAULT_PARTITION


def find_role(call: ApiCall, arn: str) -> IamEntity | None:
    """Return a role of any account; None if it was not created in this sandbox."""
    ledger = call.ledgers.get(arn.split(":")[4] if arn.count(":") > 4 else "")
    role = ledger.find_by_arn(arn) if ledger is not None else None
    return role if role is not None and role.kind == ROLE else None


def start_session(call: ApiCall, reply: Reply, session: RoleSession, seconds: int) -> Reply:
    """Correct the emulator's answer, and record its session.

    session: the session without ARN and id, which the answer gives. seconds: its duration.
    """
    credentials, assumed_role_user = reply.result.find("Credentials"), reply.result.find("AssumedRoleUser")
    if not reply.ok or credentials is None or assumed_role_user is None:
        return reply
    now = clock.now()
    put_child(credentials, "Expiration", format_timestamp(now + seconds))
    if session.role is not None:
        put_child(
            assumed_role_user,
            "AssumedRoleId",
            f"{session.role.id}:{read_child_text(assumed_role_user, 'Arn').rpartition('/')[2]}",
        )
    if session.source_identity:
        put_child(reply.result, "SourceIdentity", session.source_identity)
    if not (session.policy or session.policy_arns or session.tags):
        put_child(reply.result, "PackedPolicySize", 0)
    session = replace(
        session, arn=read_child_text(assumed_role_user, "Arn"), id=read_child_text(assumed_role_user, "AssumedRoleId")
    )
    call.keyring.add(
        IssuedKey(
            read_child_text(credentials, "AccessKeyId"),
            session.arn.split(":")[4],
            session=session,
            token=read_child_text(credentials, "SessionToken"),
            issued=now,
            expires=now + seconds,
        )
    )
    return reply


def assume_federated_role(call: ApiCall) -> Reply:
    """Assume a role by a token or an assertion. They cannot be verified here: the emulator accepts any."""
    seconds = read_duration(call, MIN_DURATION, MAX_ROLE_SESSION, 3600)
    return start_session(call, call.forward(), RoleSession("", "", find_role(call, call.get("RoleArn"))), seconds)


RULES = ActionRules(
    answers={
        "GetSessionToken": get_session_token,
        "GetCallerIdentity": get_caller_identity,
        "AssumeRoleWithSAML": assume_federated_role,
        "AssumeRoleWithWebIdentity": assume_federated_role,
    }
)
