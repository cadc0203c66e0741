"""What `reconcile assume` does with an alias: credentials, or one of the options that ask for something else."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from reconciler.app import assume as use_case
from reconciler.app.assume_request import AssumeRequest, Say
from reconciler.assume.cache import REFRESH_MARGIN
from reconciler.assume.delivery import OutputOptions, deliver_credentials
from reconciler.cli.terminal import echo, echo_line, echo_sentence, get_width, uses_color
from reconciler.model.durations import format_duration
from reconciler.model.explanation import Explanation
from reconciler.model.problem import make_error


def assume_role(request: AssumeRequest, output: OutputOptions, notice: Say) -> int:
    """The exit code of what was run, or 0; 1 where AWS refuses, with the reasons on stderr."""
    if output.form == "credential-process" and request.duration is not None and request.duration <= REFRESH_MARGIN:
        raise make_error(
            "session-too-short",
            f"A session of {format_duration(request.duration)} is of no use to a credential_process.",
            "AWS SDKs refresh credentials that have less than 15m left, and would ask for each command anew.",
            "Ask for more: `--duration 1h`.",
        )
    try:
        result = use_case.assume_alias(request, os.environ, notice)
    except use_case.AssumeRoleError as refused:
        return _print_explanation(refused.explanation, err=True)
    return deliver_credentials(
        output, result.alias, result.role_arn, result.credentials, result.variables, os.environ, notice
    )


def _list_aliases(request: AssumeRequest, form: str | None, notice: Say) -> int:
    from reconciler.app.sessions import list_aliases
    from reconciler.assume.credentials import format_local_time
    from reconciler.render.aliases import render_alias_json, render_alias_table

    found = list_aliases(request, os.environ)
    if form == "json":
        echo(render_alias_json(found))
    elif found:
        echo(render_alias_table(found, format_local_time, get_width()))
    else:
        notice("the file has no aliases.")
    return 0


def _print_console_url(request: AssumeRequest, form: str | None, notice: Say) -> int:
    try:
        url = use_case.make_console_url(request, os.environ, notice)
    except use_case.AssumeRoleError as refused:
        return _print_explanation(refused.explanation, err=True)
    notice("whoever opens this URL within 15 minutes is signed in as the role.")
    echo_line(url)
    return 0


def _explain_alias(request: AssumeRequest, form: str | None, notice: Say) -> int:
    from reconciler.app.refusal import explain_assume

    found = explain_assume(use_case.start_chain(request, os.environ, notice))
    if form == "json":
        from reconciler.render.explanation import explanation_to_dict
        from reconciler.render.json_text import dump_json

        echo(dump_json(explanation_to_dict(found), indent=2))
        return 0 if found.may_assume else 1
    return _print_explanation(found, err=False)


def _verify_alias(request: AssumeRequest, form: str | None, notice: Say) -> int:
    try:
        caller = use_case.verify_alias(request, os.environ, notice)
    except use_case.AssumeRoleError as refused:
        return _print_explanation(refused.explanation, err=True)
    echo_sentence(f"{request.alias} is {caller.arn}, as meant.")
    return 0


def _forget_sessions(request: AssumeRequest, form: str | None, notice: Say) -> int:
    from reconciler.app.sessions import forget_sessions

    gone = forget_sessions(request, os.environ, notice)
    of = f" of {request.alias}" if request.alias else ""
    notice(f"forgot {gone} session{'s' * (gone != 1)}{of}." if gone else f"no session{of} was kept.")
    return 0


def _print_explanation(explanation: Explanation, *, err: bool) -> int:
    from reconciler.render.explanation import render_explanation

    echo(render_explanation(explanation, color=uses_color(err=err), width=get_width(err=err)), err=err)
    return 0 if explanation.may_assume else 1


MODES: Mapping[str, Callable[[AssumeRequest, str | None, Say], int]] = {
    "list": _list_aliases,
    "console": _print_console_url,
    "explain": _explain_alias,
    "verify": _verify_alias,
    "logout": _forget_sessions,
}
