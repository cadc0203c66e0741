"""Single reads, for the few entities a plan touches: what a doomed user owns, devices, policies of AWS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import Any, TypeVar

from botocore import xform_name
from botocore.exceptions import ClientError

from reconciler.aws.faults import AWS_ERRORS, DENIED, code_of
from reconciler.aws.session import Connection
from reconciler.model.address import Address
from reconciler.model.live import AccessKey, MfaDevice, OwnedCredentials

T = TypeVar("T")

_UNSUPPORTED = ("InvalidAction", "NotImplemented", "UnknownOperation", "ResponseParserError", "ForeignAnswer")

_OPTIONAL_LISTS = ("ListServiceSpecificCredentials", "ListSigningCertificates", "ListSSHPublicKeys")
"""Kinds of credentials that some partitions lack and few users have: not being told of them is no failure."""

_CREDENTIAL_LISTS = (
    ("ListAccessKeys", "AccessKeyMetadata", "AccessKeyId"),
    ("ListSigningCertificates", "Certificates", "CertificateId"),
    ("ListSSHPublicKeys", "SSHPublicKeys", "SSHPublicKeyId"),
    ("ListServiceSpecificCredentials", "ServiceSpecificCredentials", "ServiceSpecificCredentialId"),
    ("ListMFADevices", "MFADevices", "SerialNumber"),
)
"""Operation, key of its list, key of the id of an item."""


def read_owned_credentials(connection: Connection, user: Address, pool: Executor) -> OwnedCredentials:
    """What must go before DeleteUser is taken (IAM API, DeleteUser), all asked at once.

    A user that is gone by now owns nothing.
    """
    try:
        return _read_credentials(connection, user, pool)
    except ClientError as error:
        if code_of(error) == "NoSuchEntity":
            return OwnedCredentials()
        raise


def _read_credentials(connection: Connection, user: Address, pool: Executor) -> OwnedCredentials:
    unread: list[str] = []

    def list_ids(operation: str, key: str, item: str) -> tuple[str, ...]:
        method: Any = getattr(connection.iam, xform_name(operation))
        try:
            return tuple(entry[item] for entry in method(UserName=user.name).get(key) or ())
        except AWS_ERRORS as error:
            if operation not in _OPTIONAL_LISTS or code_of(error) not in (*DENIED, *_UNSUPPORTED):
                raise
            unread.append(operation)
            return ()

    password = pool.submit(_entity_exists, connection.iam.get_login_profile, UserName=user.name)
    asked = [pool.submit(list_ids, *listing) for listing in _CREDENTIAL_LISTS]
    keys, certificates, public_keys, services, devices = (one.result() for one in asked)
    return OwnedCredentials(
        login_profile=password.result(),
        access_keys=keys,
        signing_certificates=certificates,
        ssh_public_keys=public_keys,
        service_credentials=services,
        mfa_devices=tuple(map(MfaDevice, devices)),
        unread=tuple(sorted(unread)),
    )


def read_mfa_devices(connection: Connection, user: Address) -> tuple[MfaDevice, ...] | None:
    """Every MFA device of a user, FIDO and hardware too; None where it may not be read."""
    answer = _call_unless_denied(lambda: connection.iam.list_mfa_devices(UserName=user.name))
    if answer is None:
        return None
    return tuple(MfaDevice(device["SerialNumber"]) for device in answer["MFADevices"])


def has_password(connection: Connection, user: Address) -> bool | None:
    """Whether a user can sign in to the console; None where that may not be read."""
    return _call_unless_denied(lambda: _entity_exists(connection.iam.get_login_profile, UserName=user.name))


def read_access_keys(connection: Connection, user: Address) -> tuple[AccessKey, ...] | None:
    """Every access key of a user (IAM allows two, so one page has them); None where they may not be read."""
    answer = _call_unless_denied(lambda: connection.iam.list_access_keys(UserName=user.name))
    if answer is None:
        return None
    return tuple(map(parse_access_key, answer["AccessKeyMetadata"]))


def call_or_empty(call: Callable[[], tuple[T, ...] | None]) -> tuple[T, ...] | None:
    """What a listed user has; nothing where IAM does not know it: new, and listed before it is answered for, or gone.

    Source: IAM User Guide, "Changes that I make are not always immediately visible".
    """
    try:
        return call()
    except ClientError as error:
        if code_of(error) == "NoSuchEntity":
            return ()
        raise


def parse_access_key(item: Mapping[str, Any]) -> AccessKey:
    """An item of ListAccessKeys."""
    return AccessKey(item["AccessKeyId"], item["CreateDate"], item["Status"] == "Active")


def _call_unless_denied(call: Callable[[], T]) -> T | None:
    """What a call answers; None where the caller may not make it."""
    try:
        return call()
    except ClientError as error:
        if code_of(error) in DENIED:
            return None
        raise


def policy_exists(connection: Connection, arn: str) -> bool:
    """Whether a policy of AWS or of another account can be attached; one that may not be read is assumed to be."""
    try:
        return _entity_exists(connection.iam.get_policy, PolicyArn=arn)
    except ClientError as error:
        if code_of(error) in DENIED:
            return True
        raise


def _entity_exists(call: Any, **parameters: str) -> bool:
    try:
        call(**parameters)
    except ClientError as error:
        if code_of(error) == "NoSuchEntity":
            return False
        raise
    return True
