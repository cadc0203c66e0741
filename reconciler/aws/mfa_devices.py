"""MFA devices in IAM: who has which, and the three calls that a virtual one is enrolled with.

IAM API: CreateVirtualMFADevice, EnableMFADevice, DeleteVirtualMFADevice, ListVirtualMFADevices, ListMFADevices. The
seed is shown by the first alone, once: that call is never repeated by itself, since a second one would fail and
lose the seed of the first.
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
from reconciler.model.address import Address
from reconciler.model.live import MfaDevice
from reconciler.model.problem import ReconcileError, make_error
from reconciler.model.quotas import MFA_DEVICES
from reconciler.model.sts_limits import MFA_CODE_REFUSED

T = TypeVar("T")

DEVICE_TAKEN, ANSWER_LOST = "mfa-device-taken", "aws-answer-lost"
"""Codes of Problems: a device of that name exists; whether the call was carried out is not known."""

NO_SUCH_USER = "no-such-user"
ROOT_USER = "the root user"


@dataclass(frozen=True, slots=True)
class NewDevice:
    """A virtual device that nobody has yet. `seed`: base32, as authenticator apps take it; a secret."""

    serial: str
    seed: str = field(repr=False)


def list_virtual_devices(connection: Connection) -> Mapping[str, str | None] | None:
    """Serial of each virtual device → its user, None where nobody has it; None where they may not be listed."""
    found: dict[str, str | None] = {}
    with translate_errors("listing virtual MFA devices"):
        for status in ("Unassigned", "Assigned"):
            items = _list_unless_denied(
                connection, "ListVirtualMFADevices", "VirtualMFADevices", AssignmentStatus=status
            )
            if items is None:
                return None
            for item in items:
                holder = (item.get("User") or {}).get("UserName") or ROOT_USER
                found[item["SerialNumber"]] = holder if status == "Assigned" else None
    return found


def list_user_paths(connection: Connection) -> Mapping[str, str] | None:
    """Name of each user of the account → path; None where they may not be listed."""
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
    """The devices of one user, of every kind; None where they may not be read. Raises Failed: no such user."""
    with translate_errors(f"looking up the MFA devices of {user}"):
        try:
            return read_mfa_devices(connection, Address("user", user))
        except ClientError as error:
            if code_of(error) != "NoSuchEntity":
                raise
    raise explain_no_such_user(connection, user)


def has_device(connection: Connection, user: str, serial: str) -> bool:
    """Return whether the user has the device after a lost answer: IAM may show it late. Raises Failed."""
    return _poll_until_true(lambda: serial in {device.serial for device in read_user_devices(connection, user) or ()})


def device_exists(connection: Connection, serial: str) -> bool:
    """Return whether there is such a virtual device after a lost answer. Raises Failed."""
    return _poll_until_true(lambda: serial in (list_virtual_devices(connection) or {}))


def _poll_until_true(check: Callable[[], bool]) -> bool:
    for pause in timing.DEVICE_PAUSES:
        if check():
            return True
        time.sleep(pause)
    return check()


def explain_no_such_user(connection: Connection, user: str) -> ReconcileError:
    return make_error(NO_SUCH_USER, f"There is no user {user!r} in account {connection.account}.")


def create_device(connection: Connection, name: str, *, just_deleted: bool = False) -> NewDevice:
    """A new virtual device, with its seed. Raises Failed; TAKEN and UNCLEAR are codes of its problem.

    just_deleted: one of that name was just deleted, which IAM may not see at once.
    """

    def call() -> Any:
        with pause_logging():
            return connection.iam_once.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]

    try:
        made = _call_with_retries(call, *(["EntityAlreadyExists"] if just_deleted else []))
    except AWS_ERRORS as error:
        if code_of(error) == "EntityAlreadyExists":
            raise make_error(DEVICE_TAKEN, f"There is already a virtual MFA device named {name!r}.") from None
        raise _explain_failure(error, "creating the virtual MFA device", "iam:CreateVirtualMFADevice") from None
    seed = made["Base32StringSeed"]
    return NewDevice(made["SerialNumber"], seed.decode("ascii") if isinstance(seed, bytes) else str(seed))


def enable_device(connection: Connection, user: str, serial: str, first: str, second: str) -> None:
    """Give the device to the user, if AWS takes both codes.

    Raises Failed; the problem's code is `mfa-code-refused` where others may do, UNCLEAR where nobody knows.
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
                f"AWS did not take these codes for {serial}.",
                "They must be two codes that follow each other, and the clock of the telephone must be right.",
            ) from None
        raise _explain_failure(error, f"enabling {serial} for {user}", "iam:EnableMFADevice") from None


def delete_device(connection: Connection, serial: str) -> None:
    """Delete a virtual device that nobody has; one that is gone is no failure. Raises Failed."""
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
    found = list_virtual_devices(connection)
    return found is not None and serial not in found


def _is_unclear(error: Exception) -> bool:
    """Return whether the call may have been made although no answer says so."""
    return not isinstance(error, ClientError) or error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500


def _call_with_retries(call: Callable[[], T], *transient_codes: str) -> T:
    """The result of `call`, tried again while AWS answers with an error that passes: it has done nothing then."""
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
        return make_error(ANSWER_LOST, summary, "Whether AWS has done it is not known.")
    if code_of(error) in DENIED:
        return _explain_denial(error, doing, action)
    if code_of(error) == "LimitExceeded":
        return make_error(
            "mfa-device-limit",
            f"{doing[:1].upper()}{doing[1:]} failed: AWS allows no more.",
            f"A user may have {MFA_DEVICES.default} MFA devices, of all kinds together; the account has a quota, too.",
        )
    return ReconcileError([problem_of(error, doing)])


def _explain_denial(error: ClientError, doing: str, action: str) -> ReconcileError:
    """AWS's message names the policy that denies; why it does is what a person needs."""
    summary = problem_of(error, doing).summary
    if "explicit deny" in str(error):
        return make_error(
            "access-denied",
            summary,
            "A policy that demands MFA, such as the guard `reconcile-require-mfa-…`, lets nobody do this without it.",
            "Do it in a session with MFA, or have an administrator do it.",
        )
    return make_error(
        "access-denied", summary, "", f"The caller needs {action}, or an administrator does it with USER."
    )
