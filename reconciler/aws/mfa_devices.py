"""List MFA devices, and create, enable and delete virtual ones.

IAM API: CreateVirtualMFADevice, EnableMFADevice, DeleteVirtualMFADevice, ListVirtualMFADevices, ListMFADevices. Only
the answer of CreateVirtualMFADevice has the seed. That call is never retried automatically: the retry would fail, and
the seed of the first attempt would be lost.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from reconciler.aws import timing
from reconciler.aws.faults import AWS_ERRORS, DENIED, code_of, problem_of, translate_errors
from reconciler.aws.log_guard import pause_logging
from reconciler.aws.owned_credentials import read_mfa_devices
from reconciler.aws.pagination import list_items
from reconciler.aws.session import Connection
from reconciler.aws.unknown_users import explain_unknown_users
from reconciler.model.address import Address
from reconciler.model.live import MfaDevice
from reconciler.model.problem import ReconcileError, make_error
from reconciler.model.quotas import MFA_DEVICES
from reconciler.model.sts_limits import MFA_CODE_REFUSED

T = TypeVar("T")

DEVICE_TAKEN, ANSWER_LOST = "mfa-device-taken", "aws-answer-lost"
"""Problem codes: a device of that name exists; the call's answer was lost, so it may have been made."""

NO_SUCH_USER = "no-such-user"
ROOT_USER = "the root user"


@dataclass(frozen=True, slots=True)
class NewDevice:
    """A virtual device that no user has yet. seed: base32, as authenticator apps read it; a secret."""

    serial: str
    seed: str = field(repr=False)


def list_virtual_devices(connection: Connection) -> Mapping[str, str | None] | None:
    """Return serial → user (None if no user has it) of each virtual device; None if AWS denies the list."""
    holders: dict[str, str | None] = {}
    with translate_errors("listing virtual MFA devices"):
        for status in ("Unassigned", "Assigned"):
            items = _list_unless_denied(
                connection, "ListVirtualMFADevices", "VirtualMFADevices", AssignmentStatus=status
            )
            if items is None:
                return None
            for item in items:
                holder = (item.get("User") or {}).get("UserName") or ROOT_USER
                holders[item["SerialNumber"]] = holder if status == "Assigned" else None
    return holders


def list_user_paths(connection: Connection) -> Mapping[str, str] | None:
    """Return name → path of each user of the account; None if AWS denies the list."""
    with translate_errors("listing users"):
        items = _list_unless_denied(connection, "ListUsers", "Users")
    return None if items is None else {item["UserName"]: item["Path"] for item in items}


def _list_unless_denied(
    connection: Connection, operation: str, key: str, **parameters: str
) -> list[Mapping[str, Any]] | None:
    try:
        return list_items(connection.iam, operation, key, **parameters)
    except ClientError as error:
        if code_of(error) in DENIED:
            return None
        raise


def read_user_devices(connection: Connection, user: str) -> tuple[MfaDevice, ...] | None:
    """Return one user's devices of every kind; None if AWS denies the read. Raises ReconcileError if no such user."""
    with translate_errors(f"looking up the MFA devices of {user}"):
        try:
            return read_mfa_devices(connection, Address("user", user))
        except ClientError as error:
            if code_of(error) != "NoSuchEntity":
                raise
    raise explain_unknown_users(connection, NO_SUCH_USER, [user])


def has_device(connection: Connection, user: str, serial: str) -> bool:
    """Return whether the user has the device. Poll for some seconds, because IAM may show it late.

    Raises ReconcileError.
    """
    return _poll_until_true(lambda: serial in {device.serial for device in read_user_devices(connection, user) or ()})


def device_exists(connection: Connection, serial: str) -> bool:
    """Return whether the virtual device exists. Poll for some seconds. Raises ReconcileError."""
    return _poll_until_true(lambda: serial in (list_virtual_devices(connection) or {}))


def _poll_until_true(check: Callable[[], bool]) -> bool:
    for pause in timing.DEVICE_PAUSES:
        if check():
            return True
        time.sleep(pause)
    return check()


