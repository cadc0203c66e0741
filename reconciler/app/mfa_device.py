"""A virtual MFA device for the time of its enrolment: made under a free name, and deleted again if nothing comes of it.

Its seed is known to one run alone; a device that this run does not enable is of no use to anybody, and blocks its
name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from reconciler.assume.mfa_codes import Prompt
from reconciler.aws import mfa_devices
from reconciler.aws.session import Connection
from reconciler.model.escape import escape_line
from reconciler.model.problem import ReconcileError, make_error

Say = Callable[[str], None]


@contextmanager
def create_device(
    connection: Connection,
    name: str,
    replace: bool,
    ask: Prompt | None,
    say: Say,
    on_deleted: Callable[[], object] = lambda: None,
) -> Iterator[mfa_devices.NewDevice]:
    """A new device of that name; where the block does not end well, an interruption included, it is deleted again.

    A device that is left over from before goes first, if the person agrees, or `replace` says so. `on_deleted` is
    called where the device is gone for certain, and its seed of no use. Raises Failed.
    """
    fresh = _make_device(connection, name, replace, ask, say)
    try:
        yield fresh
    except BaseException:
        if _delete_device(connection, fresh.serial, say):
            on_deleted()
        raise


def _make_device(
    connection: Connection, name: str, replace: bool, ask: Prompt | None, say: Say
) -> mfa_devices.NewDevice:
    serial = f"arn:{connection.partition}:iam::{connection.account}:mfa/{name}"
    holders = mfa_devices.list_virtual_devices(connection)
    there = next((found for found in holders or {} if found.casefold() == serial.casefold()), None)
    if there is not None and holders is not None:
        holder = holders[there]
        if holder is not None:
            raise make_error(
                mfa_devices.DEVICE_TAKEN,
                f"The device {there} is in use, by {holder}.",
                "",
                "Pass another --device-name.",
            )
        _remove_left_over(connection, there, replace, ask, say)
    try:
        return mfa_devices.create_device(connection, name, just_deleted=there is not None)
    except KeyboardInterrupt:
        if holders is not None:
            _delete_device(connection, serial, say)
        raise
    except ReconcileError as failed:
        code = failed.problems[0].code
        if code == mfa_devices.ANSWER_LOST:
            raise _resolve_lost_answer(connection, serial, holders is not None, failed) from None
        if code == mfa_devices.DEVICE_TAKEN and holders is None:
            detail = "Whose it is, or whether it is left over, cannot be told without iam:ListVirtualMFADevices."
            summary = failed.problems[0].summary
            raise make_error(mfa_devices.DEVICE_TAKEN, summary, detail, "Pass another --device-name.") from None
        raise


def _remove_left_over(connection: Connection, serial: str, replace: bool, ask: Prompt | None, say: Say) -> None:
    if not replace:
        said = f"The device {serial} is left over: it exists, and nobody has it."
        if ask is None:
            raise make_error(
                "mfa-left-over", said, "Its seed is lost.", "Pass --replace to delete it, or --device-name."
            )
        question = f"{escape_line(said)} Its seed is lost.\nDelete it and go on? Only 'yes' is taken: "
        if ask(question).strip().lower() != "yes":
            hint = "Pass another --device-name to leave that device alone."
            raise make_error("declined", "Nothing was changed.", hint=hint)
    try:
        mfa_devices.delete_device(connection, serial)
    except ReconcileError as failed:
        raise make_error(
            "mfa-left-over",
            f"The left-over device {serial} blocks its name, and cannot be deleted.",
            failed.problems[0].summary,
            "Pass another --device-name, or have an administrator delete it.",
        ) from None
    say(f"The left-over device {serial} was deleted.")


def _resolve_lost_answer(connection: Connection, serial: str, was_absent: bool, lost: ReconcileError) -> ReconcileError:
    """The answer to the creation was lost, and with it the seed. What it made, if anything, is deleted.

    was_absent: it is known that there was no such device before.
    """
    summary, again = lost.problems[0].summary, "Run the command again."
    detail = f"A device {serial} may have been made, and its seed is lost."
    try:
        if was_absent and mfa_devices.device_exists(connection, serial):
            detail = f"The device {serial} was made, its seed is lost, and it cannot be deleted now."
            mfa_devices.delete_device(connection, serial)
            return make_error(
                mfa_devices.ANSWER_LOST, summary, "The device had been made, and was deleted again.", again
            )
    except ReconcileError as failed:
        detail = f"{detail} {failed.problems[0].summary}"
    return make_error(
        mfa_devices.ANSWER_LOST, summary, detail, f"{again} If it is there, delete it: {_make_delete_command(serial)}"
    )


def _make_delete_command(serial: str) -> str:
    return f"`aws iam delete-virtual-mfa-device --serial-number {serial}`"


def _delete_device(connection: Connection, serial: str, say: Say) -> bool:
    try:
        mfa_devices.delete_device(connection, serial)
    except ReconcileError as failed:
        say(f"The device {serial} stays: {failed.problems[0].summary}")
        say("It blocks its name: next time pass another --device-name, or have an administrator delete it:")
        say(_make_delete_command(serial))
        return False
    say(f"The device {serial} was deleted again.")
    return True
