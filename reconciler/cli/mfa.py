"""The commands `reconcile mfa enroll` and `reconcile mfa status`."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.completion import complete_users
from reconciler.cli.habits import HelpfulGroup
from reconciler.cli.named_path import NamedPath
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


@click.group(
    "mfa",
    short_help="Show who has an MFA device, and enrol one.",
    cls=HelpfulGroup,
    epilog="Example: reconcile mfa enroll alice",
)
def command() -> None:
    """Show which users have an MFA device, and enrol one for a user."""


@command.command(
    "enroll", short_help="Enrol a virtual device for a user.", epilog="Example: reconcile mfa enroll alice"
)
@click.argument("user", required=False, callback=check_text, shell_complete=complete_users)
@click.option("--device-name", metavar="NAME", help="Name of the device. Default: the user's name.")
@click.option("--another", is_flag=True, help="Enrol a further device; AWS allows a user 8.")
@click.option("--replace", is_flag=True, help="Delete an unfinished device of that name without asking.")
@click.option("--show-seed", is_flag=True, help="Show the seed as text, too.")
@click.option(
    "--seed-file",
    metavar="PATH",
    type=NamedPath(dir_okay=False),
    help="For scripts: write the seed to this new file (mode 0600), and ask nothing.",
)
@file_option
@variable_option
@aws_options
def enroll(user: str | None, **options: Any) -> int:
    """Enrol a virtual MFA device for USER, or for the user whose keys are used.

    Draws a QR code on the terminal for your authenticator app, then asks for two consecutive codes, which AWS
    checks. If you stop before the end, the device is deleted again.
    """
    from reconciler.app.mfa_enrolment import EnrolRequest, enroll_device

    request = EnrolRequest(user=user.removeprefix("user/") if user else None, **options)
    if request.seed_file and request.show_seed:
        raise click.UsageError("Pass only one of --seed-file and --show-seed.")
    announce_default_file(request.files)
    with _interrupt_on_hangup():
        serial = enroll_device(request, None if request.seed_file else _open_terminal(), _notice_quietly)
    echo_line(serial)
    _notice_quietly(
        f"The device is enabled. The seed in {request.seed_file} is a secret: keep it safe."
        if request.seed_file
        else "The device is enabled. Clear this terminal: it shows the seed, which is a secret."
    )
    _notice_quietly("`reconcile assume` finds the device by itself: no alias needs `mfa_serial`. Use its next code.")
    return 0


@command.command(
    "status", short_help="Show who has which devices, and who lacks one.", epilog="Example: reconcile mfa status"
)
@click.argument("users", metavar="[USER]...", nargs=-1, callback=check_text, shell_complete=complete_users)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="Output format.")
@file_option
@variable_option
@aws_options
@color_option
def status(form: str, users: tuple[str, ...], **options: Any) -> int:
    """Show which users have which MFA devices, and who lacks one.

    With a file, it also shows who must use MFA: because of `mfa: required` on the user or a group, or because a
    role that the user may assume demands it.
    """
    from reconciler.app.mfa_status import MfaStatusRequest, read_mfa_status
    from reconciler.cli.progress import show_progress
    from reconciler.render.mfa_status import render_status_json, render_status_text

    announce_default_file(options["files"])
    with show_progress("Reading IAM"):
        mfa_status = read_mfa_status(MfaStatusRequest([user.removeprefix("user/") for user in users], **options))
    echo(
        render_status_json(mfa_status)
        if form == "json"
        else render_status_text(mfa_status, color=uses_color(), width=get_width())
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
    """Treat a closed terminal or a kill like Ctrl-C. Ignore a second signal, so that it does not stop the clean-up."""

    def interrupt(received: Signals) -> None:
        ignore_signals(STOP_SIGNALS)
        raise KeyboardInterrupt

    with handle_signals(STOP_SIGNALS, interrupt):
        yield


def _notice_quietly(line: str) -> None:
    with contextlib.suppress(OSError):
        notice(line)
