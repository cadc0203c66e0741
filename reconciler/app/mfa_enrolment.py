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

from reconciler.app.desired_files import account_of, read_files_if_any
from reconciler.app.mfa_device import Say, create_device
from reconciler.assume.mfa_codes import CODE_PATTERN, MAX_TRIES, NOT_A_CODE_NOTE, USED_CODE_NOTE, Prompt
from reconciler.assume.totp import compute_code_pair
from reconciler.aws import mfa_devices
from reconciler.aws.session import Connection, check_account, connect
from reconciler.files.outputs import open_new
from reconciler.model.live import MfaDevice
from reconciler.model.problem import ReconcileError, make_error
from reconciler.model.quotas import MFA_DEVICES
from reconciler.model.sts_limits import MFA_CODE_REFUSED
from reconciler.render.qr import NARROW_MARGIN, Drawing, draw_code

_NAME = re.compile(r"[\w+=,.@-]+", re.ASCII)
"""VirtualMFADeviceName (IAM API, CreateVirtualMFADevice)."""
_SEED_LENGTH = 64


@dataclass(frozen=True, slots=True)
class Terminal:
    """The person at the controlling terminal. `show` writes there; columns and lines are its size."""

    ask: Prompt
    show: Callable[[str], None]
    columns: int = 80
    lines: int = 24
    color: bool = True


@dataclass(frozen=True, slots=True)
class EnrolRequest:
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


def enroll_device(request: EnrolRequest, terminal: Terminal | None, say: Say) -> str:
    """The serial number of the user's new device. `say` gets lines for the person, none of them secret.

    Raises Failed: nobody can be asked, no such user, a device is there already, a refusal by AWS. What was made
    until then is deleted again, also where the person interrupts.
    """
    if terminal is None and request.seed_file is None:
        raise make_error(
            "mfa-no-terminal",
            "Enrolling a device needs a terminal: a QR code is shown there, and two codes are asked for.",
            "Nothing was created.",
            "Run it in a terminal, or have the seed written to a file with --seed-file.",
        )
    if request.device_name is not None and not _NAME.fullmatch(request.device_name):
        hint = "Use letters, digits and +=,.@_-."
        raise make_error("mfa-device-name", f"{request.device_name!r} is no name for a device.", hint=hint)
    connection = connect(request.profile, request.region, request.endpoint_url)
    loaded = read_files_if_any(request.files, request.variables)
    check_account(connection, account_of(loaded) if loaded else None)
    user = request.user or _user_of(connection.caller_arn)
    known = mfa_devices.read_user_devices(connection, user)
    _check_devices(user, known or (), request.another)
    name = request.device_name or _find_free_name(user, known or ())
    if request.seed_file is not None:
        path = Path(request.seed_file)
        with (
            _open_seed_file(path) as file,
            create_device(connection, name, request.replace, None, say, path.unlink) as fresh,
        ):
            _write_seed(file, path, fresh.seed)
            _send_codes(connection, user, fresh.serial, *compute_code_pair(fresh.seed, time.time()))
    elif terminal is not None:
        _draw_qr_code(_make_uri(connection, user, "A" * _SEED_LENGTH), terminal, request.show_seed)
        with create_device(connection, name, request.replace, terminal.ask, say) as fresh:
            _show_device(connection, user, fresh, terminal, request.show_seed)
            _enable_device(connection, user, fresh.serial, terminal)
    return fresh.serial


@contextmanager
def _open_seed_file(path: Path) -> Iterator[IO[bytes]]:
    """Yield an empty file that only its owner reads; it is gone again where the block fails before it has a seed.

    It stays open until it is written: by its name it could be another by then.
    """
    try:
        file = os.fdopen(open_new(path, os.environ), "wb", buffering=0)
    except OSError as error:
        cause = f"{error.strerror or 'error'}."
        raise make_error(
            "seed-file", f"{path} cannot be made.", cause, "Nothing was created; name a new file."
        ) from None
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
        raise make_error("seed-file", f"{path} cannot be written.", f"{error.strerror or 'error'}.") from None