def create_device(connection: Connection, name: str, *, just_deleted: bool = False) -> NewDevice:
    """Create a virtual device and return it with its seed.

    just_deleted: a device of that name was just deleted, so retry while IAM still has it.
    Raises ReconcileError, with DEVICE_TAKEN or ANSWER_LOST as the problem's code in these cases.
    """

    def call() -> Any:
        with pause_logging():
            return connection.iam_once.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]

    try:
        device = _call_with_retries(call, *(["EntityAlreadyExists"] if just_deleted else []))
    except AWS_ERRORS as error:
        if code_of(error) == "EntityAlreadyExists":
            raise make_error(DEVICE_TAKEN, f"There is already a virtual MFA device named {name!r}.") from None
        raise _explain_failure(error, "creating the virtual MFA device", "iam:CreateVirtualMFADevice") from None
    seed = device["Base32StringSeed"]
    return NewDevice(device["SerialNumber"], seed.decode("ascii") if isinstance(seed, bytes) else str(seed))


def enable_device(connection: Connection, user: str, serial: str, first: str, second: str) -> None:
    """Enable the device for the user with two successive codes.

    Raises ReconcileError. The problem's code is MFA_CODE_REFUSED if AWS refuses the codes, ANSWER_LOST if the answer
    was lost.
    """

    def call() -> None:
        with pause_logging():
            connection.iam_once.enable_mfa_device(
                UserName=user, SerialNumber=serial, AuthenticationCode1=first, AuthenticationCode2=second
            )

    try:
        _call_with_retries(call, "NoSuchEntity", "EntityTemporarilyUnmodifiable", "ConcurrentModification")
    except AWS_ERRORS as error:
        if code_of(error) == "InvalidAuthenticationCode":
            raise make_error(
                MFA_CODE_REFUSED,
                f"AWS refused these codes for {serial}.",
                "They must be two successive codes, and the clock of the phone must be right.",
            ) from None
        raise _explain_failure(error, f"enabling {serial} for {user}", "iam:EnableMFADevice") from None


def delete_device(connection: Connection, serial: str) -> None:
    """Delete a virtual device that no user has. It may be deleted already. Raises ReconcileError."""
    try:
        _call_with_retries(
            lambda: connection.iam_once.delete_virtual_mfa_device(SerialNumber=serial),
            "EntityTemporarilyUnmodifiable",
            "ConcurrentModification",
        )
    except AWS_ERRORS as error:
        if code_of(error) != "NoSuchEntity" and not (_is_unclear(error) and _is_deleted(connection, serial)):
            raise _explain_failure(error, f"deleting {serial}", "iam:DeleteVirtualMFADevice") from None


def _is_deleted(connection: Connection, serial: str) -> bool:
    holders = list_virtual_devices(connection)
    return holders is not None and serial not in holders


def _is_unclear(error: Exception) -> bool:
    """Return whether AWS may have made the call although no answer says so."""
    return not isinstance(error, ClientError) or error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500


def _call_with_retries(call: Callable[[], T], *transient_codes: str) -> T:
    """Make a call, again after each error whose code is in `transient_codes`, and return its result."""
    for pause in timing.DEVICE_PAUSES:
        try:
            return call()
        except ClientError as error:
            if code_of(error) not in transient_codes:
                raise
        time.sleep(pause)
    return call()


def _explain_failure(error: Exception, doing: str, action: str) -> ReconcileError:
    if not isinstance(error, ClientError) or _is_unclear(error):
        summary = problem_of(error, doing).summary
        return make_error(ANSWER_LOST, summary, "AWS may have made the call all the same.")
    if code_of(error) in DENIED:
        return _explain_denial(error, doing, action)
    if code_of(error) == "LimitExceeded":
        return make_error(
            "mfa-device-limit",
            f"{doing[:1].upper()}{doing[1:]} failed: a quota of MFA devices is reached.",
            f"A user may have {MFA_DEVICES.default} MFA devices of all kinds, and the account has a quota, too.",
        )
    return ReconcileError([problem_of(error, doing)])


def _explain_denial(error: ClientError, doing: str, action: str) -> ReconcileError:
    """Return the error for a denied call, with the likely reason: a policy that demands MFA."""
    summary = problem_of(error, doing).summary
    if "explicit deny" in str(error):
        return make_error(
            "access-denied",
            summary,
            "A policy demands MFA for this, such as the guard `reconcile-require-mfa-…`.",
            "Do it in a session with MFA, or ask an administrator to do it.",
        )
    hint = f"Allow {action} to the caller, or ask an administrator to run the command with the name of the user."
    return make_error("access-denied", summary, "", hint)
