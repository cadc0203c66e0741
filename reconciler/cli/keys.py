"""`reconcile keys issue` and `reconcile keys rotate`."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from reconciler.cli.options import aws_options, file_option, tell_default_file, text_only, variable_option
from reconciler.cli.terminal import colored, say, say_sentence, tell, width

if TYPE_CHECKING:
    from reconciler.app.key_checks import Wanted
    from reconciler.app.keys import Outcome

F = TypeVar("F", bound=Callable[..., Any])


@click.group("keys", epilog="Example: reconcile keys issue demo-user")
def command() -> None:
    """Access keys of users, straight into a profile of the credentials file.

    The secret is never shown. The file is made with mode 0600 where there is none.
    """


def _shared(function: F) -> F:
    """USER, and the options of both."""
    for option in (
        aws_options,
        variable_option,
        file_option,
        click.option(
            "--into",
            metavar="NAME",
            callback=text_only,
            help="Profile of the credentials file. Default: the user's name.",
        ),
        click.argument("user", callback=text_only),
    ):
        function = option(function)
    return function


@command.command("issue", epilog="Example: reconcile keys issue demo-user --into demo")
@_shared
def issue(**options: Any) -> int:
    """A new access key of USER in a new profile.

    Refused where the profile is there already, or the user has as many keys as AWS or the file allows.
    """
    from reconciler.app import keys as use_case

    return _told(use_case.issue(_wanted(**options), os.environ, tell))


@command.command("rotate", epilog="Example: reconcile keys rotate demo-user, and days later with --finish")
@_shared
@click.option("--finish", "finishing", is_flag=True, help="Delete the old key, which is inactive.")
def rotate(finishing: bool, **options: Any) -> int:
    """A new access key of USER in the place of the profile's.

    The new key is tried, then written, then the old one is made inactive; --finish deletes that. Interrupted,
    it can be run again.
    """
    from reconciler.app import keys as use_case

    act = use_case.finish if finishing else use_case.rotate
    return _told(act(_wanted(**options), os.environ, tell))


def _wanted(user: str, **options: Any) -> Wanted:
    from reconciler.app.key_checks import Wanted

    tell_default_file(options["files"])
    return Wanted(user=user.removeprefix("user/"), **options)


def _told(outcome: Outcome) -> int:
    from reconciler.render.problems import text

    for line in outcome.done:
        say_sentence(line)
    if outcome.findings:
        say(text(outcome.findings, color=colored(err=True), width=width(err=True)), err=True)
    return 0
