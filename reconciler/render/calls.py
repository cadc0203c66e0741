"""Render the calls of a run as text, for --verbose."""

from __future__ import annotations

from reconciler.model.call_stats import CallStats
from reconciler.model.escape import escape_line


def render_calls(calls: CallStats) -> str:
    """Return one line with the totals, and one for each operation."""
    lines = [f"{calls.requests} call{'' if calls.requests == 1 else 's'} to AWS in {calls.seconds:.2f} s:"]
    lines += [escape_line(f"{one.requests:6}  {one.operation}, {one.seconds:.2f} s") for one in calls.operations]
    return "\n".join(lines)
