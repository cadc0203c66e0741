"""Who calls, and sessions of users and of the root user.

Sources: STS API Reference, GetCallerIdentity, GetSessionToken (900 to 129600 seconds, 43200 by default, 3600 for the
root user; only with long-term keys; without MFA no IAM, and in STS only AssumeRole and GetCallerIdentity). That
IAM then answers InvalidClientTokenId is told in aws-vault#15. The emulator knows no sessions of users, so each is
backed by one of a role that it makes up: its keys are fresh, and it knows whose account they belong to.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from reconciler.sandbox.strict import clock, mfa
from reconciler.sandbox.strict.call import Call, Rules
from reconciler.sandbox.strict.keyring import Key, RoleSession, invalid_token
from reconciler.sandbox.strict.parameters import duration, refuse_bad
from reconciler.sandbox.wire import IAM_VERSION, STS_VERSION, Refusal, Reply, Request, answer, text

SHORTEST, LONGEST, DEFAULT = 900, 129600, 43200
LONGEST_OF_ROOT = 3600
LONG_TERM_ONLY = ("GetSessionToken", "GetFederationToken")
ALLOWED = ("AssumeRole", "GetCallerIdentity")


def refuse_forbidden(request: Request, caller: Key) -> None:
    """What temporary credentials may not call, whatever their policies say."""
    if not caller.temporary:
        return
    if request.action in LONG_TERM_ONLY:
        raise _denied(f"Cannot call {request.action} with session credentials")
    if caller.session is not None:
        return
    if request.version == STS_VERSION and request.action not in ALLOWED:
        raise _denied(f"Cannot call {request.action} with session credentials")
    if request.version == IAM_VERSION and caller.mfa_at is None:
        raise invalid_token()


def _denied(message: str) -> Refusal:
    return Refusal("AccessDenied", message, status=403)


def get_session_token(call: Call) -> Reply:
    refuse_bad(call, "SerialNumber", "TokenCode")
    caller = call.caller
    seconds = duration(call, SHORTEST, LONGEST, DEFAULT)
    if caller.user is None:
        # "If the duration is longer than one hour, the session defaults to one hour."
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
            expires=now + seconds,
            mfa_at=now if with_mfa else None,
        )
    )
    return answer(call.action, {"Credentials": credentials}, STS_VERSION)


def stamp(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


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
    found = re.search(r"Credential=[^/]+/\d+/(cn|us-gov)-", request.header("authorization"))
    return f"aws-{found[1]}" if found else "aws"


def assumed(call: Call, reply: Reply) -> None:
    """The emulator's session of a role, known from now on."""
    credentials, who = reply.result.find("Credentials"), reply.result.find("AssumedRoleUser")
    if credentials is None or who is None:
        return
    arn = text(who, "Arn")
    call.keyring.add(
        Key(
            text(credentials, "AccessKeyId"),
            arn.split(":")[4],
            session=RoleSession(arn, text(who, "AssumedRoleId")),
            token=text(credentials, "SessionToken"),
            expires=datetime.fromisoformat(text(credentials, "Expiration")).timestamp(),
        )
    )


RULES = Rules(
    answers={"GetSessionToken": get_session_token, "GetCallerIdentity": get_caller_identity},
    edits=dict.fromkeys(("AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"), assumed),
)
