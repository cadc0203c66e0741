"""List, create, verify, deactivate and delete access keys of IAM users (IAM API: CreateAccessKey, UpdateAccessKey).

AWS shows a secret once, in the answer of CreateAccessKey. So that call is never repeated, its answer is never logged,
and a key whose answer was lost is deleted again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, TypeVar

import boto3
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ProxyConnectionError,
)

from reconciler.aws import timing
from reconciler.aws.faults import AWS_ERRORS, code_of, problem_of, translate_errors
from reconciler.aws.limits import UnsentTimeout
from reconciler.aws.log_guard import pause_logging
from reconciler.aws.owned_credentials import parse_access_key
from reconciler.aws.pagination import list_items
from reconciler.aws.session import Connection, make_client, make_core_session
from reconciler.aws.unknown_users import explain_unknown_users
from reconciler.model.live import AccessKey
from reconciler.model.problem import ReconcileError, make_error

_NOT_YET_KNOWN = "InvalidClientTokenId"
_NEVER_SENT = (EndpointConnectionError, ConnectTimeoutError, ProxyConnectionError, NoCredentialsError, UnsentTimeout)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class KeyPair:
    """The id and the secret of an access key. The secret never shows in a repr."""

    id: str
    secret: str = field(repr=False)


def list_access_keys(connection: Connection, user: str) -> tuple[AccessKey, ...]:
    """Return the user's keys, the oldest first. Raises ReconcileError, with a suggestion if there is no such user."""
    try:
        items = list_items(connection.iam, "ListAccessKeys", "AccessKeyMetadata", UserName=user)
    except AWS_ERRORS as error:
        if code_of(error) == "NoSuchEntity":
            raise explain_unknown_users(connection, "unknown-user", [user]) from None
        raise ReconcileError([problem_of(error, f"listing the access keys of {user}")]) from None
    return tuple(sorted(map(parse_access_key, items), key=lambda key: (key.created, key.id)))


def create_key(connection: Connection, user: str, known_ids: Collection[str], notice: Callable[[str], None]) -> KeyPair:
    """Create an access key. If the answer is lost, and with it the secret, delete the key again.

    known_ids: ids of the user's keys before the call. notice: shows the outcome if the user interrupts.
    Raises ReconcileError.
    """
    try:
        with pause_logging():
            key = connection.iam_once.create_access_key(UserName=user)["AccessKey"]
    except AWS_ERRORS as error:
        problem = problem_of(error, f"creating an access key for {user}")
        if not _is_unclear(error):
            raise ReconcileError([problem]) from None
        raise ReconcileError([problem, *_delete_lost_key(connection, user, known_ids).problems]) from None
    except KeyboardInterrupt:
        notice(" ".join(problem.message for problem in _delete_lost_key(connection, user, known_ids).problems))
        raise
    return KeyPair(key["AccessKeyId"], key["SecretAccessKey"])


def verify_key(connection: Connection, pair: KeyPair, user: str) -> None:
    """Wait until AWS knows the key as the user's. Raises ReconcileError if it does not in time, or says another."""
    sts = make_client(_make_session(connection, pair), "sts", connection.endpoint_url)
    with translate_errors(f"using the access key {pair.id}"):
        identity = _call_until_known(sts.get_caller_identity)
    if identity["Account"] != connection.account or identity["Arn"].rpartition(":user/")[2].split("/")[-1] != user:
        raise make_error("foreign-key", f"The access key {pair.id} belongs to {identity['Arn']}, not to {user}.")


def deactivate_key(connection: Connection, user: str, key_id: str, new_pair: KeyPair) -> None:
    """Set a key to Inactive. Raises ReconcileError.

    new_pair: the key to make the call with if the caller's own key is the one to deactivate.
    """
    credentials = connection.session.get_credentials()
    is_own = credentials is not None and credentials.access_key == key_id
    iam = make_client(_make_session(connection, new_pair), "iam", connection.endpoint_url) if is_own else connection.iam

    def call() -> Any:
        return iam.update_access_key(UserName=user, AccessKeyId=key_id, Status="Inactive")

    with translate_errors(f"deactivating the access key {key_id}"):
        try:
            _call_until_known(call) if is_own else call()
        except AWS_ERRORS as error:
            if not (_is_unclear(error) and _read_statuses(iam, user).get(key_id) == "Inactive"):
                raise


