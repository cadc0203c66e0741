"""Render a Plan as `aws iam …` commands for a POSIX shell, in the order of an apply.

Documents and lists are JSON arguments. A call with control characters in a value is passed as JSON as a whole, because
POSIX shells cannot quote them. Names follow the AWS CLI's rule (CreatePolicyVersion → create-policy-version,
SSHPublicKeyId → --ssh-public-key-id).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from itertools import groupby

from reconciler.model.escape import escape_line, escape_lines
from reconciler.model.plan import Call, Change, Plan
from reconciler.model.problem import Level
from reconciler.render.json_text import dump_json

_WORD_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_FETCHED_PREFIXES = ("file://", "fileb://", "http://", "https://")
"""Prefixes of values that the AWS CLI takes as the address of a file to read."""


def render_plan_commands(plan: Plan) -> str:
    """Return all commands of a plan, with a comment before the commands of each entity.

    The first comments say if the plan is unsafe, and repeat its warnings and its findings about calls. If there are
    findings about calls, the comments number the calls.
    """
    lines = [_format_comment(f"account {plan.account}: {len(plan.steps)} calls, as `reconcile apply` makes them")]
    if not plan.is_safe:
        refusals = (item.summary for item in plan.findings if item.level is Level.ERROR)
        lines.append(_format_comment(f"NOT SAFE: {'; '.join(refusals)}"))
    has_call_findings = any(item.calls for item in plan.findings)
    findings = (item for item in plan.findings if item.calls or item.level is Level.WARNING)
    lines += [_format_comment(f"{item.level}: {item.message}") for item in findings]
    headings = {change.address: _heading_of(change) for change in plan.changes}
    number = 0
    for address, steps in groupby(plan.steps, key=lambda step: step.address):
        commands = [render_command(step.call) for step in steps]
        first, number = number + 1, number + len(commands)
        calls = f"call {first}" if first == number else f"calls {first} to {number}"
        heading = headings.get(address, str(address))
        lines += [_format_comment(f"{heading} ({calls})" if has_call_findings else heading), *commands]
    return escape_lines("\n".join(lines))


def _format_comment(text: str) -> str:
    """Return a comment on one line, because the shell would run the next line."""
    return f"# {escape_line(text)}"


def _heading_of(change: Change) -> str:
    return f"{change.action} {change.address}"


def render_command(call: Call) -> str:
    """Return one call as one command line."""
    words = ["aws", "iam", to_kebab_case(call.operation)]
    if any(isinstance(value, str) and _needs_json_input(value) for value in call.parameters.values()):
        words += ["--cli-input-json", shlex.quote(_dump_compact(dict(call.parameters)))]
    else:
        words += [word for name, value in call.parameters.items() for word in _format_option(name, value)]
    return " ".join(words)


def _needs_json_input(value: str) -> bool:
    """Return whether the AWS CLI would read the value from a file or URL, or a terminal would obey it."""
    return value.startswith(_FETCHED_PREFIXES) or escape_line(value) != value


def _format_option(name: str, value: object) -> Iterator[str]:
    option = f"--{to_kebab_case(name)}"
    if isinstance(value, bool):
        yield option if value else f"--no-{to_kebab_case(name)}"
    elif isinstance(value, list | dict):
        yield option
        yield shlex.quote(_dump_compact(value))
    elif str(value).startswith("-"):
        yield f"{option}={shlex.quote(str(value))}"
    else:
        yield option
        yield shlex.quote(str(value))


def to_kebab_case(name: str) -> str:
    """Return the AWS CLI's name of an operation or parameter."""
    return _WORD_BOUNDARY.sub("-", name).lower()


def _dump_compact(value: object) -> str:
    return dump_json(value, separators=(",", ":"))
