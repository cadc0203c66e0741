"""Create a virtual MFA device for an enrolment, and delete it again if the enrolment fails.

Only this run knows the device's seed. A device that this run does not enable is useless, and its name stays taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from reconciler.assume.cache import Notice
from reconciler.assume.mfa_codes import Prompt
from reconciler.aws import mfa_devices
from reconciler.aws.session import Connection
from reconciler.model.escape import escape_line
from reconciler.model.problem import ReconcileError, make_error


@contextmanager
def create_device(
    connection: Connection,
    name: str,
    replace: bool,
    ask: Prompt | None,
    notice: Notice,
    on_deleted: Callable[[], object] = lambda: None,
) -> Iterator[mfa_devices.NewDevice]:
    """Create a device for a block. Delete it again if the block fails or is interrupted.

    replace: delete an unused device of that name first, without asking. ask: asks the person about that.
    on_deleted: called once the device is deleted, when its seed is useless. Raises ReconcileError.
    """
    device = _make_device(connection, name, replace, ask, notice)
    try:
        yield device
    except BaseException:
        if _delete_device(connection, device.serial, notice):
            on_deleted()
        raise


def _make_device(
    connection: Connection, name: str, replace: bool, ask: Prompt | None, notice: Notice
) -> mfa_devices.NewDevice:
    serial = f"arn:{connection.partition}:iam::{connection.account}:mfa/{name}"
    holders = mfa_devices.list_virtual_devices(connection)
    existing = next((device for device in holders or {} if device.casefold() == serial.casefold()), None)
    if existing is not None and holders is not None:
        holder = holders[existing]
        if holder is not None:
            raise make_error(
                mfa_devices.DEVICE_TAKEN,
                f"The device {existing} is in use by {holder}.",
                "",
                "Pass --device-name with another name.",
            )
        _remove_unused_device(connection, existing, replace, ask, notice)
    try:
        return mfa_devices.create_device(connection, name, just_deleted=existing is not None)
    except KeyboardInterrupt:
        if holders is not None:
            _delete_device(connection, serial, notice)
        raise
    except ReconcileError as error:
        code = error.problems[0].code
        if code == mfa_devices.ANSWER_LOST:
            raise _resolve_lost_answer(connection, serial, holders is not None, error) from None
        if code == mfa_devices.DEVICE_TAKEN and holders is None:
            detail = "reconcile cannot see its owner, if it has one: you lack iam:ListVirtualMFADevices."
            summary, hint = error.problems[0].summary, "Pass --device-name with another name."
            raise make_error(mfa_devices.DEVICE_TAKEN, summary, detail, hint) from None
        raise


def _remove_unused_device(
    connection: Connection, serial: str, replace: bool, ask: Prompt | None, notice: Notice
) -> None:
    if not replace:
        summary = f"The device {serial} exists, and no user has it."
        if ask is None:
            hint = "Pass --replace to delete it, or --device-name with another name."
            raise make_error("mfa-left-over", summary, "Its seed is lost, so nobody can use it.", hint)
        question = f"{escape_line(summary)} Its seed is lost.\nDelete it and go on? Type 'yes' to continue: "
        if ask(question).strip().lower() != "yes":
            hint = "Pass --device-name with another name to keep that device."
            raise make_error("declined", "Nothing was changed.", hint=hint)
    try:
        mfa_devices.delete_device(connection, serial)
    except ReconcileError as error:
        raise make_error(
            "mfa-left-over",
            f"The device {serial} has no user, and could not be deleted.",
            error.problems[0].summary,
            f"Pass --device-name with another name, or ask an administrator to run {_make_delete_command(serial)}.",
        ) from None
    notice(f"The unused device {serial} was deleted.")


def _resolve_lost_answer(connection: Connection, serial: str, was_absent: bool, lost: ReconcileError) -> ReconcileError:
    """Delete the device of a creation whose answer, and with it the seed, was lost. Return the error to raise.

    was_absent: there was certainly no such device before.
    """
    summary, hint = lost.problems[0].summary, "Run the command again."
    detail = f"AWS may have created the device {serial}, and its seed is lost."
    try:
        if was_absent and mfa_devices.device_exists(connection, serial):
            detail = f"AWS created the device {serial}, its seed is lost, and it could not be deleted."
            mfa_devices.delete_device(connection, serial)
            return make_error(mfa_devices.ANSWER_LOST, summary, "AWS created the device; it was deleted again.", hint)
    except ReconcileError as error:
        detail = f"{detail} {error.problems[0].summary}"
    hint = f"{hint} If the device exists, delete it: {_make_delete_command(serial)}"
    return make_error(mfa_devices.ANSWER_LOST, summary, detail, hint)


def _make_delete_command(serial: str) -> str:
    return f"`aws iam delete-virtual-mfa-device --serial-number {serial}`"


def _delete_device(connection: Connection, serial: str, notice: Notice) -> bool:
    try:
        mfa_devices.delete_device(connection, serial)
    except ReconcileError as error:
        notice(f"The device {serial} could not be deleted: {error.problems[0].summary}")
        notice("Its name is taken. Next time pass --device-name with another name, or ask an administrator to run:")
        notice(_make_delete_command(serial))
        return False
    notice(f"The device {serial} was deleted again.")
    return True
