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

from reconciler.aws.belongings import access_key
from reconciler.aws.faults import AWS_ERRORS, code_of, problem_of, translated
from reconciler.aws.limits import UnsentTimeout
from reconciler.aws.pages import items_of
from reconciler.aws.session import Connection, checked_core, client
from reconciler.aws.unlogged import unlogged
from reconciler.model.live import AccessKey
from reconciler.model.problem import Failed, failure
from reconciler.model.suggest import suggestion

PATIENCE = 60.0
"""Seconds until a new key must be known; some ten are usual."""

_NOT_YET = "InvalidClientTokenId"
_NEVER_SENT = (EndpointConnectionError, ConnectTimeoutError, ProxyConnectionError, NoCredentialsError, UnsentTimeout)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A key that can be used. The secret never shows in a repr."""

    id: str
    secret: str = field(repr=False)


def access_keys(connection: Connection, user: str) -> tuple[AccessKey, ...]:
    """The user's keys, the oldest first. Raises Failed; a user that does not exist is told with a likely name."""
    try:
        found = items_of(connection.iam, "ListAccessKeys", "AccessKeyMetadata", UserName=user)
    except AWS_ERRORS as error:
        if code_of(error) == "NoSuchEntity":
            raise _unknown(connection, user) from None
        raise Failed([problem_of(error, f"listing the access keys of {user}")]) from None
    return tuple(sorted(map(access_key, found), key=lambda key: (key.created, key.id)))


def create(connection: Connection, user: str, known: Collection[str], say: Callable[[str], None]) -> KeyPair:
    """One CreateAccessKey. `known`: ids of the keys before it. `say` gets what an interrupted person must know.

    Raises Failed. Where the answer was lost, the key that came of it, whose secret nobody has, is deleted again.
    """
    try:
        with unlogged():
            made = connection.iam_once.create_access_key(UserName=user)["AccessKey"]
    except AWS_ERRORS as error:
        problem = problem_of(error, f"creating an access key for {user}")
        if not _unclear(error):
            raise Failed([problem]) from None
        raise Failed([problem, *_taken_back(connection, user, known).problems]) from None
    except KeyboardInterrupt:
        say(" ".join(problem.message for problem in _taken_back(connection, user, known).problems))
        raise
    return KeyPair(made["AccessKeyId"], made["SecretAccessKey"])


def verify(connection: Connection, pair: KeyPair, user: str) -> None:
    """Wait until AWS takes the key for the user's. Raises Failed: it does not within `PATIENCE`, or is another's."""
    sts = client(_session(connection, pair), "sts", connection.endpoint_url)
    with translated(f"using the access key {pair.id}"):
        identity = _known(sts.get_caller_identity)
    if identity["Account"] != connection.account or identity["Arn"].rpartition(":user/")[2].split("/")[-1] != user:
        raise failure("foreign-key", f"The access key {pair.id} is that of {identity['Arn']}, not of {user}.")


def deactivate(connection: Connection, user: str, key_id: str, by: KeyPair) -> None:
    """UpdateAccessKey to Inactive; with the new key `by` where the caller uses the key that ends. Raises Failed."""
    credentials = connection.session.get_credentials()
    own = credentials is not None and credentials.access_key == key_id
    iam = client(_session(connection, by), "iam", connection.endpoint_url) if own else connection.iam

    def call() -> Any:
        return iam.update_access_key(UserName=user, AccessKeyId=key_id, Status="Inactive")

    with translated(f"deactivating the access key {key_id}"):
        try:
            _known(call) if own else call()
        except AWS_ERRORS as error:
            if not (_unclear(error) and _statuses(iam, user).get(key_id) == "Inactive"):
                raise


def delete(connection: Connection, user: str, key_id: str) -> None:
    """DeleteAccessKey; one that is gone is fine. Raises Failed."""
    with translated(f"deleting the access key {key_id}"):
        try:
            connection.iam.delete_access_key(UserName=user, AccessKeyId=key_id)
        except AWS_ERRORS as error:
            gone = code_of(error) == "NoSuchEntity"
            if not gone and not (_unclear(error) and key_id not in _statuses(connection.iam, user)):
                raise


def _statuses(iam: Any, user: str) -> dict[str, str]:
    """Return each key's status, to see what a call has done whose answer was lost. Raises what reading raises."""
    listed = iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
    return {item["AccessKeyId"]: item["Status"] for item in listed}


def _session(connection: Connection, pair: KeyPair) -> boto3.session.Session:
    region = connection.session.region_name
    return boto3.session.Session(
        aws_access_key_id=pair.id,
        aws_secret_access_key=pair.secret,
        region_name=region,
        botocore_session=checked_core(),
    )


def _known(call: Callable[[], T]) -> T:
    """The answer, asked for again while AWS does not know the key yet."""
    ends, pause = time.monotonic() + PATIENCE, 0.5
    while True:
        try:
            return call()
        except ClientError as error:
            if code_of(error) != _NOT_YET or time.monotonic() + pause > ends:
                raise
        time.sleep(pause)
        pause = min(pause * 2, 5.0)


def _unclear(error: Exception) -> bool:
    """Whether the key may have been made although no answer says so."""
    if isinstance(error, ClientError):
        return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)) >= 500
    return not isinstance(error, _NEVER_SENT)


def _taken_back(connection: Connection, user: str, known: Collection[str]) -> Failed:
    """Look for the key of the lost answer, delete it, and say what there is to say. IAM may show it late."""
    look = f"See: `aws iam list-access-keys --user-name {user}`."
    remove = f"aws iam delete-access-key --user-name {user} --access-key-id"
    new: list[str] = []
    try:
        for pause in (0.0, 1.0, 2.0, 4.0):
            time.sleep(pause)
            new = [key.id for key in access_keys(connection, user) if key.id not in known]
            if new:
                break
        if len(new) == 1:
            delete(connection, user, new[0])
    except Failed as failed:
        left = f"The new access key {new[0]}" if new else "A new access key"
        hint = f"Delete it: `{remove} {new[0]}`" if new else f"{look} Delete the one that is new: `{remove} ID`"
        unread = failure("key-unclear", f"{left}, whose secret nobody knows, may have been left.", hint=hint)
        return Failed([*failed.problems, *unread.problems])
    if len(new) > 1:
        said = f"{user} has new keys, {' and '.join(new)}; one may be of this run."
        return failure("key-unclear", said, hint=f"{look} Delete the one that nobody uses: `{remove} ID`")
    if not new:
        hint = f"It may still appear. {look} Delete it then: `{remove} ID`"
        return failure("key-unclear", "No new key is there.", hint=hint)
    return failure("key-lost", f"AWS had made the key {new[0]}, whose secret was lost with the answer: it was deleted.")


def _unknown(connection: Connection, user: str) -> Failed:
    names: list[str] = []
    try:
        names += [item["UserName"] for item in items_of(connection.iam, "ListUsers", "Users")]
    except AWS_ERRORS:
        names = []  # not allowed to look: then without a suggestion
    near = suggestion(user, names)
    return failure(
        "unknown-user",
        f"There is no user {user} in account {connection.account}.",
        hint=f"Did you mean {near!r}?" if near else "Check the name, and whose credentials are used.",
    )