def delete_key(connection: Connection, user: str, key_id: str) -> None:
    """Delete a key, which may be deleted already. Raises ReconcileError."""
    with translate_errors(f"deleting the access key {key_id}"):
        try:
            connection.iam.delete_access_key(UserName=user, AccessKeyId=key_id)
        except AWS_ERRORS as error:
            is_missing = code_of(error) == "NoSuchEntity"
            if not is_missing and not (_is_unclear(error) and key_id not in _read_statuses(connection.iam, user)):
                raise


def _read_statuses(iam: Any, user: str) -> dict[str, str]:
    """Return key id → status, to see the effect of a call whose answer was lost. Raises botocore's errors."""
    items = iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
    return {item["AccessKeyId"]: item["Status"] for item in items}


def _make_session(connection: Connection, pair: KeyPair) -> boto3.session.Session:
    region = connection.session.region_name
    return boto3.session.Session(
        aws_access_key_id=pair.id,
        aws_secret_access_key=pair.secret,
        region_name=region,
        botocore_session=make_core_session(),
    )


def _call_until_known(call: Callable[[], T]) -> T:
    """Make a call, again as long as AWS does not know the key yet, and return its answer."""
    ends, pause = time.monotonic() + timing.NEW_KEY_MAX_WAIT, timing.NEW_KEY_FIRST_PAUSE
    while True:
        try:
            return call()
        except ClientError as error:
            if code_of(error) != _NOT_YET_KNOWN or time.monotonic() + pause > ends:
                raise
        time.sleep(pause)
        pause = min(pause * timing.NEW_KEY_PAUSE_GROWTH, timing.NEW_KEY_LONGEST_PAUSE)


def _is_unclear(error: Exception) -> bool:
    """Return whether AWS may have made the call although no answer says so."""
    if isinstance(error, ClientError):
        return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)) >= 500
    return not isinstance(error, _NEVER_SENT)


def _delete_lost_key(connection: Connection, user: str, known_ids: Collection[str]) -> ReconcileError:
    """Find the key of a lost answer, delete it, and return the error to raise. IAM may show the key late."""
    list_command = f"aws iam list-access-keys --user-name {user}"
    delete_command = f"aws iam delete-access-key --user-name {user} --access-key-id"
    new: list[str] = []
    try:
        for pause in timing.LOST_KEY_PAUSES:
            time.sleep(pause)
            new = [key.id for key in list_access_keys(connection, user) if key.id not in known_ids]
            if new:
                break
        if len(new) == 1:
            delete_key(connection, user, new[0])
    except ReconcileError as error:
        key = f"access key {new[0]}" if new else "access key"
        summary = f"{user} may have a new {key} whose secret nobody knows."
        find = f"Find it with `{list_command}` and delete it: `{delete_command} ID`"
        hint = f"Delete it: `{delete_command} {new[0]}`" if new else find
        return ReconcileError([*error.problems, *make_error("key-unclear", summary, hint=hint).problems])
    if len(new) > 1:
        summary = f"{user} has new keys, {' and '.join(new)}; this run may have created one of them."
        hint = f"See `{list_command}` and delete the one that nobody uses: `{delete_command} ID`"
        return make_error("key-unclear", summary, hint=hint)
    if not new:
        hint = f"It may appear later. Check with `{list_command}` and delete it: `{delete_command} ID`"
        return make_error("key-unclear", f"{user} has no new key so far.", hint=hint)
    return make_error(
        "key-lost", f"AWS created the key {new[0]}, but its secret was lost with the answer: the key was deleted."
    )
