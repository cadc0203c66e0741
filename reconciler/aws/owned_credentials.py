"""Read single things for the few entities of a plan: a user's credentials, password, MFA devices, policies of AWS."""

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
"""Lists of credentials that some partitions lack and few users have. A denied read of them is not an error."""

_CREDENTIAL_LISTS = (
    ("ListAccessKeys", "AccessKeyMetadata", "AccessKeyId"),
    ("ListSigningCertificates", "Certificates", "CertificateId"),
    ("ListSSHPublicKeys", "SSHPublicKeys", "SSHPublicKeyId"),
    ("ListServiceSpecificCredentials", "ServiceSpecificCredentials", "ServiceSpecificCredentialId"),
    ("ListMFADevices", "MFADevices", "SerialNumber"),
)
"""(operation, key of its list, key of an item's id)."""


def read_owned_credentials(connection: Connection, user: Address, pool: Executor) -> OwnedCredentials:
    """Read all that must be deleted before DeleteUser (IAM API, DeleteUser), in parallel.

    A user that was deleted since owns nothing.
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
    reads = [pool.submit(list_ids, *listing) for listing in _CREDENTIAL_LISTS]
    keys, certificates, public_keys, services, devices = (future.result() for future in reads)
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
    """Return every MFA device of a user, FIDO and hardware included; None if AWS denies the read."""
    answer = _call_unless_denied(lambda: connection.iam.list_mfa_devices(UserName=user.name))
    if answer is None:
        return None
    return tuple(MfaDevice(device["SerialNumber"]) for device in answer["MFADevices"])


def has_password(connection: Connection, user: Address) -> bool | None:
    """Return whether a user has a console password; None if AWS denies the read."""
    return _call_unless_denied(lambda: _entity_exists(connection.iam.get_login_profile, UserName=user.name))


def read_access_keys(connection: Connection, user: Address) -> tuple[AccessKey, ...] | None:
    """Return every access key of a user (IAM allows two, so one page is enough); None if AWS denies the read."""
    answer = _call_unless_denied(lambda: connection.iam.list_access_keys(UserName=user.name))
    if answer is None:
        return None
    return tuple(map(parse_access_key, answer["AccessKeyMetadata"]))


def call_or_empty(call: Callable[[], tuple[T, ...] | None]) -> tuple[T, ...] | None:
    """Make a call about a listed user, and return () if IAM does not know the user.

    The user may be too new for this call, or deleted since. Source: IAM User Guide, "Changes that I make are not always
    immediately visible".
    """
    try:
        return call()
    except ClientError as error:
        if code_of(error) == "NoSuchEntity":
            return ()
        raise


def parse_access_key(item: Mapping[str, Any]) -> AccessKey:
    """Return an item of ListAccessKeys as an AccessKey."""
    return AccessKey(item["AccessKeyId"], item["CreateDate"], item["Status"] == "Active")


def _call_unless_denied(call: Callable[[], T]) -> T | None:
    """Make a call and return its answer; None if AWS denies it."""
    try:
        return call()
    except ClientError as error:
        if code_of(error) in DENIED:
            return None
        raise


def _entity_exists(call: Any, **parameters: str) -> bool:
    try:
        call(**parameters)
    except ClientError as error:
        if code_of(error) == "NoSuchEntity":
            return False
        raise
    return True
