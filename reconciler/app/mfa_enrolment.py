"""The use case `mfa enroll`: create a virtual MFA device, show it as a QR code, and enable it with two codes.

The seed goes to the controlling terminal, or to a file if the user asks for that, and nowhere else.
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

from reconciler.app.desired_files import account_of, read_files_if_any
from reconciler.app.mfa_device import create_device
from reconciler.assume.cache import Notice
from reconciler.assume.mfa_codes import CODE_PATTERN, MAX_TRIES, NOT_A_CODE_NOTE, USED_CODE_NOTE, Prompt
from reconciler.assume.totp import compute_code_pair
from reconciler.aws import mfa_devices
from reconciler.aws.session import Connection, check_account, connect
from reconciler.files.outputs import open_new
from reconciler.model.live import MfaDevice
from reconciler.model.problem import ReconcileError, make_error
from reconciler.model.quotas import MFA_DEVICES
from reconciler.model.sts_limits import MFA_CODE_REFUSED
from reconciler.model.text_forms import NAME
from reconciler.render.qr import NARROW_MARGIN, Drawing, draw_code

"""VirtualMFADeviceName (IAM API, CreateVirtualMFADevice)."""
_SEED_LENGTH = 64


@dataclass(frozen=True, slots=True)
class Terminal:
    """The controlling terminal. ask: asks the person. show: writes a text. columns, lines: its size."""

    ask: Prompt
    show: Callable[[str], None]
    columns: int = 80
    lines: int = 24
    color: bool = True


@dataclass(frozen=True, slots=True)
class EnrolRequest:
    """The options of the command line.

    user: None for the caller's own. another: enrol even if the user has a device. replace: delete an unused device of
    that name without asking. seed_file: a new file for the seed; reconcile then computes the codes itself.
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


def enroll_device(request: EnrolRequest, terminal: Terminal | None, notice: Notice) -> str:
    """Enrol a device and return its serial number. notice: shows a line to the user, never a secret.

    Raises ReconcileError if there is no terminal, no such user, already a device, or AWS refuses. The new device is
    then deleted again, also if the user interrupts.
    """
    if terminal is None and request.seed_file is None:
        raise make_error(
            "mfa-no-terminal",
            "Enrolling a device needs a terminal, to show a QR code and to ask for two codes.",
            "Nothing was created.",
            "Run the command in a terminal, or pass --seed-file FILE to write the seed to a file.",
        )
    if request.device_name is not None and not NAME.accepts(request.device_name):
        summary = f"A device cannot be named {request.device_name!r}."
        raise make_error("mfa-device-name", summary, hint=NAME.hint)
    connection = connect(request.profile, request.region, request.endpoint_url)
    loaded = read_files_if_any(request.files, request.variables)
    check_account(connection, account_of(loaded) if loaded else None)
    user = request.user or _user_of(connection.caller_arn)
    devices = mfa_devices.read_user_devices(connection, user) or ()
    _check_devices(user, devices, request.another)
    name = request.device_name or _find_free_name(user, devices)
    if request.seed_file is not None:
        path = Path(request.seed_file)
        with (
            _open_seed_file(path) as file,
            create_device(connection, name, request.replace, None, notice, path.unlink) as device,
        ):
            _write_seed(file, path, device.seed)
            _send_codes(connection, user, device.serial, *compute_code_pair(device.seed, time.time()))
    elif terminal is not None:
        _draw_qr_code(_make_uri(connection, user, "A" * _SEED_LENGTH), terminal, request.show_seed)
        with create_device(connection, name, request.replace, terminal.ask, notice) as device:
            _show_device(connection, user, device, terminal, request.show_seed)
            _enable_device(connection, user, device.serial, terminal)
    return device.serial


@contextmanager
def _open_seed_file(path: Path) -> Iterator[IO[bytes]]:
    """Create an empty file that only its owner can read. Delete it if the block fails before it holds a seed.

    The file stays open until the seed is written, because another program could replace it under its name.
    """
    try:
        file = os.fdopen(open_new(path, os.environ), "wb", buffering=0)
    except OSError as error:
        cause = f"{error.strerror or 'error'}. Nothing was created."
        hint = "Pass --seed-file with a new file."
        raise make_error("seed-file", f"Cannot create the seed file {path}.", cause, hint) from None
    with file:
        try:
            yield file
        except BaseException:
            if not os.fstat(file.fileno()).st_size:
                path.unlink(missing_ok=True)
            raise


def _write_seed(file: IO[bytes], path: Path, seed: str) -> None:
    try:
        file.write(f"{seed}\n".encode("ascii"))
    except OSError as error:
        raise make_error("seed-file", f"Cannot write the seed file {path}.", f"{error.strerror or 'error'}.") from None


def _user_of(caller: str) -> str:
    if ":user/" in caller:
        return caller.rpartition("/")[2]
    raise make_error(
        "mfa-no-user",
        f"You are {caller}, which is not an IAM user, and only users can have MFA devices.",
        "",
        "Name the user: `reconcile mfa enroll USER`; or pass --profile NAME with the keys of that user.",
    )


