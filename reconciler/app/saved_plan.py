"""Saved plans: written by `plan --out`, checked and made again by `apply plan.json`."""

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
"""The sections that an apply works out again; they must be equal to the letter, so that `true` is not 1."""


def document_of(plan: Plan) -> dict[str, Any]:
    """Return a plan file's content, without its checksum."""
    return plan_to_dict(plan) | {"saved": to_saved_section(plan)}


def save_plan(plan: Plan, path: Path) -> None:
    """Write a plan file, whole or not at all. Raises Failed."""
    document = document_of(plan)
    document["integrity"] = compute_digest(document, allow_surrogates=True)
    content = dump_json(document, indent=2).encode(errors="backslashreplace")  # half a character, as JSON has it
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
    """Return the content of a plan file; None if the file is something else (a desired-state file). Raises Failed."""
    content = b""
    flaws: list[str] = []
    try:
        content = read_regular(path, LARGEST_RECORD)
        document = parse_strict_json(content, flaws) if content.lstrip().startswith(b"{") else None
    except OSError:  # told by whoever reads it as a desired-state file
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
    """A plan file made a plan again: intact, for this account, still live, and accounted for. Raises Failed."""
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
    """Raise Failed if something that the plan changes has ended since it was made."""
    if saved.valid_until is not None and saved.valid_until <= now:
        summary = "Something of what the plan changes has ended since it was made (`expires`); nothing was written."
        raise make_error("stale-plan", summary, hint="Plan again.")


def _rebuild_plan(
    path: Path, document: Mapping[str, Any], saved: SavedPlan, connection: Connection, options: PlanOptions
) -> Plan:
    """From what is live now. What a part of the account speaks against is judged by all of it. Raises Failed."""
    live = _check_still_live(saved, _read_live(saved, connection))
    plan = rebuild_plan(saved, live, options)
    if live.known_addresses is not None:
        if _is_conclusive(plan, live) and _is_accounted_for(document, saved, plan, live):
            return _restore_access(plan, saved)
        live = _check_still_live(saved, _read_everything(saved, connection))
        plan = rebuild_plan(saved, live, options)
    if not _is_accounted_for(document, saved, plan, live):
        raise make_error(
            "plan-not-accounted-for",
            f"{path}: its calls are not those that its changes need.",
            detail="It was edited, or what a deleted entity owns has changed.",
            hint="Plan again. Nothing was written.",
        )
    return plan


def plan_remaining(saved: SavedPlan, connection: Connection, options: PlanOptions) -> Plan:
    """Plan what is still to do, from a fresh read. The whole account judges what a part of it speaks against."""
    live = _read_live(saved, connection)
    plan = rebuild_plan(saved, live, options)
    return plan if _is_conclusive(plan, live) else rebuild_plan(saved, _read_everything(saved, connection), options)


def _is_conclusive(plan: Plan, live: State) -> bool:
    """Whether the whole account would say the same of a plan that was made from `live`."""
    return live.known_addresses is None or (plan.is_safe and not order_depends_on_unread(plan, live))


def _check_still_live(saved: SavedPlan, live: State) -> State:
    """What is live, with the touched entities as the file spells them. Raises Failed where they are others by now."""
    changed = find_stale_entities(saved, live)
    if changed:
        ended = make_error("stale-plan", "The plan is stale; nothing was written.", hint="Plan again.")
        raise ReconcileError([*changed, *ended.problems])
    return use_saved_spelling(saved, live)


def _restore_access(plan: Plan, saved: SavedPlan) -> Plan:
    """With who gains and loses access as it was approved: a part of the account does not tell that.

    It is said whose word that is: nothing else vouches for that section of the file.
    """
    if saved.access == AccessDelta():
        return plan
    summary = "Who gains and who loses access is what the plan file says: only what it touches was read again."
    return replace(
        plan, access=saved.access, findings=(*plan.findings, Problem(Level.INFO, "access-as-saved", summary))
    )


