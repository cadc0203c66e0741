"""The commands `reconcile keys issue` and `reconcile keys rotate`."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from reconciler.cli.options import announce_default_file, aws_options, check_text, file_option, variable_option
from reconciler.cli.terminal import echo, echo_sentence, get_width, notice, uses_color

if TYPE_CHECKING:
    from reconciler.app.key_checks import KeysRequest
    from reconciler.app.keys import KeysResult

F = TypeVar("F", bound=Callable[..., Any])


@click.group("keys", epilog="Example: reconcile keys issue demo-user")
def command() -> None:
    """Access keys of users, straight into a profile of the credentials file.

    The secret is never shown. The file is made with mode 0600 where there is none.
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
            help="Profile of the credentials file. Default: the user's name.",
        ),
        click.argument("user", callback=check_text),
    ):
        function = option(function)
    return function


@command.command("issue", epilog="Example: reconcile keys issue demo-user --into demo")
@_add_shared_options
def issue(**options: Any) -> int:
    """A new access key of USER in a new profile.

    Refused where the profile is there already, or the user has as many keys as AWS or the file allows.
    """
    from reconciler.app import keys as use_case

    return _print_outcome(use_case.issue_key(_make_request(**options), os.environ, notice))


@command.command("rotate", epilog="Example: reconcile keys rotate demo-user, and days later with --finish")
@_add_shared_options
@click.option("--finish", "finishing", is_flag=True, help="Delete the old key, which is inactive.")
def rotate(finishing: bool, **options: Any) -> int:
    """A new access key of USER in the place of the profile's.

    The new key is tried, then written, then the old one is made inactive; --finish deletes that. Interrupted,
    it can be run again.
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

    for line in outcome.done:
        echo_sentence(line)
    if outcome.findings:
        echo(render_problems(outcome.findings, color=uses_color(err=True), width=get_width(err=True)), err=True)
    return 0
