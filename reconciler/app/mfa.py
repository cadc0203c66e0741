"""The use case `mfa enroll`: a virtual MFA device, shown as a QR code and enabled with two codes, which AWS verifies.

The seed goes to the controlling terminal, or on request to a file, and nowhere else.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import quote

from reconciler.app.desired import read_if_any, written_account
from reconciler.app.mfa_device import Say, fresh_device
from reconciler.assume.codes import ASKS, CODE, NO_CODE, USED, Ask
from reconciler.assume.totp import consecutive_codes
from reconciler.aws import devices
from reconciler.aws.session import Connection, check_account, connect
from reconciler.files.outputs import open_new
from reconciler.model.live import MfaDevice
from reconciler.model.problem import Failed, failure
from reconciler.model.quotas import MFA_DEVICES
from reconciler.model.sts import MFA_CODE_REFUSED
from reconciler.render.qr import LESS_QUIET, Drawing, drawn

_NAME = re.compile(r"[\w+=,.@-]+", re.ASCII)
"""VirtualMFADeviceName (IAM API, CreateVirtualMFADevice)."""
_SEED_LENGTH = 64


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

    replace: delete a left-over device of that name without asking. seed_file: a new file for the seed; the codes are
    then worked out here, and nobody is asked.
    """

    user: str | None = None
    device_name: str | None = None
    another: bool = False
    replace: bool = False
    show_seed: bool = False
    seed_file: str | None = None
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
    if terminal is None and wanted.seed_file is None:
        raise failure(
            "mfa-no-terminal",
            "Enrolling a device needs a terminal: a QR code is shown there, and two codes are asked for.",
            "Nothing was created.",
            "Run it in a terminal, or have the seed written to a file with --seed-file.",
        )
    if wanted.device_name is not None and not _NAME.fullmatch(wanted.device_name):
        hint = "Use letters, digits and +=,.@_-."
        raise failure("mfa-device-name", f"{wanted.device_name!r} is no name for a device.", hint=hint)
    connection = connect(wanted.profile, wanted.region, wanted.endpoint_url)
    loaded = read_if_any(wanted.files, wanted.variables)
    check_account(connection, written_account(loaded) if loaded else None)
    user = wanted.user or _own_user(connection.caller)
    known = devices.user_devices(connection, user)
    _check_known(user, known or (), wanted.another)
    name = wanted.device_name or _free_name(user, known or ())
    if wanted.seed_file is not None:
        path = Path(wanted.seed_file)
        with (
            _new_file(path) as file,
            fresh_device(connection, name, wanted.replace, None, say, path.unlink) as fresh,
        ):
            _keep(file, path, fresh.seed)
            _send(connection, user, fresh.serial, *consecutive_codes(fresh.seed, time.time()))
    elif terminal is not None:
        _drawing(_uri(connection, user, "A" * _SEED_LENGTH), terminal, wanted.show_seed)
        with fresh_device(connection, name, wanted.replace, terminal.ask, say) as fresh:
            _show(connection, user, fresh, terminal, wanted.show_seed)
            _enable(connection, user, fresh.serial, terminal)
    return fresh.serial


@contextmanager
def _new_file(path: Path) -> Iterator[IO[bytes]]:
    """Yield an empty file that only its owner reads; it is gone again where the block fails before it has a seed.

    It stays open until it is written: by its name it could be another by then.
    """
    try:
        file = os.fdopen(open_new(path, os.environ), "wb", buffering=0)
    except OSError as error:
        cause = f"{error.strerror or 'error'}."
        raise failure("seed-file", f"{path} cannot be made.", cause, "Nothing was created; name a new file.") from None
    with file:
        try:
            yield file
        except BaseException:
            if not os.fstat(file.fileno()).st_size:
                path.unlink(missing_ok=True)
            raise


def _keep(file: IO[bytes], path: Path, seed: str) -> None:
    try:
        file.write(f"{seed}\n".encode("ascii"))
    except OSError as error:
        raise failure("seed-file", f"{path} cannot be written.", f"{error.strerror or 'error'}.") from None


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
    if len(known) >= MFA_DEVICES.default:
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
    names = (user, *(f"{user}-{number}" for number in range(2, MFA_DEVICES.default + 2)))
    return next(name for name in names if name.casefold() not in held)


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
    for attempt in range(1, ASKS + 1):
        first = _code(terminal.ask, f"{note}Code that the app shows: ", sent)
        second = _code(terminal.ask, "The code after it (wait for it): ", sent)
        try:
            _send(connection, user, serial, first, second)
        except Failed as failed:
            if failed.problems[0].code != MFA_CODE_REFUSED or attempt == ASKS:
                raise
            note = "AWS did not take these two. Wait for new ones. "
        else:
            return


def _send(connection: Connection, user: str, serial: str, first: str, second: str) -> None:
    """Raises Failed; a lost answer is no failure where the user has the device afterwards."""
    try:
        devices.enable(connection, user, serial, first, second)
    except Failed as failed:
        if failed.problems[0].code != devices.UNCLEAR or not devices.is_held(connection, user, serial):
            raise


def _code(ask: Ask, question: str, sent: set[str]) -> str:
    """One code of six digits that was not sent before. Raises Failed after three answers that are none."""
    note = ""
    for _ in range(ASKS):
        code = ask(note + question).replace(" ", "").strip()
        if not CODE.fullmatch(code):
            note = NO_CODE
        elif code in sent:
            note = USED
        else:
            sent.add(code)
            return code
    raise failure("mfa-code", "No code that could be sent was entered.", hint="Run the command again.")
