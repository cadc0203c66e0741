"""The calls of a run as text, for --verbose."""

from __future__ import annotations

from reconciler.model.calls import Calls
from reconciler.model.escape import escape_line


def calls_text(calls: Calls) -> str:
    """One line in all, and one for each operation."""
    lines = [f"{calls.times} call{'' if calls.times == 1 else 's'} to AWS in {calls.seconds:.2f} s:"]
    lines += [escape_line(f"{one.times:6}  {one.operation}, {one.seconds:.2f} s") for one in calls.operations]
    return "\n".join(lines)
