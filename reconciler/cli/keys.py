"""The commands `reconcile keys issue` and `reconcile keys rotate`."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from reconciler.cli.completion import complete_users
from reconciler.cli.habits import HelpfulGroup
from reconciler.cli.options import announce_default_file, aws_options, check_text, file_option, variable_option
from reconciler.cli.terminal import echo, echo_sentence, get_width, notice, uses_color

if TYPE_CHECKING:
    from reconciler.app.key_checks import KeysRequest
    from reconciler.app.keys import KeysResult

F = TypeVar("F", bound=Callable[..., Any])


@click.group(
    "keys",
    short_help="Create and rotate access keys; nobody sees the secret.",
    cls=HelpfulGroup,
    epilog="Example: reconcile keys issue demo-user",
)
def command() -> None:
    """Create access keys of users, straight into a profile of the credentials file.

    The secret is never shown. If there is no credentials file, it is created with mode 0600.
    """


def _add_shared_options(function: F) -> F:
    """Add the argument USER and the options that both commands share."""
    for option in (
        aws_options,
        variable_option,
        file_option,
        click.option(
            "--into",
            metavar="NAME",
            callback=check_text,
            help="Profile in the credentials file. Default: the user's name.",
        ),
        click.argument("user", callback=check_text, shell_complete=complete_users),
    ):
        function = option(function)
    return function


@command.command("issue", epilog="Example: reconcile keys issue demo-user --into demo")
@_add_shared_options
def issue(**options: Any) -> int:
    """Create an access key of USER in a new profile.

    Refused if the profile already exists, or if USER has as many keys as AWS or the file allows.
    """
    from reconciler.app import keys as use_case

    return _print_outcome(use_case.issue_key(_make_request(**options), os.environ, notice))


@command.command("rotate", epilog="Example: reconcile keys rotate demo-user, and days later with --finish")
@_add_shared_options
@click.option("--finish", "finishing", is_flag=True, help="Delete the old key, which an earlier rotate made inactive.")
def rotate(finishing: bool, **options: Any) -> int:
    """Replace the access key of USER in its profile.

    Creates a key, tries it, writes it into the profile, then makes the old key inactive. --finish deletes the old
    key. If it is interrupted, run it again.
    """
    from reconciler.app import keys as use_case

    act = use_case.finish_rotation if finishing else use_case.rotate_key
    return _print_outcome(act(_make_request(**options), os.environ, notice))


def _make_request(user: str, **options: Any) -> KeysRequest:
    from reconciler.app.key_checks import KeysRequest

    announce_default_file(options["files"])
    return KeysRequest(user=user.removeprefix("user/"), **options)


def _print_outcome(outcome: KeysResult) -> int:
    from reconciler.render.problems import render_problems

    for line in outcome.messages:
        echo_sentence(line)
    if outcome.findings:
        echo(render_problems(outcome.findings, color=uses_color(err=True), width=get_width(err=True)), err=True)
    return 0
