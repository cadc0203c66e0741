"""The use case `mfa enroll`: a virtual MFA device of a user, made, shown as a QR code, and enabled with two codes.

AWS refuses wrong codes itself, and shows the seed once; so a device that was not enabled in this run is useless to
everybody and blocks its name, and is deleted again. The seed goes to the controlling terminal and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import quote

from reconciler.app.desired import read_if_any, written_account
from reconciler.assume.codes import ASKS, Ask
from reconciler.aws import devices
from reconciler.aws.session import Connection, check_account, connect
from reconciler.model.problem import Failed, failure
from reconciler.model.state import MfaDevice
from reconciler.model.sts import MFA_CODE_REFUSED
from reconciler.render.qr import LESS_QUIET, Drawing, drawn

_CODE = re.compile(r"[0-9]{6}")
_NAME = re.compile(r"[\w+=,.@-]+", re.ASCII)
"""VirtualMFADeviceName (IAM API, CreateVirtualMFADevice)."""
_SEED_LENGTH = 64

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Terminal:
    """The person at the controlling terminal. `show` writes there; columns and lines are its size."""

    ask: Ask
    show: Callable[[str], None]
    columns: int = 80
    lines: int = 24
    color: bool = True


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for. user None: the caller's own. another: although there is a device already.

    replace: delete a left-over device of that name without asking.
    """

    user: str | None = None
    device_name: str | None = None
    another: bool = False
    replace: bool = False
    show_seed: bool = False
    files: Sequence[str] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None


def enrolled(wanted: Wanted, terminal: Terminal | None, say: Say) -> str:
    """The serial number of the user's new device. `say` gets lines for the person, none of them secret.

    Raises Failed: nobody can be asked, no such user, a device is there already, a refusal by AWS. What was made
    until then is deleted again, also where the person interrupts.
    """
    if terminal is None:
        raise failure(
            "mfa-no-terminal",
            "Enrolling a device needs a terminal: a QR code is shown there, and two codes are asked for.",
            "Nothing was created.",
            "Run it in a terminal.",
        )
    if wanted.device_name is not None and not _NAME.fullmatch(wanted.device_name):
        raise failure(
            "mfa-device-name", f"{wanted.device_name!r} is no name for a device.", "", "Use A-Z, a-z, 0-9 and +=,.@-_"
        )
    connection = connect(wanted.profile, wanted.region, wanted.endpoint_url)
    loaded = read_if_any(wanted.files, wanted.variables)
    check_account(connection, written_account(loaded) if loaded else None)
    user = wanted.user or _own_user(connection.caller)
    known = devices.user_devices(connection, user)
    _check_known(user, known or (), wanted.another)
    name = wanted.device_name or _free_name(user, known or ())
    _drawing(_uri(connection, user, "A" * _SEED_LENGTH), terminal, wanted.show_seed)
    fresh = _made(connection, name, wanted.replace, terminal, say)
    with _deleted_unless_done(connection, fresh.serial, say):
        _show(connection, user, fresh, terminal, wanted.show_seed)
        _enable(connection, user, fresh.serial, terminal)
    return fresh.serial


def _own_user(caller: str) -> str:
    if ":user/" in caller:
        return caller.rpartition("/")[2]
    raise failure(
        "mfa-no-user",
        f"{caller} is no user, and only users have MFA devices here.",
        "",
        "Say whose device it is: `reconcile mfa enroll USER`; or pass --profile with the keys of that user.",
    )


def _check_known(user: str, known: Sequence[MfaDevice], another: bool) -> None:
    listed = ", ".join(device.serial for device in known)
    if len(known) >= devices.MOST_DEVICES:
        raise failure("mfa-device-limit", f"{user} has {len(known)} MFA devices, as many as AWS allows: {listed}.")
    if known and not another:
        raise failure(
            "mfa-device-exists",
            f"{user} already has an MFA device: {listed}." if len(known) == 1 else f"{user} already has {listed}.",
            "",
            "To enrol a further one, pass --another; a guarded user needs a session with MFA for that.",
        )


def _free_name(user: str, known: Sequence[MfaDevice]) -> str:
    """The user's name; with a number behind it where a device of the user has that."""
    held = {device.serial.rpartition("/")[2].casefold() for device in known}
    names = (user, *(f"{user}-{number}" for number in range(2, devices.MOST_DEVICES + 2)))
    return next(name for name in names if name.casefold() not in held)


def _made(connection: Connection, name: str, replace: bool, terminal: Terminal, say: Say) -> devices.Fresh:
    """A device of that name; one that is left over from before goes first, if the person agrees."""
    serial = f"arn:{connection.partition}:iam::{connection.account}:mfa/{name}"
    holders = devices.virtual_devices(connection)
    there = next((found for found in holders or {} if found.casefold() == serial.casefold()), None)
    if there is not None and holders is not None:
        holder = holders[there]
        if holder is not None:
            raise failure(
                devices.TAKEN, f"The device {there} is in use, by {holder}.", "", "Pass another --device-name."
            )
        _remove_left_over(connection, there, replace, terminal, say)
    try:
        return devices.create(connection, name, freed=there is not None)
    except KeyboardInterrupt:
        if holders is not None:
            _delete(connection, serial, say)
        raise
    except Failed as failed:
        code = failed.problems[0].code
        if code == devices.UNCLEAR:
            raise _unclear(connection, serial, holders is not None, failed) from None
        if code == devices.TAKEN and holders is None:
            detail = "Whose it is, or whether it is left over, cannot be told without iam:ListVirtualMFADevices."
            raise failure(code, failed.problems[0].summary, detail, "Pass another --device-name.") from None
        raise


