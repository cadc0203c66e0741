"""The use case `apply`: a plan that was approved → calls → a second look at the account."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass

from reconciler.app.plan import Planned
from reconciler.assume.applied import note_applied
from reconciler.aws.execute import Outcome, run
from reconciler.model.plan import Plan, Step
from reconciler.model.problem import Failed, Level, Problem

GRACE = (0.0, 2.0, 5.0, 10.0)
"""Seconds to wait before each look: IAM shows a write to later reads only after a while."""


@dataclass(frozen=True)
class Applied:
    """`left` is what still differs after a complete run: an empty plan where live matches.

    unverified: why the second look could not be taken.
    """

    outcome: Outcome
    left: Plan | None = None
    unverified: tuple[Problem, ...] = ()

    @property
    def matches(self) -> bool:
        return self.left is not None and not self.left.changes


def apply(planned: Planned, on_step: Callable[[Step], None]) -> Applied:
    """Make the plan's calls, then read again and compare. The plan must be safe."""
    outcome = run(planned.connection, planned.plan.steps, on_step)
    made = (step.address for step in planned.plan.steps[: outcome.done])
    note_applied(os.environ, planned.connection.account, made, time.time())
    if outcome.problem or outcome.interrupted:
        return Applied(outcome)
    try:
        return Applied(outcome, _verified(planned))
    except Failed as failed:
        return Applied(outcome, unverified=failed.problems)
    except KeyboardInterrupt:
        stopped = Problem(Level.ERROR, "interrupted", "Interrupted while checking what was done.")
        return Applied(outcome, unverified=(stopped,))


def _verified(planned: Planned) -> Plan:
    """The plan that is left. What differs only until IAM has caught up is given time."""
    left = planned.plan
    for pause in GRACE:
        time.sleep(pause)
        left = planned.look_again()
        if not left.changes:
            break
    return left
