"""Tells who calls, and keeps the sessions of users and of the root user.

Sources: STS API Reference, GetCallerIdentity, GetSessionToken (900 to 129600 seconds, 43200 by default, 3600 for the
root user; only with long-term keys; without MFA no IAM, and in STS only what ALLOWED lists). That
IAM then answers InvalidClientTokenId is told in aws-vault#15. The emulator knows no sessions of users, so each is
backed by one of a role that it makes up: its keys are fresh, and it knows whose account they belong to.
"""

from __future__ import annotations

import re
from dataclasses import replace

from reconciler.model.partitions import DEFAULT_PARTITION, partition_of_region
from reconciler.sandbox.strict import clock, mfa
from reconciler.sandbox.strict.call import Call, Rules, denied
from reconciler.sandbox.strict.keyring import Key, RoleSession, invalid_token
from reconciler.sandbox.strict.ledger import ROLE, Entity
from reconciler.sandbox.strict.parameters import duration, refuse_bad
from reconciler.sandbox.wire import IAM_VERSION, STS_VERSION, Reply, Request, answer, put, stamp, text

SHORTEST, LONGEST, DEFAULT = 900, 129600, 43200
LONGEST_OF_ROOT = 3600
LONGEST_OF_ROLE = 43200
LONG_TERM_ONLY = ("GetSessionToken", "GetFederationToken")
ALLOWED = (
    "AssumeRole",
    "GetCallerIdentity",
    "GetScopedCredentials",
    "GetWebIdentityToken",
    "GetDelegatedAccessToken",
)


def refuse_forbidden(request: Request, caller: Key) -> None:
    """What temporary credentials may not call, whatever their policies say."""
    if not caller.temporary:
        return
    if request.action in LONG_TERM_ONLY:
        raise denied(f"Cannot call {request.action} with session credentials")
    if caller.session is not None:
        return
    if request.version == STS_VERSION and request.action not in ALLOWED:
        raise denied(f"Cannot call {request.action} with session credentials")
    if request.version == IAM_VERSION and caller.mfa_at is None:
        raise invalid_token()


def get_session_token(call: Call) -> Reply:
    refuse_bad(call, "SerialNumber", "TokenCode")
    caller = call.caller
    seconds = duration(call, SHORTEST, LONGEST, DEFAULT)
    if caller.user is None:
        # "If the duration is longer than one hour, the session for AWS account owners defaults to one hour."
        seconds = min(seconds, LONGEST_OF_ROOT)
    with_mfa = mfa.proven(call)
    role = f"arn:{partition(call.request)}:iam::{caller.account}:role/session-of-a-user"
    backing = {"RoleArn": role, "RoleSessionName": "sandbox", "DurationSeconds": str(seconds)}
    told = call.upstream.ask(call.request, "AssumeRole", backing, STS_VERSION)
    given = told.result.find("Credentials")
    if given is None:
        return told
    now = clock.now()
    names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
    credentials = {name: text(given, name) for name in names} | {"Expiration": stamp(now + seconds)}
    call.keyring.add(
        Key(
            credentials["AccessKeyId"],
            caller.account,
            caller.user,
            token=credentials["SessionToken"],
            issued=now,
            expires=now + seconds,
            mfa_at=now if with_mfa else None,
        )
    )
    return answer(call.action, {"Credentials": credentials}, STS_VERSION)


def get_caller_identity(call: Call) -> Reply:
    arn, unique_id = identity(call)
    content = {"Arn": arn, "UserId": unique_id, "Account": call.caller.account}
    return answer(call.action, content, STS_VERSION)


def identity(call: Call) -> tuple[str, str]:
    """The caller's ARN and its unique id."""
    caller = call.caller
    if caller.user is not None:
        return caller.user.arn, caller.user.id
    if caller.session is not None:
        return caller.session.arn, caller.session.id
    return f"arn:{partition(call.request)}:iam::{caller.account}:root", caller.account


def partition(request: Request) -> str:
    """Of the region that the request is signed for."""
    found = re.search(r"Credential=[^/]+/\d+/([^/]+)/", request.header("authorization"))
    return (partition_of_region(found[1]) if found else None) or DEFAULT_PARTITION


def held_role(call: Call, arn: str) -> Entity | None:
    """A role that was made in this sandbox, in whatever account."""
    ledger = call.ledgers.get(arn.split(":")[4] if arn.count(":") > 4 else "")
    found = ledger.by_arn(arn) if ledger is not None else None
    return found if found is not None and found.kind == ROLE else None


def started(call: Call, reply: Reply, session: RoleSession, seconds: int) -> Reply:
    """The emulator's answer, put right, and its session, known from now on. `session` lacks what the answer says."""
    credentials, who = reply.result.find("Credentials"), reply.result.find("AssumedRoleUser")
    if not reply.ok or credentials is None or who is None:
        return reply
    now = clock.now()
    put(credentials, "Expiration", stamp(now + seconds))
    if session.role is not None:
        put(who, "AssumedRoleId", f"{session.role.id}:{text(who, 'Arn').rpartition('/')[2]}")
    if session.source_identity:
        put(reply.result, "SourceIdentity", session.source_identity)
    if not (session.policy or session.policy_arns or session.tags):
        put(reply.result, "PackedPolicySize", 0)
    session = replace(session, arn=text(who, "Arn"), id=text(who, "AssumedRoleId"))
    call.keyring.add(
        Key(
            text(credentials, "AccessKeyId"),
            session.arn.split(":")[4],
            session=session,
            token=text(credentials, "SessionToken"),
            issued=now,
            expires=now + seconds,
        )
    )
    return reply


def federated(call: Call) -> Reply:
    """Tokens and assertions of providers cannot be verified here: the emulator takes any."""
    seconds = duration(call, SHORTEST, LONGEST_OF_ROLE, 3600)
    return started(call, call.forward(), RoleSession("", "", held_role(call, call.given("RoleArn"))), seconds)


RULES = Rules(
    answers={
        "GetSessionToken": get_session_token,
        "GetCallerIdentity": get_caller_identity,
        "AssumeRoleWithSAML": federated,
        "AssumeRoleWithWebIdentity": federated,
    }
)
