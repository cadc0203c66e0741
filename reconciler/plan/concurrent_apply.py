"""Detect another apply that wrote to the same fields at the same time. Pure."""

from __future__ import annotations

from reconciler.model.plan import Field, Plan


def has_concurrent_apply(goal: Plan, remaining: Plan) -> bool:
    """Return whether `goal` had every remaining change, and some field has neither its old nor its new value.

    A field that still has its old value does not count: IAM may be slow to show the change, or have refused it.

    goal: the plan that was applied. remaining: the plan made after it.
    """
    if not remaining.changes or not remaining.is_safe:
        return False
    goal_fields = {(change.address, field.path): field for change in goal.changes for field in change.fields}
    field_pairs = [
        (goal_fields.get((change.address, field.path)), field)
        for change in remaining.changes
        for field in change.fields
    ]
    return all(_has_same_goal(planned, now) for planned, now in field_pairs) and any(
        _has_third_value(planned, now) for planned, now in field_pairs
    )


def _has_same_goal(planned: Field | None, now: Field) -> bool:
    return planned is not None and planned.after == now.after


def _has_third_value(planned: Field | None, now: Field) -> bool:
    """Return whether live IAM has a value that is neither before nor after.

    Deleted fields do not count: an entity loses its parts one by one, so that this apply itself may have left some.
    """
    return planned is not None and planned.after is not None and now.before not in (planned.before, planned.after)