def _check_devices(user: str, devices: Sequence[MfaDevice], another: bool) -> None:
    listed = ", ".join(device.serial for device in devices)
    if len(devices) >= MFA_DEVICES.default:
        summary = f"{user} has {len(devices)} MFA devices, and AWS allows no more: {listed}."
        raise make_error("mfa-device-limit", summary)
    if devices and not another:
        raise make_error(
            "mfa-device-exists",
            f"{user} already has an MFA device: {listed}."
            if len(devices) == 1
            else f"{user} already has MFA devices: {listed}.",
            "",
            "To enrol a further one, pass --another. A user with `mfa: required` needs a session with MFA for that.",
        )


def _find_free_name(user: str, devices: Sequence[MfaDevice]) -> str:
    """Return the user's name for the device, with a number if a device of the user has that name."""
    used_names = {device.serial.rpartition("/")[2].casefold() for device in devices}
    names = (user, *(f"{user}-{number}" for number in range(2, MFA_DEVICES.default + 2)))
    return next(name for name in names if name.casefold() not in used_names)


def _make_uri(connection: Connection, user: str, seed: str) -> str:
    """Return the URI that authenticator apps read (Key URI Format of Google Authenticator): 6 digits, 30 seconds."""
    label = quote(f"AWS:{user}@{connection.account}", safe=":@")
    return f"otpauth://totp/{label}?secret={seed}&issuer=AWS"


def _draw_qr_code(uri: str, terminal: Terminal, seed_shown: bool) -> Drawing | None:
    """Return the QR code; None if it does not fit and the seed is shown instead. Otherwise raise ReconcileError."""
    drawing = draw_code(uri, color=terminal.color)
    if drawing.columns > terminal.columns or drawing.lines >= terminal.lines:
        drawing = draw_code(uri, color=terminal.color, margin=NARROW_MARGIN)
    if drawing.columns <= terminal.columns:
        return drawing
    if seed_shown:
        return None
    raise make_error(
        "terminal-narrow",
        f"The QR code needs {drawing.columns} columns, and the terminal has {terminal.columns}.",
        "Nothing was created.",
        "Make the terminal wider, or pass --show-seed and type the seed into the app.",
    )


def _show_device(
    connection: Connection, user: str, device: mfa_devices.NewDevice, terminal: Terminal, seed_shown: bool
) -> None:
    drawing = _draw_qr_code(_make_uri(connection, user, device.seed), terminal, seed_shown)
    if drawing is not None:
        terminal.show(f"\nScan this with an authenticator app. It is shown only once.\n\n{drawing.text}")
        if drawing.lines >= terminal.lines:
            terminal.show(f"If the top is cut off, make the terminal {drawing.lines + 1} lines high.\n")
    if seed_shown:
        grouped = " ".join(re.findall(".{1,4}", device.seed))
        terminal.show(f"Seed, to type into the app (time-based, 6 digits, 30 seconds):\n{grouped}\n")


def _enable_device(connection: Connection, user: str, serial: str, terminal: Terminal) -> None:
    """Ask for two successive codes until AWS accepts them, three times at most."""
    used_codes: set[str] = set()
    note = ""
    for attempt in range(1, MAX_TRIES + 1):
        first = _ask_code(terminal.ask, f"{note}Code that the app shows now: ", used_codes)
        second = _ask_code(terminal.ask, "Next code (wait for it): ", used_codes)
        try:
            _send_codes(connection, user, serial, first, second)
        except ReconcileError as error:
            if error.problems[0].code != MFA_CODE_REFUSED or attempt == MAX_TRIES:
                raise
            note = "AWS refused these two codes. Wait for new ones. "
        else:
            return


def _send_codes(connection: Connection, user: str, serial: str, first: str, second: str) -> None:
    """Enable the device. Raises ReconcileError, but not for a lost answer if the user has the device afterwards."""
    try:
        mfa_devices.enable_device(connection, user, serial, first, second)
    except ReconcileError as error:
        if error.problems[0].code != mfa_devices.ANSWER_LOST or not mfa_devices.has_device(connection, user, serial):
            raise


def _ask_code(ask: Prompt, question: str, used_codes: set[str]) -> str:
    """Ask for a code of six digits that was not sent before. Raises ReconcileError after three other answers."""
    note = ""
    for _ in range(MAX_TRIES):
        code = ask(note + question).replace(" ", "").strip()
        if not CODE_PATTERN.fullmatch(code):
            note = NOT_A_CODE_NOTE
        elif code in used_codes:
            note = USED_CODE_NOTE
        else:
            used_codes.add(code)
            return code
    summary = f"None of {MAX_TRIES} answers was an unused code of six digits."
    raise make_error("mfa-code", summary, hint="Run the command again.")
