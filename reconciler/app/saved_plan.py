"""Check a saved plan against the live account, and make it again (`apply plan.json`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reconciler.app.plan import ConnectedPlan, PlanRequest
from reconciler.app.plan_file import has_same_changes, read_intact_plan
from reconciler.aws import snapshot
from reconciler.aws.known_calls import check_calls
from reconciler.aws.partial_read import PartialReader, make_empty_state
from reconciler.aws.session import Connection, check_account
from reconciler.desired.aws_names import AwsNames
from reconciler.model.address import Address
from reconciler.model.live import State
from reconciler.model.plan import AccessDelta, Plan
from reconciler.model.problem import Level, Problem, ReconcileError, make_error
from reconciler.plan.compare.ownership import owner_of
from reconciler.plan.followup_reads import find_followup_reads
from reconciler.plan.options import PlanOptions
from reconciler.plan.read_cost import count_entity_calls
from reconciler.plan.saved.owned_items import find_changed_items
from reconciler.plan.saved.read_scope import (
    find_unread,
    is_insufficient,
    needs_whole_account,
    order_depends_on_unread,
)
from reconciler.plan.saved.saved_plan import (
    SavedPlan,
    compare_with_live,
    find_stale_entities,
    rebuild_plan,
    use_saved_spelling,
)
from reconciler.plan.saved.shown_plan import restore_plan

_OF_THE_RUN = ("lockout", "unknown-assertion", "unread-kind", "widens-access")
"""Refusals that depend on who makes a plan, and with which flags."""


def load_saved_plan(path: Path, document: Mapping[str, Any], request: PlanRequest) -> ConnectedPlan:
    """Make a plan from a plan file.

    Raises ReconcileError if the file was edited, has expired, is for another account, or no longer fits live IAM.
    """
    return rebuild_connected_plan(path, document, request.connect, request.options)


def rebuild_connected_plan(
    path: Path, document: Mapping[str, Any], connect: Callable[[], Connection], options: PlanOptions
) -> ConnectedPlan:
    """Do the same with a connection that is opened once the file has proved intact."""
    saved, now = read_intact_plan(path, document), datetime.now(UTC)
    connection = connect()
    check_account(connection, saved.account)
    check_not_expired(saved, now)
    plan = _rebuild_plan(path, document, saved, connection, options)
    check_calls(connection, plan.steps)
    return ConnectedPlan(plan, connection, lambda: plan_remaining(saved, connection, options), now, is_saved=True)


def check_not_expired(saved: SavedPlan, now: datetime) -> None:
    """Raise ReconcileError if something in the plan has reached its `expires` since the plan was made."""
    if saved.valid_until is not None and saved.valid_until <= now:
        summary = f"This plan was valid until {saved.valid_until:%Y-%m-%d %H:%M} UTC; nothing was written."
        detail = "Something that it changes has reached its `expires` since."
        raise make_error("stale-plan", summary, detail, "Run `reconcile plan` again.")


def _rebuild_plan(
    path: Path, document: Mapping[str, Any], saved: SavedPlan, connection: Connection, options: PlanOptions
) -> Plan:
    """Build the plan from live IAM. If a read of its part of the account is not conclusive, read all of it.

    Raises ReconcileError if live IAM has changed, or the file does not fit the rebuilt plan.
    """
    live = _check_still_live(saved, _read_live(saved, connection))
    plan = rebuild_plan(saved, live, options, AwsNames())
    if live.known_addresses is not None:
        is_enough = _is_conclusive(plan, live) and _is_accounted_for(document, saved, plan, live)
        if is_enough and not options.refuse_widening:
            return _restore_access(plan, saved)
        live = _check_still_live(saved, _read_account(saved, connection))
        plan = rebuild_plan(saved, live, options, AwsNames())
    if not _is_accounted_for(document, saved, plan, live):
        raise _explain_misfit(path, document, saved, plan)
    return plan


def _explain_misfit(path: Path, document: Mapping[str, Any], saved: SavedPlan, plan: Plan) -> ReconcileError:
    """Return the error that a plan file does not fit its rebuilt plan: who has gained or lost what, if that is why."""
    try:
        changed = list(find_changed_items("plan-not-accounted-for", restore_plan(document, saved), plan))
    except (ValueError, KeyError, TypeError, AttributeError):  # only an edited file has other changes
        changed = []
    detail = "Its calls are not those that its changes need now, or it was edited and its checksum with it."
    misfit = make_error(
        "plan-not-accounted-for",
        f"The plan {path} no longer fits; nothing was written.",
        "" if changed else detail,
        "Run `reconcile plan` again.",
    )
    return ReconcileError([*changed, *misfit.problems])


def plan_remaining(saved: SavedPlan, connection: Connection, options: PlanOptions) -> Plan:
    """Return the remaining plan, from a fresh read. If a part of the account is not conclusive, read all of it."""
    live = _read_live(saved, connection)
    names = _find_names(saved)
    plan = rebuild_plan(saved, live, options, names)
    return plan if _is_conclusive(plan, live) else rebuild_plan(saved, _read_account(saved, connection), options, names)


def _find_names(saved: SavedPlan) -> AwsNames | None:
    """Return AWS's lists if the plan has assertions, which these help to decide; None to be quicker."""
    return AwsNames() if saved.assertions else None