def _remove_left_over(connection: Connection, serial: str, replace: bool, terminal: Terminal, say: Say) -> None:
    if not replace:
        question = (
            f"The device {serial} is left over from an enrolment that was not finished: nobody has it, and its seed "
            "is lost.\nDelete it and go on? Only 'yes' is taken: "
        )
        if terminal.ask(question).strip().lower() != "yes":
            raise failure(
                "declined", "Nothing was changed.", "", "Pass another --device-name to leave that device alone."
            )
    try:
        devices.delete(connection, serial)
    except Failed as failed:
        raise failure(
            "mfa-left-over",
            f"The left-over device {serial} blocks its name, and cannot be deleted.",
            failed.problems[0].summary,
            "Pass another --device-name, or have an administrator delete it.",
        ) from None
    say(f"The left-over device {serial} was deleted.")


def _unclear(connection: Connection, serial: str, looked: bool, lost: Failed) -> Failed:
    """The answer to the creation was lost, and with it the seed. What it made, if anything, is deleted.

    looked: it is known that there was no such device before.
    """
    summary, again = lost.problems[0].summary, "Run the command again."
    unknown = f"A device {serial} may have been made, and its seed is lost."
    try:
        left = serial in (devices.virtual_devices(connection) or {}) if looked else False
        if left:
            devices.delete(connection, serial)
            return failure(devices.UNCLEAR, summary, "The device had been made, and was deleted again.", again)
    except Failed:
        pass
    return failure(devices.UNCLEAR, summary, unknown, f"{again} If it is there, it is found, and can be replaced.")


def _uri(connection: Connection, user: str, seed: str) -> str:
    """What authenticator apps read (Key URI Format of Google Authenticator): 6 digits every 30 seconds."""
    label = quote(f"AWS:{user}@{connection.account}", safe=":@")
    return f"otpauth://totp/{label}?secret={seed}&issuer=AWS"


def _drawing(uri: str, terminal: Terminal, seed_shown: bool) -> Drawing | None:
    """The QR code, if it fits. Raises Failed where it does not and the seed is not shown instead."""
    drawing = drawn(uri, color=terminal.color)
    if drawing.columns > terminal.columns or drawing.lines >= terminal.lines:
        drawing = drawn(uri, color=terminal.color, quiet=LESS_QUIET)
    if drawing.columns <= terminal.columns:
        return drawing
    if seed_shown:
        return None
    raise failure(
        "terminal-narrow",
        f"The QR code needs {drawing.columns} columns, and the terminal has {terminal.columns}.",
        "Nothing was created.",
        "Make it wider, or pass --show-seed and type the seed into the app.",
    )


def _show(connection: Connection, user: str, fresh: devices.Fresh, terminal: Terminal, seed_shown: bool) -> None:
    drawing = _drawing(_uri(connection, user, fresh.seed), terminal, seed_shown)
    if drawing is not None:
        terminal.show(f"\nScan this with an authenticator app; it is shown only now.\n\n{drawing.text}")
        if drawing.lines >= terminal.lines:
            terminal.show(f"If you do not see all of it, give the terminal {drawing.lines + 1} lines.\n")
    if seed_shown:
        grouped = " ".join(re.findall(".{1,4}", fresh.seed))
        terminal.show(f"Seed, to type into the app (time-based, 6 digits, 30 seconds):\n{grouped}\n")


def _enable(connection: Connection, user: str, serial: str, terminal: Terminal) -> None:
    """Ask for two codes that follow each other until AWS takes them, three times at most."""
    sent: set[str] = set()
    note = ""
    refusal: Failed | None = None
    for _ in range(ASKS):
        first = _code(terminal.ask, f"{note}Code that the app shows: ", sent)
        second = _code(terminal.ask, "The code after it (wait for it): ", sent)
        try:
            return devices.enable(connection, user, serial, first, second)
        except Failed as failed:
            code = failed.problems[0].code
            if code == devices.UNCLEAR and _has(connection, user, serial):
                return None
            if code != MFA_CODE_REFUSED:
                raise
            refusal, note = failed, "AWS did not take these two. Wait for new ones. "
    assert refusal is not None
    raise refusal


def _code(ask: Ask, question: str, sent: set[str]) -> str:
    """One code of six digits that was not sent before. Raises Failed after three answers that are none."""
    note = ""
    for _ in range(ASKS):
        code = ask(note + question).replace(" ", "").strip()
        if not _CODE.fullmatch(code):
            note = "A code is six digits. "
        elif code in sent:
            note = "That code was used already; wait for the next one. "
        else:
            sent.add(code)
            return code
    raise failure("mfa-code", "No code that could be sent was entered.", hint="Run the command again.")


def _has(connection: Connection, user: str, serial: str) -> bool:
    return serial in {device.serial for device in devices.user_devices(connection, user) or ()}


@contextmanager
def _deleted_unless_done(connection: Connection, serial: str, say: Say) -> Iterator[None]:
    """Deletes the device where the block does not end well, an interruption included, and says so."""
    try:
        yield
    except BaseException:
        _delete(connection, serial, say)
        raise


def _delete(connection: Connection, serial: str, say: Say) -> None:
    try:
        devices.delete(connection, serial)
    except Failed as failed:
        say(f"The device {serial} stays, assigned to nobody: {failed.problems[0].summary}")
        say("It blocks its name: next time pass another --device-name, or have an administrator delete it.")
    else:
        say(f"The device {serial} was deleted again.")
