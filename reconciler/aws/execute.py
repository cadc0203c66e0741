"""Runs the steps of a plan, in order, with exactly the calls that it lists; stops at the first that fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError

from reconciler.aws.faults import AWS_ERRORS, problem_of
from reconciler.aws.retry import already_done, patiently
from reconciler.aws.session import Connection
from reconciler.model.plan import Fact, Step
from reconciler.model.problem import Problem

_NEVER_TWICE = frozenset(["CreatePolicyVersion"])
"""Sent again after a lost answer, these would be done twice (IAM API): botocore must not repeat them."""


@dataclass(frozen=True)
class Outcome:
    """`done` of the steps were made; `problem` says why the rest was not; `interrupted`: by the person."""

    done: int
    total: int
    problem: Problem | None = None
    interrupted: bool = False


def run(connection: Connection, steps: Sequence[Step], on_step: Callable[[Step], None]) -> Outcome:
    """Make the calls; `on_step` is told of each before it is made."""
    made: set[Fact] = set()
    for done, step in enumerate(steps):
        try:
            on_step(step)
            _make(connection, step, made)
        except AWS_ERRORS as error:
            problem = problem_of(error, f"{step.call.operation} of {step.address}")
            return Outcome(done, len(steps), problem)
        except KeyboardInterrupt:
            return Outcome(done, len(steps), interrupted=True)
        made |= step.makes
    return Outcome(len(steps), len(steps))


def _make(connection: Connection, step: Step, made: set[Fact]) -> None:
    client = connection.iam_once if step.call.operation in _NEVER_TWICE else connection.iam
    method: Callable[..., Any] = getattr(client, xform_name(step.call.operation))

    def call() -> None:
        try:
            method(**step.call.parameters)
        except ClientError as error:
            if not already_done(error, step):
                raise

    patiently(call, step, made)