def _user_of(caller: str) -> str:
    if ":user/" in caller:
        return caller.rpartition("/")[2]
    raise make_error(
        "mfa-no-user",
        f"{caller} is no user, and only users have MFA devices here.",
        "",
        "Say whose device it is: `reconcile mfa enroll USER`; or pass --profile with the keys of that user.",
    )


def _check_devices(user: str, known: Sequence[MfaDevice], another: bool) -> None:
    listed = ", ".join(device.serial for device in known)
    if len(known) >= MFA_DEVICES.default:
        raise make_error("mfa-device-limit", f"{user} has {len(known)} MFA devices, as many as AWS allows: {listed}.")
    if known and not another:
        raise make_error(
            "mfa-device-exists",
            f"{user} already has an MFA device: {listed}." if len(known) == 1 else f"{user} already has {listed}.",
            "",
            "To enrol a further one, pass --another; a guarded user needs a session with MFA for that.",
        )


def _find_free_name(user: str, known: Sequence[MfaDevice]) -> str:
    """The user's name; with a number behind it where a device of the user has that."""
    held = {device.serial.rpartition("/")[2].casefold() for device in known}
    names = (user, *(f"{user}-{number}" for number in range(2, MFA_DEVICES.default + 2)))
    return next(name for name in names if name.casefold() not in held)


def _make_uri(connection: Connection, user: str, seed: str) -> str:
    """What authenticator apps read (Key URI Format of Google Authenticator): 6 digits every 30 seconds."""
    label = quote(f"AWS:{user}@{connection.account}", safe=":@")
    return f"otpauth://totp/{label}?secret={seed}&issuer=AWS"


def _draw_qr_code(uri: str, terminal: Terminal, seed_shown: bool) -> Drawing | None:
    """The QR code, if it fits. Raises Failed where it does not and the seed is not shown instead."""
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
        "Make it wider, or pass --show-seed and type the seed into the app.",
    )


def _show_device(
    connection: Connection, user: str, fresh: mfa_devices.NewDevice, terminal: Terminal, seed_shown: bool
) -> None:
    drawing = _draw_qr_code(_make_uri(connection, user, fresh.seed), terminal, seed_shown)
    if drawing is not None:
        terminal.show(f"\nScan this with an authenticator app; it is shown only now.\n\n{drawing.text}")
        if drawing.lines >= terminal.lines:
            terminal.show(f"If you do not see all of it, give the terminal {drawing.lines + 1} lines.\n")
    if seed_shown:
        grouped = " ".join(re.findall(".{1,4}", fresh.seed))
        terminal.show(f"Seed, to type into the app (time-based, 6 digits, 30 seconds):\n{grouped}\n")


def _enable_device(connection: Connection, user: str, serial: str, terminal: Terminal) -> None:
    """Ask for two codes that follow each other until AWS takes them, three times at most."""
    sent: set[str] = set()
    note = ""
    for attempt in range(1, MAX_TRIES + 1):
        first = _ask_code(terminal.ask, f"{note}Code that the app shows: ", sent)
        second = _ask_code(terminal.ask, "The code after it (wait for it): ", sent)
        try:
            _send_codes(connection, user, serial, first, second)
        except ReconcileError as failed:
            if failed.problems[0].code != MFA_CODE_REFUSED or attempt == MAX_TRIES:
                raise
            note = "AWS did not take these two. Wait for new ones. "
        else:
            return


def _send_codes(connection: Connection, user: str, serial: str, first: str, second: str) -> None:
    """Raises Failed; a lost answer is no failure where the user has the device afterwards."""
    try:
        mfa_devices.enable_device(connection, user, serial, first, second)
    except ReconcileError as failed:
        if failed.problems[0].code != mfa_devices.ANSWER_LOST or not mfa_devices.has_device(connection, user, serial):
            raise


def _ask_code(ask: Prompt, question: str, sent: set[str]) -> str:
    """One code of six digits that was not sent before. Raises Failed after three answers that are none."""
    note = ""
    for _ in range(MAX_TRIES):
        code = ask(note + question).replace(" ", "").strip()
        if not CODE_PATTERN.fullmatch(code):
            note = NOT_A_CODE_NOTE
        elif code in sent:
            note = USED_CODE_NOTE
        else:
            sent.add(code)
            return code
    raise make_error("mfa-code", "No code that could be sent was entered.", hint="Run the command again.")
