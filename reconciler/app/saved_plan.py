"""Write saved plans (`plan --out`), and check and rebuild them (`apply plan.json`)."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reconciler.app.plan import ConnectedPlan, PlanRequest
from reconciler.aws import snapshot
from reconciler.aws.known_calls import check_calls
from reconciler.aws.partial_read import PartialReader, make_empty_state
from reconciler.aws.session import Connection, check_account
from reconciler.desired.aws_names import AwsNames
from reconciler.desired.load import is_plan
from reconciler.files import atomic
from reconciler.files.bounded_reads import LARGEST_RECORD, read_regular
from reconciler.files.outputs import check_folder, is_stream, open_stream
from reconciler.model.address import Address
from reconciler.model.live import State
from reconciler.model.plan import AccessDelta, Plan
from reconciler.model.problem import Level, Problem, ReconcileError, make_error
from reconciler.plan.compare.ownership import owner_of
from reconciler.plan.followup_reads import find_followup_reads
from reconciler.plan.options import PlanOptions
from reconciler.plan.read_cost import count_entity_calls
from reconciler.plan.saved.fingerprint import compute_digest
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
    read_saved_plan,
    rebuild_plan,
    to_saved_section,
    use_saved_spelling,
)
from reconciler.plan.saved.strict_json import MalformedPlan, parse_strict_json
from reconciler.render.json_text import dump_json
from reconciler.render.plan_json import FORMAT_VERSION, plan_to_dict

_DERIVED_SECTIONS = ("summary", "changes")
"""The sections that an apply computes again. They must be equal as JSON, so that `true` is not 1."""


def document_of(plan: Plan) -> dict[str, Any]:
    """Return the content of a plan file, without its checksum."""
    return plan_to_dict(plan) | {"saved": to_saved_section(plan)}


def save_plan(plan: Plan, path: Path) -> None:
    """Write a plan file as a whole. Raises ReconcileError if it cannot be written."""
    document = document_of(plan)
    document["integrity"] = compute_digest(document, allow_surrogates=True)
    content = dump_json(document, indent=2).encode(errors="backslashreplace")  # JSON may hold a lone surrogate
    try:
        if is_stream(path):
            with os.fdopen(open_stream(path), "wb") as file:
                file.write(content)
            return
        check_folder(path, os.environ)
        atomic.replace_file(path, content, atomic.PRIVATE_FILE, follow=False)
    except OSError as error:
        summary = f"Cannot write the plan to {path}: {error.strerror or error}."
        raise make_error("cannot-write", summary, hint="Name another file with --out.") from None


def read_plan_document(path: Path) -> Mapping[str, Any] | None:
    """Return the content of a plan file; None for another file. Raises ReconcileError if the plan file was edited."""
    content = b""
    flaws: list[str] = []
    try:
        content = read_regular(path, LARGEST_RECORD)
        document = parse_strict_json(content, flaws) if content.lstrip().startswith(b"{") else None
    except OSError:  # reported when it is read as a desired-state file
        return None
    except (ValueError, RecursionError):
        if is_plan(content):
            raise _make_edited_error(path) from None
        return None
    if not isinstance(document, dict) or "format_version" not in document:
        return None
    if flaws:
        raise _make_edited_error(path, flaws[0])
    return document


def load_saved_plan(path: Path, document: Mapping[str, Any], request: PlanRequest) -> ConnectedPlan:
    """Make a plan from a plan file.

    Raises ReconcileError if the file was edited, has expired, is for another account, or no longer fits live IAM.
    """
    saved, now = read_intact_plan(path, document), datetime.now(UTC)
    connection = request.connect()
    check_account(connection, saved.account)
    check_not_expired(saved, now)
    plan = _rebuild_plan(path, document, saved, connection, request.options)
    check_calls(connection, plan.steps)
    return ConnectedPlan(
        plan, connection, lambda: plan_remaining(saved, connection, request.options), now, is_saved=True
    )


def check_not_expired(saved: SavedPlan, now: datetime) -> None:
    """Raise ReconcileError if something in the plan has reached its `expires` since the plan was made."""
    if saved.valid_until is not None and saved.valid_until <= now:
        summary = f"This plan ended at {saved.valid_until:%Y-%m-%d %H:%M} UTC; nothing was written."
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
        raise make_error(
            "plan-not-accounted-for",
            f"The plan {path} no longer fits; nothing was written.",
            detail="Either the file was edited, or something it deletes has gained or lost keys, devices or policies "
            "since.",
            hint="Run `reconcile plan` again.",
        )
    return plan


def plan_remaining(saved: SavedPlan, connection: Connection, options: PlanOptions) -> Plan:
    """Return the remaining plan, from a fresh read. If a part of the account is not conclusive, read all of it."""
    live = _read_live(saved, connection)
    plan = rebuild_plan(saved, live, options)
    return plan if _is_conclusive(plan, live) else rebuild_plan(saved, _read_account(saved, connection), options)


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


def read_intact_plan(path: Path, document: Mapping[str, Any]) -> SavedPlan:
    """Read the content of a plan file. Raises ReconcileError for a wrong checksum, version or value."""
    if document.get("format_version") != FORMAT_VERSION:
        raise make_error(
            "plan-version",
            f"{path} has format_version {document.get('format_version')!r}, and this version reads {FORMAT_VERSION}.",
            hint="Run `reconcile plan` again with this version.",
        )
    content = {key: value for key, value in document.items() if key != "integrity"}
    if "saved" not in document:
        summary = f"{path} is the printed form of a plan, which cannot be applied."
        raise make_error("plan-not-saved", summary, hint=f"Write it with `reconcile plan --out {path}`.")
    try:
        if document.get("integrity") != compute_digest(content, allow_surrogates=True):
            raise _make_edited_error(path)
        return read_saved_plan(document)
    except MalformedPlan as error:
        raise _make_edited_error(path, str(error)) from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _make_edited_error(path) from None


def _make_edited_error(path: Path, detail: str = "") -> ReconcileError:
    summary = f"The plan {path} was edited or damaged after it was saved; nothing was written."
    return make_error("plan-edited", summary, detail, "Run `reconcile plan` again.")


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
    entity must carry; and the settings, with which each refusal of the file must still occur without flags. A lockout
    is left out, because it depends on the caller, who may be another one now.
    """
    codes = {(item.code, item.address) for item in rebuild_plan(saved, live, PlanOptions()).findings}
    return (
        plan.partition == saved.partition
        and has_same_changes(document, plan)
        and document.get("safe") is not bool(saved.refusals)
        and not any(
            owner_of(entity) not in (None, saved.owner) for entity in saved.desired_entities.values() if saved.owner
        )
        and {change.address for change in plan.changes} == set(saved.after)
        and all(refusal in codes for refusal in saved.refusals if refusal[0] != "lockout")
    )


def has_same_changes(document: Mapping[str, Any], plan: Plan, *, in_order: bool = True) -> bool:
    """Return whether a plan file has exactly the changes, calls and totals of a plan. in_order: and their order."""
    both = [{key: side[key] for key in _DERIVED_SECTIONS} for side in (document, _recompute_sections(plan))]
    if not in_order:
        both = [side | {"changes": list(map(_drop_order, side["changes"]))} for side in both]
    return compute_digest(both[0]) == compute_digest(both[1])


def _drop_order(change: Mapping[str, Any]) -> dict[str, Any]:
    calls = ({key: value for key, value in call.items() if key != "seq"} for call in change["calls"])
    return {**change, "calls": sorted(calls, key=compute_digest)}


def _recompute_sections(plan: Plan) -> dict[str, Any]:
    """Return the changes and totals of a plan as they would be read from a file."""
    document = plan_to_dict(plan)
    sections: dict[str, Any] = json.loads(json.dumps({key: document[key] for key in _DERIVED_SECTIONS}))
    return sections