def read_intact_plan(path: Path, document: Mapping[str, Any]) -> SavedPlan:
    """Read a plan file's content, if its checksum is right and every value is one that a plan has. Raises Failed."""
    if document.get("format_version") != FORMAT_VERSION:
        raise make_error(
            "plan-version",
            f"{path} has format_version {document.get('format_version')!r}; this version reads {FORMAT_VERSION}.",
            hint="Plan again with this version.",
        )
    content = {key: value for key, value in document.items() if key != "integrity"}
    if "saved" not in document:
        raise make_error("plan-not-saved", f"{path} was printed, not saved.", hint="Write it with `plan --out FILE`.")
    try:
        if document.get("integrity") != compute_digest(content, allow_surrogates=True):
            raise _make_edited_error(path)
        return read_saved_plan(document)
    except MalformedPlan as error:
        raise _make_edited_error(path, str(error)) from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _make_edited_error(path) from None


def _make_edited_error(path: Path, detail: str = "") -> ReconcileError:
    return make_error("plan-edited", f"{path} is not as it was saved.", detail, "Plan again. Nothing was written.")


def _read_live(saved: SavedPlan, connection: Connection) -> State:
    """What the plan touches and what its guards ask about; the whole account where they need it or it costs less."""
    live = _read_part(saved, connection)
    return _read_everything(saved, connection) if live is None else _complete_reads(saved, live, connection)


def _read_part(saved: SavedPlan, connection: Connection) -> State | None:
    """None where the whole account must be read."""
    if needs_whole_account(saved):
        return None
    reader, live = PartialReader(connection), make_empty_state(connection)
    asked: set[Address] = set()
    while missing := find_unread(saved, live):
        asked |= missing
        if count_entity_calls(asked) > saved.reads:
            return None
        more = reader.read_entities(missing, live)
        if more is None:  # the caller may not ask one by one: pages tell what may be read
            return None
        live = more
    return None if is_insufficient(saved, live) else live


def _read_everything(saved: SavedPlan, connection: Connection) -> State:
    return _complete_reads(saved, snapshot.read_account(connection, saved.after.keys()), connection)


def _complete_reads(saved: SavedPlan, live: State, connection: Connection) -> State:
    while questions := find_followup_reads(compare_with_live(saved, live)):
        live = snapshot.complete_state(connection, live, questions)
    return live


def _is_accounted_for(document: Mapping[str, Any], saved: SavedPlan, plan: Plan, live: State) -> bool:
    """Whether the file says what its entities need: the same changes and totals, no entity beside, no refusal less.

    What it creates or adopts must carry the tag of the owner that it names: nothing else vouches for that name.
    What the file was refused for must still be refused where no flag allows it: its settings decide that, and
    nothing else vouches for them. The lockout guard speaks of the caller, who may be another by now.
    """
    still = {(item.code, item.address) for item in rebuild_plan(saved, live, PlanOptions()).findings}
    return (
        plan.partition == saved.partition
        and has_same_changes(document, plan)
        and document.get("safe") is not bool(saved.refusals)
        and not any(
            owner_of(entity) not in (None, saved.owner) for entity in saved.desired_entities.values() if saved.owner
        )
        and {change.address for change in plan.changes} == set(saved.after)
        and all(refusal in still for refusal in saved.refusals if refusal[0] != "lockout")
    )


def has_same_changes(document: Mapping[str, Any], plan: Plan, *, in_order: bool = True) -> bool:
    """Tell whether a plan file lists exactly the changes, calls and totals of a plan; in_order: and their order."""
    both = [{key: side[key] for key in _DERIVED_SECTIONS} for side in (document, _recompute_sections(plan))]
    if not in_order:
        both = [side | {"changes": list(map(_drop_order, side["changes"]))} for side in both]
    return compute_digest(both[0]) == compute_digest(both[1])


def _drop_order(change: Mapping[str, Any]) -> dict[str, Any]:
    calls = ({key: value for key, value in call.items() if key != "seq"} for call in change["calls"])
    return {**change, "calls": sorted(calls, key=compute_digest)}


def _recompute_sections(plan: Plan) -> dict[str, Any]:
    """Return the changes and their totals as they read back from a file."""
    document = plan_to_dict(plan)
    found: dict[str, Any] = json.loads(json.dumps({key: document[key] for key in _DERIVED_SECTIONS}))
    return found
