"""Access keys of IAM users: list, create, verify, deactivate, delete (IAM API: CreateAccessKey, UpdateAccessKey).

AWS shows a secret once, in the answer of CreateAccessKey. So that call is never repeated, its answer is kept from
every log, and a key whose answer was lost is deleted again.
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
from reconciler.model.live import AccessKey
from reconciler.model.problem import ReconcileError, make_error
from reconciler.model.suggest import suggest_word

_NOT_YET_KNOWN = "InvalidClientTokenId"
_NEVER_SENT = (EndpointConnectionError, ConnectTimeoutError, ProxyConnectionError, NoCredentialsError, UnsentTimeout)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A key that can be used. The secret never shows in a repr."""

    id: str
    secret: str = field(repr=False)


def list_access_keys(connection: Connection, user: str) -> tuple[AccessKey, ...]:
    """The user's keys, the oldest first. Raises Failed; a user that does not exist is told with a likely name."""
    try:
        found = list_items(connection.iam, "ListAccessKeys", "AccessKeyMetadata", UserName=user)
    except AWS_ERRORS as error:
        if code_of(error) == "NoSuchEntity":
            raise _explain_unknown_user(connection, user) from None
        raise ReconcileError([problem_of(error, f"listing the access keys of {user}")]) from None
    return tuple(sorted(map(parse_access_key, found), key=lambda key: (key.created, key.id)))


def create_key(connection: Connection, user: str, known_ids: Collection[str], say: Callable[[str], None]) -> KeyPair:
    """One CreateAccessKey. `known_ids`: ids of the keys before it. `say` gets what an interrupted person must know.

    Raises Failed. Where the answer was lost, the key that came of it, whose secret nobody has, is deleted again.
    """
    try:
        with pause_logging():
            made = connection.iam_once.create_access_key(UserName=user)["AccessKey"]
    except AWS_ERRORS as error:
        problem = problem_of(error, f"creating an access key for {user}")
        if not _is_unclear(error):
            raise ReconcileError([problem]) from None
        raise ReconcileError([problem, *_delete_lost_key(connection, user, known_ids).problems]) from None
    except KeyboardInterrupt:
        say(" ".join(problem.message for problem in _delete_lost_key(connection, user, known_ids).problems))
        raise
    return KeyPair(made["AccessKeyId"], made["SecretAccessKey"])


def verify_key(connection: Connection, pair: KeyPair, user: str) -> None:
    """Wait until AWS takes the key for the user's. Raises ReconcileError if it does not in time, or is another's."""
    sts = make_client(_make_session(connection, pair), "sts", connection.endpoint_url)
    with translate_errors(f"using the access key {pair.id}"):
        identity = _call_until_known(sts.get_caller_identity)
    if identity["Account"] != connection.account or identity["Arn"].rpartition(":user/")[2].split("/")[-1] != user:
        raise make_error("foreign-key", f"The access key {pair.id} is that of {identity['Arn']}, not of {user}.")


def deactivate_key(connection: Connection, user: str, key_id: str, new_pair: KeyPair) -> None:
    """UpdateAccessKey to Inactive; with the new key `new_pair` where the caller uses the key that ends. Raises
    Failed."""
    credentials = connection.session.get_credentials()
    own = credentials is not None and credentials.access_key == key_id
    iam = make_client(_make_session(connection, new_pair), "iam", connection.endpoint_url) if own else connection.iam

    def call() -> Any:
        return iam.update_access_key(UserName=user, AccessKeyId=key_id, Status="Inactive")

    with translate_errors(f"deactivating the access key {key_id}"):
        try:
            _call_until_known(call) if own else call()
        except AWS_ERRORS as error:
            if not (_is_unclear(error) and _read_statuses(iam, user).get(key_id) == "Inactive"):
                raise


def delete_key(connection: Connection, user: str, key_id: str) -> None:
    """DeleteAccessKey; one that is gone is fine. Raises Failed."""
    with translate_errors(f"deleting the access key {key_id}"):
        try:
            connection.iam.delete_access_key(UserName=user, AccessKeyId=key_id)
        except AWS_ERRORS as error:
            gone = code_of(error) == "NoSuchEntity"
            if not gone and not (_is_unclear(error) and key_id not in _read_statuses(connection.iam, user)):
                raise


def _read_statuses(iam: Any, user: str) -> dict[str, str]:
    """Return each key's status, to see what a call has done whose answer was lost. Raises what reading raises."""
    listed = iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
    return {item["AccessKeyId"]: item["Status"] for item in listed}


def _make_session(connection: Connection, pair: KeyPair) -> boto3.session.Session:
    region = connection.session.region_name
    return boto3.session.Session(
        aws_access_key_id=pair.id,
        aws_secret_access_key=pair.secret,
        region_name=region,
        botocore_session=make_core_session(),
    )


def _call_until_known(call: Callable[[], T]) -> T:
    """The answer, asked for again while AWS does not know the key yet."""
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
    """Whether the key may have been made although no answer says so."""
    if isinstance(error, ClientError):
        return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)) >= 500
    return not isinstance(error, _NEVER_SENT)


def _delete_lost_key(connection: Connection, user: str, known_ids: Collection[str]) -> ReconcileError:
    """Look for the key of the lost answer, delete it, and say what there is to say. IAM may show it late."""
    look = f"See: `aws iam list-access-keys --user-name {user}`."
    remove = f"aws iam delete-access-key --user-name {user} --access-key-id"
    new: list[str] = []
    try:
        for pause in timing.LOST_KEY_PAUSES:
            time.sleep(pause)
            new = [key.id for key in list_access_keys(connection, user) if key.id not in known_ids]
            if new:
                break
        if len(new) == 1:
            delete_key(connection, user, new[0])
    except ReconcileError as failed:
        left = f"The new access key {new[0]}" if new else "A new access key"
        hint = f"Delete it: `{remove} {new[0]}`" if new else f"{look} Delete the one that is new: `{remove} ID`"
        unread = make_error("key-unclear", f"{left}, whose secret nobody knows, may have been left.", hint=hint)
        return ReconcileError([*failed.problems, *unread.problems])
    if len(new) > 1:
        said = f"{user} has new keys, {' and '.join(new)}; one may be of this run."
        return make_error("key-unclear", said, hint=f"{look} Delete the one that nobody uses: `{remove} ID`")
    if not new:
        hint = f"It may still appear. {look} Delete it then: `{remove} ID`"
        return make_error("key-unclear", "No new key is there.", hint=hint)
    return make_error(
        "key-lost", f"AWS had made the key {new[0]}, whose secret was lost with the answer: it was deleted."
    )


def _explain_unknown_user(connection: Connection, user: str) -> ReconcileError:
    names: list[str] = []
    try:
        names += [item["UserName"] for item in list_items(connection.iam, "ListUsers", "Users")]
    except AWS_ERRORS:
        names = []  # not allowed to look: then without a suggestion
    near = suggest_word(user, names)
    return make_error(
        "unknown-user",
        f"There is no user {user} in account {connection.account}.",
        hint=f"Did you mean {near!r}?" if near else "Check the name, and whose credentials are used.",
    )
