"""Whether another apply wrote at the same time what this one has just written. Pure."""

from __future__ import annotations

from reconciler.model.plan import Field, Plan


def has_concurrent_apply(goal: Plan, remaining: Plan) -> bool:
    """True where what is left was part of `goal`, and live IAM shows something that is neither before nor after.

    What live IAM still shows as it was before is no sign of another: it may take its time, or AWS may keep to it.
    """
    if not remaining.changes or not remaining.is_safe:
        return False
    wanted = {(change.address, field.path): field for change in goal.changes for field in change.fields}
    found = [
        (wanted.get((change.address, field.path)), field) for change in remaining.changes for field in change.fields
    ]
    return all(_has_same_goal(one, now) for one, now in found) and any(_has_third_value(one, now) for one, now in found)


def _has_same_goal(wanted: Field | None, now: Field) -> bool:
    return wanted is not None and wanted.after == now.after


def _has_third_value(wanted: Field | None, now: Field) -> bool:
    """Of what goes, each part goes by itself: that less of it is there than before is our own doing."""
    return wanted is not None and wanted.after is not None and now.before not in (wanted.before, wanted.after)
