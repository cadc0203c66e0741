"""What `reconcile assume` does with an alias: credentials, or one of the options that ask for something else."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from reconciler.app import assume as use_case
from reconciler.app.wanted import Say, Wanted
from reconciler.assume.cache import MARGIN
from reconciler.assume.deliver import Wish, deliver
from reconciler.cli.terminal import colored, say, say_line, say_sentence, width
from reconciler.model.durations import format_duration
from reconciler.model.explanation import Explanation
from reconciler.model.problem import failure


def assume(wanted: Wanted, wish: Wish, tell: Say) -> int:
    """The exit code of what was run, or 0; 1 where AWS refuses, with the reasons on stderr."""
    if wish.form == "credential-process" and wanted.duration is not None and wanted.duration <= MARGIN:
        raise failure(
            "session-too-short",
            f"A session of {format_duration(wanted.duration)} is of no use to a credential_process.",
            "AWS SDKs refresh credentials that have less than 15m left, and would ask for each command anew.",
            "Ask for more: `--duration 1h`.",
        )
    try:
        result = use_case.assumed(wanted, os.environ, tell)
    except use_case.NotAssumed as refused:
        return _told(refused.explanation, err=True)
    return deliver(wish, result.alias, result.role_arn, result.credentials, result.variables, os.environ, tell)


def _list(wanted: Wanted, form: str | None, tell: Say) -> int:
    from reconciler.app.sessions import listed
    from reconciler.assume.credentials import clock
    from reconciler.render.aliases import as_json, table

    found = listed(wanted, os.environ)
    if form == "json":
        say(as_json(found))
    elif found:
        say(table(found, clock, width()))
    else:
        tell("the file has no aliases.")
    return 0


def _console(wanted: Wanted, form: str | None, tell: Say) -> int:
    try:
        url = use_case.signed_in(wanted, os.environ, tell)
    except use_case.NotAssumed as refused:
        return _told(refused.explanation, err=True)
    tell("whoever opens this URL within 15 minutes is signed in as the role.")
    say_line(url)
    return 0


def _explain(wanted: Wanted, form: str | None, tell: Say) -> int:
    from reconciler.app.why import would_be

    found = would_be(use_case.begun(wanted, os.environ, tell))
    if form == "json":
        from reconciler.render.explanation import explanation_dict
        from reconciler.render.json_text import json_text

        say(json_text(explanation_dict(found), indent=2))
        return 0 if found.may_assume else 1
    return _told(found, err=False)


def _verify(wanted: Wanted, form: str | None, tell: Say) -> int:
    try:
        caller = use_case.verified(wanted, os.environ, tell)
    except use_case.NotAssumed as refused:
        return _told(refused.explanation, err=True)
    say_sentence(f"{wanted.alias} is {caller.arn}, as meant.")
    return 0


def _logout(wanted: Wanted, form: str | None, tell: Say) -> int:
    from reconciler.app.sessions import logged_out

    gone = logged_out(wanted, os.environ, tell)
    of = f" of {wanted.alias}" if wanted.alias else ""
    tell(f"forgot {gone} session{'s' * (gone != 1)}{of}." if gone else f"no session{of} was kept.")
    return 0


def _told(explanation: Explanation, *, err: bool) -> int:
    from reconciler.render.explanation import explanation_text

    say(explanation_text(explanation, color=colored(err=err), width=width(err=err)), err=err)
    return 0 if explanation.may_assume else 1


MODES: Mapping[str, Callable[[Wanted, str | None, Say], int]] = {
    "list": _list,
    "console": _console,
    "explain": _explain,
    "verify": _verify,
    "logout": _logout,
}
