"""Refuse a plan with calls that the installed botocore does not know, before anything is written.

botocore refuses operations and parameters that are not in its models, so an apply would stop half-way. pyproject.toml
requires a version that knows them all, but an older one may be installed all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import botocore

from reconciler.aws.session import Connection
from reconciler.model.plan import Step
from reconciler.model.problem import Level, Problem, ReconcileError

MIN_BOTOCORE = "1.44.7"
"""The first botocore that knows all calls of plans."""


def check_calls(connection: Connection, steps: Iterable[Step]) -> None:
    """Raise ReconcileError if botocore's model of IAM lacks an operation, or a parameter of one."""
    problems: dict[str, Problem] = {}
    for step in steps:
        for name in _find_unknown_names(connection, step):
            if name not in problems:
                problems[name] = Problem(
                    Level.ERROR,
                    "botocore-too-old",
                    f"{step.address} needs {name}, which the installed botocore {botocore.__version__} does not know.",
                    "Nothing was written.",
                    f"Install a newer one: pip install 'boto3>={MIN_BOTOCORE}'",
                    address=step.address,
                )
    if problems:
        raise ReconcileError(tuple(problems.values()))


def _find_unknown_names(connection: Connection, step: Step) -> Iterator[str]:
    model, operation = connection.iam.meta.service_model, step.call.operation
    if operation not in model.operation_names:
        yield operation
        return
    shape = model.operation_model(operation).input_shape
    for name in step.call.parameters:
        if shape is None or name not in shape.members:
            yield f"{name} of {operation}"
