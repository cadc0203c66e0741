"""The names of the events of `--log-format json` (`docs/observability.md`). They are stable: programs match them."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

LOGGED_COMMANDS = ("plan", "apply", "undo")
"""The commands that take `--log-format`."""


class LogEvent(StrEnum):
    RUN_STARTED = "run.started"
    READ_FINISHED = "read.finished"
    PLAN_MADE = "plan.made"
    LOCK_AWAITED = "lock.awaited"
    APPLY_STARTED = "apply.started"
    APPLY_STOPPING = "apply.stopping"
    STEP_STARTED = "step.started"
    STEP_FINISHED = "step.finished"
    STEP_FAILED = "step.failed"
    STEP_UNCLEAR = "step.unclear"
    VERIFY_STARTED = "verify.started"
    DIFFERENCE_FOUND = "difference.found"
    CALLS_COUNTED = "calls.counted"
    NOTICE = "notice"
    PROBLEM = "problem"
    LIBRARY_LOGGED = "library.logged"
    RUN_FINISHED = "run.finished"


def wants_json_log(arguments: Sequence[str]) -> bool:
    """Return whether a command line asks for JSON lines, also one that is refused before its options are known."""
    if not arguments or arguments[0] not in LOGGED_COMMANDS:
        return False
    words = [*arguments]
    words = words[: words.index("--")] if "--" in words else words
    chosen = ""
    for word, following in zip(words, [*words[1:], ""], strict=True):
        name, equals, value = word.partition("=")
        if name == "--log-format":
            chosen = value if equals else following
    return chosen == "json"