def _is_conclusive(plan: Plan, live: State) -> bool:
    """Return whether a plan made from `live`, a part of the account, would be the same for the whole account."""
    return live.known_addresses is None or (plan.is_safe and not order_depends_on_unread(plan, live))


def _check_still_live(saved: SavedPlan, live: State) -> State:
    """Return live IAM with the plan's entities in the file's spelling. Raises ReconcileError if they have changed."""
    changed = find_stale_entities(saved, live)
    if changed:
        stale = make_error(
            "stale-plan",
            "The account has changed since this plan was made; nothing was written.",
            hint="Run `reconcile plan` again.",
        )
        raise ReconcileError([*changed, *stale.problems])
    return use_saved_spelling(saved, live)


def _restore_access(plan: Plan, saved: SavedPlan) -> Plan:
    """Return the plan with the access section of the plan file, which a part of the account cannot show.

    A finding says so, because no check covers that section of the file.
    """
    if saved.access == AccessDelta():
        return replace(plan, risk=saved.risk)
    summary = "Who gains and loses access is taken from the plan file: only the plan's own entities were read again."
    note = Problem(Level.INFO, "access-as-saved", summary)
    return replace(plan, access=saved.access, risk=saved.risk, findings=(*plan.findings, note))


def _read_live(saved: SavedPlan, connection: Connection) -> State:
    """Read the entities that the plan and its guards need; the whole account if that is needed or takes fewer calls."""
    live = _read_part(saved, connection)
    return _read_account(saved, connection) if live is None else _complete_reads(saved, live, connection)


def _read_part(saved: SavedPlan, connection: Connection) -> State | None:
    """Read the entities that the plan and its guards need, one by one; None if the whole account must be read."""
    if needs_whole_account(saved):
        return None
    reader, live = PartialReader(connection), make_empty_state(connection)
    requested: set[Address] = set()
    while missing := find_unread(saved, live):
        requested |= missing
        if count_entity_calls(requested) > saved.reads:
            return None
        extended = reader.read_entities(missing, live)
        if extended is None:  # AWS denied a single read; the paged reads may be allowed
            return None
        live = extended
    return None if is_insufficient(saved, live) else live


def _read_account(saved: SavedPlan, connection: Connection) -> State:
    return _complete_reads(saved, snapshot.read_account(connection, saved.after.keys()), connection)


def _complete_reads(saved: SavedPlan, live: State, connection: Connection) -> State:
    while questions := find_followup_reads(compare_with_live(saved, live)):
        live = snapshot.complete_state(connection, live, questions)
    return live


def _is_accounted_for(document: Mapping[str, Any], saved: SavedPlan, plan: Plan, live: State) -> bool:
    """Return whether the plan file fits the plan that was rebuilt from its entities.

    Both must have the same changes and totals, and no entity may be in one of them only. Two things in the file are
    checked by their effects, because the checksum does not stop a forger: the owner, whose tag each created or adopted
    entity must carry; and the settings, with which each refusal of the file must still occur without flags. Refusals
    `_OF_THE_RUN` are left out: the caller may be another one now, and may read more.
    """
    codes = {
        (item.code, item.address) for item in rebuild_plan(saved, live, PlanOptions(), _find_names(saved)).findings
    }
    return (
        plan.partition == saved.partition
        and has_same_changes(document, plan)
        and document.get("safe") is not bool(saved.refusals)
        and not any(
            owner_of(entity) not in (None, saved.owner) for entity in saved.desired_entities.values() if saved.owner
        )
        and {change.address for change in plan.changes} == set(saved.after)
        and all(refusal in codes for refusal in saved.refusals if refusal[0] not in _OF_THE_RUN)
    )
