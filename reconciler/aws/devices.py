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

from reconciler.aws.belongings import devices_of
from reconciler.aws.faults import AWS_ERRORS, DENIED, code_of, problem_of, translated
from reconciler.aws.pages import items_of
from reconciler.aws.session import Connection
from reconciler.aws.unlogged import unlogged
from reconciler.model.address import Address
from reconciler.model.live import MfaDevice
from reconciler.model.problem import Failed, failure
from reconciler.model.quotas import MFA_DEVICES
from reconciler.model.sts import MFA_CODE_REFUSED

T = TypeVar("T")

TAKEN, UNCLEAR = "mfa-device-taken", "aws-answer-lost"
"""Codes of Problems: a device of that name exists; whether the call was carried out is not known."""

NO_SUCH_USER = "no-such-user"
ROOT = "the root user"
PAUSES: tuple[float, ...] = (1.0, 2.0, 4.0)
"""Seconds between tries of what IAM, eventually consistent, does not see at once."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """A virtual device that nobody has yet. `seed`: base32, as authenticator apps take it; a secret."""

    serial: str
    seed: str = field(repr=False)


def virtual_devices(connection: Connection) -> Mapping[str, str | None] | None:
    """Serial of each virtual device → its user, None where nobody has it; None where they may not be listed."""
    found: dict[str, str | None] = {}
    with translated("listing virtual MFA devices"):
        for status in ("Unassigned", "Assigned"):
            items = _listed(connection, "ListVirtualMFADevices", "VirtualMFADevices", AssignmentStatus=status)
            if items is None:
                return None
            for item in items:
                holder = (item.get("User") or {}).get("UserName") or ROOT
                found[item["SerialNumber"]] = holder if status == "Assigned" else None
    return found


def user_paths(connection: Connection) -> Mapping[str, str] | None:
    """Name of each user of the account → path; None where they may not be listed."""
    with translated("listing users"):
        items = _listed(connection, "ListUsers", "Users")
    return None if items is None else {item["UserName"]: item["Path"] for item in items}


def _listed(connection: Connection, operation: str, key: str, **parameters: str) -> list[Mapping[str, Any]] | None:
    try:
        return items_of(connection.iam, operation, key, **parameters)
    except ClientError as error:
        if code_of(error) in DENIED:
            return None
        raise


def user_devices(connection: Connection, user: str) -> tuple[MfaDevice, ...] | None:
    """The devices of one user, of every kind; None where they may not be read. Raises Failed: no such user."""
    with translated(f"looking up the MFA devices of {user}"):
        try:
            return devices_of(connection, Address("user", user))
        except ClientError as error:
            if code_of(error) != "NoSuchEntity":
                raise
    raise no_such_user(connection, user)


def is_held(connection: Connection, user: str, serial: str) -> bool:
    """Return whether the user has the device after a lost answer: IAM may show it late. Raises Failed."""
    return _shows(lambda: serial in {device.serial for device in user_devices(connection, user) or ()})


def is_there(connection: Connection, serial: str) -> bool:
    """Return whether there is such a virtual device after a lost answer. Raises Failed."""
    return _shows(lambda: serial in (virtual_devices(connection) or {}))


def _shows(look: Callable[[], bool]) -> bool:
    for pause in PAUSES:
        if look():
            return True
        time.sleep(pause)
    return look()


def no_such_user(connection: Connection, user: str) -> Failed:
    return failure(NO_SUCH_USER, f"There is no user {user!r} in account {connection.account}.")


def create(connection: Connection, name: str, *, freed: bool = False) -> Fresh:
    """A new virtual device, with its seed. Raises Failed; TAKEN and UNCLEAR are codes of its problem.

    freed: one of that name was just deleted, which IAM may not see at once.
    """

    def call() -> Any:
        with unlogged():
            return connection.iam_once.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]

    try:
        made = _patiently(call, *(["EntityAlreadyExists"] if freed else []))
    except AWS_ERRORS as error:
        if code_of(error) == "EntityAlreadyExists":
            raise failure(TAKEN, f"There is already a virtual MFA device named {name!r}.") from None
        raise _failed(error, "creating the virtual MFA device", "iam:CreateVirtualMFADevice") from None
    seed = made["Base32StringSeed"]
    return Fresh(made["SerialNumber"], seed.decode("ascii") if isinstance(seed, bytes) else str(seed))


def enable(connection: Connection, user: str, serial: str, first: str, second: str) -> None:
    """Give the device to the user, if AWS takes both codes.

    Raises Failed; the problem's code is `mfa-code-refused` where others may do, UNCLEAR where nobody knows.
    """

    def call() -> None:
        with unlogged():
            connection.iam_once.enable_mfa_device(
                UserName=user, SerialNumber=serial, AuthenticationCode1=first, AuthenticationCode2=second
            )

    try:
        _patiently(call, "NoSuchEntity", "EntityTemporarilyUnmodifiable", "ConcurrentModification")
    except AWS_ERRORS as error:
        if code_of(error) == "InvalidAuthenticationCode":
            raise failure(
                MFA_CODE_REFUSED,
                f"AWS did not take these codes for {serial}.",
                "They must be two codes that follow each other, and the clock of the telephone must be right.",
            ) from None
        raise _failed(error, f"enabling {serial} for {user}", "iam:EnableMFADevice") from None


def delete(connection: Connection, serial: str) -> None:
    """Delete a virtual device that nobody has; one that is gone is no failure. Raises Failed."""
    try:
        _patiently(
            lambda: connection.iam_once.delete_virtual_mfa_device(SerialNumber=serial),
            "EntityTemporarilyUnmodifiable",
            "ConcurrentModification",
        )
    except AWS_ERRORS as error:
        if code_of(error) != "NoSuchEntity" and not (_is_unclear(error) and _is_gone(connection, serial)):
            raise _failed(error, f"deleting {serial}", "iam:DeleteVirtualMFADevice") from None


def _is_gone(connection: Connection, serial: str) -> bool:
    found = virtual_devices(connection)
    return found is not None and serial not in found


def _is_unclear(error: Exception) -> bool:
    """Return whether the call may have been made although no answer says so."""
    return not isinstance(error, ClientError) or error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500


def _patiently(call: Callable[[], T], *passing: str) -> T:
    """The result of `call`, tried again while AWS answers with an error that passes: it has done nothing then."""
    for pause in PAUSES:
        try:
            return call()
        except ClientError as error:
            if code_of(error) not in passing:
                raise
        time.sleep(pause)
    return call()


def _failed(error: Exception, doing: str, action: str) -> Failed:
    if not isinstance(error, ClientError) or _is_unclear(error):
        summary = problem_of(error, doing).summary
        return failure(UNCLEAR, summary, "Whether AWS has done it is not known.")
    if code_of(error) in DENIED:
        return _denied(error, doing, action)
    if code_of(error) == "LimitExceeded":
        return failure(
            "mfa-device-limit",
            f"{doing[:1].upper()}{doing[1:]} failed: AWS allows no more.",
            f"A user may have {MFA_DEVICES.default} MFA devices, of all kinds together; the account has a quota, too.",
        )
    return Failed([problem_of(error, doing)])


def _denied(error: ClientError, doing: str, action: str) -> Failed:
    """AWS's message names the policy that denies; why it does is what a person needs."""
    summary = problem_of(error, doing).summary
    if "explicit deny" in str(error):
        return failure(
            "access-denied",
            summary,
            "A policy that demands MFA, such as the guard `reconcile-require-mfa-…`, lets nobody do this without it.",
            "Do it in a session with MFA, or have an administrator do it.",
        )
    return failure("access-denied", summary, "", f"The caller needs {action}, or an administrator does it with USER.")
