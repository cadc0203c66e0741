"""A Plan → `aws iam …` commands that a person could paste into a POSIX shell, in the order of an apply.

Documents and lists stand inline as JSON. A call with a text that a terminal or a log would obey is passed as JSON
altogether, where that text is escaped: a POSIX shell has no quoting for it. Names follow the AWS CLI's own rule
(CreatePolicyVersion → create-policy-version, SSHPublicKeyId → --ssh-public-key-id).
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
"""The AWS CLI would read these values from where they point."""


def render_plan_commands(plan: Plan) -> str:
    """The whole plan; a comment heads each run of commands for one entity, and unsafe plans say so first.

    Warnings, and what the plan says of the order of its calls, come next; the comments then number them.
    """
    lines = [_format_comment(f"account {plan.account}: {len(plan.steps)} calls, as `reconcile apply` makes them")]
    if not plan.is_safe:
        refusals = (item.summary for item in plan.findings if item.level is Level.ERROR)
        lines.append(_format_comment(f"NOT SAFE as it stands: {'; '.join(refusals)}"))
    about_calls = any(item.calls for item in plan.findings)
    told = (item for item in plan.findings if item.calls or item.level is Level.WARNING)
    lines += [_format_comment(f"{item.level}: {item.message}") for item in told]
    why = {change.address: _heading_of(change) for change in plan.changes}
    number = 0
    for address, steps in groupby(plan.steps, key=lambda step: step.address):
        commands = [render_command(step.call) for step in steps]
        first, number = number + 1, number + len(commands)
        which = f"call {first}" if first == number else f"calls {first} to {number}"
        heading = why.get(address, str(address))
        lines += [_format_comment(f"{heading} ({which})" if about_calls else heading), *commands]
    return escape_lines("\n".join(lines))


def _format_comment(text: str) -> str:
    """On one line whatever the text: the next one would be a command."""
    return f"# {escape_line(text)}"


def _heading_of(change: Change) -> str:
    return f"{change.action} {change.address}"


def render_command(call: Call) -> str:
    """One call as one command line."""
    words = ["aws", "iam", to_kebab_case(call.operation)]
    if any(isinstance(value, str) and _needs_json_input(value) for value in call.parameters.values()):
        words += ["--cli-input-json", shlex.quote(_dump_compact(dict(call.parameters)))]
    else:
        words += [word for name, value in call.parameters.items() for word in _format_option(name, value)]
    return " ".join(words)


def _needs_json_input(value: str) -> bool:
    """True if the AWS CLI would fetch the value, or what shows it might do what it says."""
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
    return _WORD_BOUNDARY.sub("-", name).lower()


def _dump_compact(value: object) -> str:
    return dump_json(value, separators=(",", ":"))
