"""The actions of `reconcile assume`: hand out credentials, or act as one of its mode options demands."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from reconciler.app import assume as use_case
from reconciler.app.assume_request import AssumeRequest
from reconciler.assume.cache import REFRESH_MARGIN, Notice
from reconciler.assume.delivery import OutputOptions, deliver_credentials
from reconciler.cli.terminal import echo, echo_line, echo_sentence, get_width, uses_color
from reconciler.model.durations import format_duration
from reconciler.model.explanation import Explanation
from reconciler.model.problem import make_error


def assume_role(request: AssumeRequest, output: OutputOptions, notice: Notice) -> int:
    """Assume the role and hand it out. Return the exit code: that of the command or shell, 0, or 1 if AWS refuses.

    The explanation of a refusal goes to stderr. Raises ReconcileError for other failures.
    """
    if output.form == "credential-process" and request.duration is not None and request.duration <= REFRESH_MARGIN:
        raise make_error(
            "session-too-short",
            f"A session of {format_duration(request.duration)} is too short for a credential_process.",
            "AWS SDKs refresh credentials that have less than 15m left, so each command would assume the role again.",
            "Pass a longer --duration, such as `--duration 1h`.",
        )
    try:
        result = use_case.assume_alias(request, os.environ, notice)
    except use_case.AssumeRoleError as error:
        return _print_explanation(error.explanation, err=True)
    return deliver_credentials(
        output, result.alias, result.role_arn, result.credentials, result.variables, os.environ, notice
    )


def _list_aliases(request: AssumeRequest, form: str | None, notice: Notice) -> int:
    from reconciler.app.sessions import list_aliases
    from reconciler.assume.credentials import format_local_time
    from reconciler.render.aliases import render_alias_json, render_alias_table

    aliases = list_aliases(request, os.environ)
    if form == "json":
        echo(render_alias_json(aliases))
    elif aliases:
        echo(render_alias_table(aliases, format_local_time, get_width()))
    else:
        notice("the file has no aliases.")
    return 0


def _print_console_url(request: AssumeRequest, form: str | None, notice: Notice) -> int:
    try:
        url = use_case.make_console_url(request, os.environ, notice)
    except use_case.AssumeRoleError as error:
        return _print_explanation(error.explanation, err=True)
    notice("keep this URL secret: for 15 minutes it signs in anybody who opens it as the role.")
    echo_line(url)
    return 0


def _explain_alias(request: AssumeRequest, form: str | None, notice: Notice) -> int:
    from reconciler.app.refusal import explain_assume

    explanation = explain_assume(use_case.start_chain(request, os.environ, notice))
    if form == "json":
        from reconciler.render.explanation import explanation_to_dict
        from reconciler.render.json_text import dump_json

        echo(dump_json(explanation_to_dict(explanation), indent=2))
        return 0 if explanation.may_assume else 1
    return _print_explanation(explanation, err=False)


def _verify_alias(request: AssumeRequest, form: str | None, notice: Notice) -> int:
    try:
        caller = use_case.verify_alias(request, os.environ, notice)
    except use_case.AssumeRoleError as error:
        return _print_explanation(error.explanation, err=True)
    echo_sentence(f"Verified: {request.alias} is {caller.arn}.")
    return 0


def _forget_sessions(request: AssumeRequest, form: str | None, notice: Notice) -> int:
    from reconciler.app.sessions import forget_sessions

    deleted = forget_sessions(request, os.environ, notice)
    owner = f" of {request.alias}" if request.alias else ""
    count = f"{deleted} cached session{'s' * (deleted != 1)}"
    notice(f"deleted {count}{owner}." if deleted else f"no session{owner} was cached.")
    return 0


def _print_explanation(explanation: Explanation, *, err: bool) -> int:
    from reconciler.render.explanation import render_explanation

    echo(render_explanation(explanation, color=uses_color(err=err), width=get_width(err=err)), err=err)
    return 0 if explanation.may_assume else 1


MODES: Mapping[str, Callable[[AssumeRequest, str | None, Notice], int]] = {
    "list": _list_aliases,
    "console": _print_console_url,
    "explain": _explain_alias,
    "verify": _verify_alias,
    "logout": _forget_sessions,
}
