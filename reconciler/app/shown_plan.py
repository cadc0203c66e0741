"""The use case `show`: read a saved plan as it was reviewed. Asks AWS nothing, and needs no credentials."""

from __future__ import annotations

from pathlib import Path

from reconciler.app.plan_file import (
    has_same_changes,
    make_edited_error,
    make_not_plan_error,
    read_intact_plan,
    read_plan_document,
)
from reconciler.model.plan import Plan
from reconciler.plan.saved.shown_plan import restore_plan
from reconciler.plan.saved.strict_json import MalformedPlan


def read_shown_plan(path: Path) -> Plan:
    """Return the plan of a plan file. Raises ReconcileError if the file is not a saved plan, or was edited.

    Every check of `apply` that needs no AWS is made: version, checksum, values, fingerprints. And the changes that the
    file lists must be those of the entities that it holds, because `apply` computes its calls from these.
    """
    document = read_plan_document(path)
    if document is None:
        raise make_not_plan_error(path)
    saved = read_intact_plan(path, document)
    try:
        plan = restore_plan(document, saved)
    except MalformedPlan as error:
        raise make_edited_error(path, str(error)) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise make_edited_error(path) from None
    if not has_same_changes(document, plan) or document["safe"] is not plan.is_safe:
        raise make_edited_error(path, "The changes that it lists are not those of its entities.")
    return plan
