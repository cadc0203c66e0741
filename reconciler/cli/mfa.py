"""`reconcile mfa`: enroll and status."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.options import (
    announce_default_file,
    aws_options,
    check_text,
    color_option,
    file_option,
    variable_option,
)
from reconciler.cli.terminal import echo, echo_line, get_width, notice, uses_color
from reconciler.shell.signals import STOP_SIGNALS, handle_signals, ignore_signals

if TYPE_CHECKING:
    from signal import Signals

    from reconciler.app.mfa_enrolment import Terminal


@click.group("mfa", epilog="Example: reconcile mfa enroll alice")
def command() -> None:
    """MFA devices of users: who has which, and a virtual one for who lacks one."""


@command.command("enroll", short_help="A virtual device for a user.", epilog="Example: reconcile mfa enroll alice")
@click.argument("user", required=False, callback=check_text)
@click.option("--device-name", metavar="NAME", help="Name of the device; the user's, where absent.")
@click.option("--another", is_flag=True, help="Enrol a further device; a user may have 8.")
@click.option("--replace", is_flag=True, help="Delete a left-over device of that name without asking.")
@click.option("--show-seed", is_flag=True, help="Show the seed as text as well.")
@click.option(
    "--seed-file",
    metavar="PATH",
    type=click.Path(dir_okay=False),
    help="Write the seed to this new file (mode 0600) and ask for nothing: for scripts.",
)
@file_option
@variable_option
@aws_options
def enroll(user: str | None, **options: Any) -> int:
    """Enrol a virtual MFA device for USER, or for the user whose keys are used.

    A QR code for an authenticator app is drawn on the terminal, then two codes that follow each other are
    asked for, which AWS verifies. What is not finished is deleted again.
    """
    from reconciler.app.mfa_enrolment import EnrolRequest, enroll_device

    wanted = EnrolRequest(user=user.removeprefix("user/") if user else None, **options)
    if wanted.seed_file and wanted.show_seed:
        raise click.UsageError("With --seed-file nothing is shown: leave out --show-seed.")
    announce_default_file(wanted.files)
    with _interrupt_on_hangup():
        serial = enroll_device(wanted, None if wanted.seed_file else _open_terminal(), _notice_quietly)
    echo_line(serial)
    kept = f"The seed in {wanted.seed_file}" if wanted.seed_file else "What was shown"
    _notice_quietly(
        f"The device is enabled. {kept} is a secret: {'keep it safe' if wanted.seed_file else 'clear this terminal'}."
    )
    _notice_quietly(
        "`reconcile assume` finds the device by itself; no alias needs `mfa_serial`. Its next code can be used."
    )
    return 0


@command.command(
    "status", short_help="Who has which devices, and who lacks one.", epilog="Example: reconcile mfa status"
)
@click.argument("users", metavar="[USER]...", nargs=-1, callback=check_text)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How it is printed.")
@file_option
@variable_option
@aws_options
@color_option
def status(form: str, users: tuple[str, ...], **options: Any) -> int:
    """Who has which MFA devices, and who lacks one.

    With a file, users that must use MFA by it are told apart: by `mfa: required`, their own or a group's, or
    because a role that they may assume demands it.
    """
    from reconciler.app.mfa_status import MfaStatusRequest, read_mfa_status
    from reconciler.cli.progress import show_progress
    from reconciler.render.mfa_status import render_status_json, render_status_text

    announce_default_file(options["files"])
    with show_progress("Reading IAM"):
        found = read_mfa_status(MfaStatusRequest([user.removeprefix("user/") for user in users], **options))
    echo(
        render_status_json(found)
        if form == "json"
        else render_status_text(found, color=uses_color(), width=get_width())
    )
    return 0


def _open_terminal() -> Terminal | None:
    from reconciler.app.mfa_enrolment import Terminal
    from reconciler.assume import tty

    ask = tty.make_prompt()
    if ask is None:
        return None
    size = tty.read_size()
    color = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return Terminal(ask, tty.show_text, size.columns, size.lines, color)


@contextlib.contextmanager
def _interrupt_on_hangup() -> Iterator[None]:
    """A closed terminal or a kill ends the block as Ctrl-C does; once it ends, no second one disturbs the cleaning."""

    def interrupt(received: Signals) -> None:
        ignore_signals(STOP_SIGNALS)
        raise KeyboardInterrupt

    with handle_signals(STOP_SIGNALS, interrupt):
        yield


def _notice_quietly(line: str) -> None:
    with contextlib.suppress(OSError):
        notice(line)
