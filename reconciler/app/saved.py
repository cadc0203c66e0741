"""Saved plans: written by `plan --out`, checked and made again by `apply plan.json`."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reconciler.app.plan import Planned, Request
from reconciler.assume import atomic
from reconciler.aws import snapshot
from reconciler.aws.known_calls import check_calls
from reconciler.aws.session import Connection, check_account
from reconciler.aws.touched import Reader, nothing_of
from reconciler.desired.load import is_plan
from reconciler.files.outputs import check_folder, is_stream, open_stream
from reconciler.files.reading import LARGEST_RECORD, read_regular
from reconciler.model.address import Address
from reconciler.model.live import State
from reconciler.model.plan import AccessDelta, Plan
from reconciler.model.problem import Failed, Level, Problem, failure
from reconciler.plan.cost import calls_of
from reconciler.plan.fingerprint import digest
from reconciler.plan.options import Allowed
from reconciler.plan.ownership import owner_of
from reconciler.plan.reach import is_too_little, needs_everything, ordered_by_others, unread
from reconciler.plan.saved import Saved, as_saved, read_saved, rebuilt, saved_part, saved_questions, stale
from reconciler.plan.saved_values import MalformedPlan, parse_strictly
from reconciler.render.json_text import json_text
from reconciler.render.plan_json import FORMAT_VERSION, plan_dict

_TOLD = ("summary", "changes")
"""The sections that an apply works out again; they must be equal to the letter, so that `true` is not 1."""


def document_of(plan: Plan) -> dict[str, Any]:
    """Return a plan file's content, without its checksum."""
    return plan_dict(plan) | {"saved": saved_part(plan)}


def save(plan: Plan, path: Path) -> None:
    """Write a plan file, whole or not at all. Raises Failed."""
    document = document_of(plan)
    document["integrity"] = digest(document, of_names=True)
    content = json_text(document, indent=2).encode(errors="backslashreplace")  # half a character, as JSON has it
    try:
        if is_stream(path):
            with os.fdopen(open_stream(path), "wb") as file:
                file.write(content)
            return
        check_folder(path, os.environ)
        atomic.replace(path, content, atomic.PRIVATE_FILE, follow=False)
    except OSError as error:
        summary = f"Cannot write the plan to {path}: {error.strerror or error}."
        raise failure("cannot-write", summary, hint="Name another file with --out.") from None


def saved_document(path: Path) -> Mapping[str, Any] | None:
    """Return the content of a plan file; None if the file is something else (a desired-state file). Raises Failed."""
    content = b""
    flaws: list[str] = []
    try:
        content = read_regular(path, LARGEST_RECORD)
        document = parse_strictly(content, flaws) if content.lstrip().startswith(b"{") else None
    except OSError:  # told by whoever reads it as a desired-state file
        return None
    except (ValueError, RecursionError):
        if is_plan(content):
            raise _edited(path) from None
        return None
    if not isinstance(document, dict) or "format_version" not in document:
        return None
    if flaws:
        raise _edited(path, flaws[0])
    return document


def planned_again(path: Path, document: Mapping[str, Any], request: Request) -> Planned:
    """A plan file made a plan again: intact, for this account, still live, and accounted for. Raises Failed."""
    saved, now = read_intact(path, document), datetime.now(UTC)
    connection = request.connect()
    check_account(connection, saved.account)
    check_not_ended(saved, now)
    plan = _made_again(path, document, saved, connection, request.allowed)
    check_calls(connection, plan.steps)
    return Planned(plan, connection, lambda: plan_the_rest(saved, connection, request.allowed), now, saved=True)


def check_not_ended(saved: Saved, now: datetime) -> None:
    """Raise Failed if something that the plan changes has ended since it was made."""
    if saved.valid_until is not None and saved.valid_until <= now:
        summary = "Something of what the plan changes has ended since it was made (`expires`); nothing was written."
        raise failure("stale-plan", summary, hint="Plan again.")


def _made_again(
    path: Path, document: Mapping[str, Any], saved: Saved, connection: Connection, allowed: Allowed
) -> Plan:
    """From what is live now. What a part of the account speaks against is judged by all of it. Raises Failed."""
    live = _still_live(saved, _live(saved, connection))
    plan = rebuilt(saved, live, allowed)
    if live.known is not None:
        if _settled(plan, live) and _accounted_for(document, saved, plan, live):
            return _as_approved(plan, saved)
        live = _still_live(saved, _everything(saved, connection))
        plan = rebuilt(saved, live, allowed)
    if not _accounted_for(document, saved, plan, live):
        raise failure(
            "plan-not-accounted-for",
            f"{path}: its calls are not those that its changes need.",
            detail="It was edited, or what a deleted entity owns has changed.",
            hint="Plan again. Nothing was written.",
        )
    return plan


def plan_the_rest(saved: Saved, connection: Connection, allowed: Allowed) -> Plan:
    """Plan what is still to do, from a fresh read. The whole account judges what a part of it speaks against."""
    live = _live(saved, connection)
    plan = rebuilt(saved, live, allowed)
    return plan if _settled(plan, live) else rebuilt(saved, _everything(saved, connection), allowed)


def _settled(plan: Plan, live: State) -> bool:
    """Whether the whole account would say the same of a plan that was made from `live`."""
    return live.known is None or (plan.safe and not ordered_by_others(plan, live))


def _still_live(saved: Saved, live: State) -> State:
    """What is live, with the touched entities as the file spells them. Raises Failed where they are others by now."""
    changed = stale(saved, live)
    if changed:
        ended = failure("stale-plan", "The plan is stale; nothing was written.", hint="Plan again.")
        raise Failed([*changed, *ended.problems])
    return as_saved(saved, live)


def _as_approved(plan: Plan, saved: Saved) -> Plan:
    """With who gains and loses access as it was approved: a part of the account does not tell that.

    It is said whose word that is: nothing else vouches for that section of the file.
    """
    if saved.access == AccessDelta():
        return plan
    summary = "Who gains and who loses access is what the plan file says: only what it touches was read again."
    return replace(
        plan, access=saved.access, findings=(*plan.findings, Problem(Level.INFO, "access-as-saved", summary))
    )


def read_intact(path: Path, document: Mapping[str, Any]) -> Saved:
    """Read a plan file's content, if its checksum is right and every value is one that a plan has. Raises Failed."""
    if document.get("format_version") != FORMAT_VERSION:
        raise failure(
            "plan-version",
            f"{path} has format_version {document.get('format_version')!r}; this version reads {FORMAT_VERSION}.",
            hint="Plan again with this version.",
        )
    content = {key: value for key, value in document.items() if key != "integrity"}
    if "saved" not in document:
        raise failure("plan-not-saved", f"{path} was printed, not saved.", hint="Write it with `plan --out FILE`.")
    try:
        if document.get("integrity") != digest(content, of_names=True):
            raise _edited(path)
        return read_saved(document)
    except MalformedPlan as error:
        raise _edited(path, str(error)) from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _edited(path) from None


def _edited(path: Path, why: str = "") -> Failed:
    return failure("plan-edited", f"{path} is not as it was saved.", why, "Plan again. Nothing was written.")


def _live(saved: Saved, connection: Connection) -> State:
    """What the plan touches and what its guards ask about; the whole account where they need it or it costs less."""
    live = _part(saved, connection)
    return _everything(saved, connection) if live is None else _answered(saved, live, connection)


def _part(saved: Saved, connection: Connection) -> State | None:
    """None where the whole account must be read."""
    if needs_everything(saved):
        return None
    reader, live = Reader(connection), nothing_of(connection)
    asked: set[Address] = set()
    while missing := unread(saved, live):
        asked |= missing
        if calls_of(asked) > saved.reads:
            return None
        more = reader.read(missing, live)
        if more is None:  # the caller may not ask one by one: pages tell what may be read
            return None
        live = more
    return None if is_too_little(saved, live) else live


def _everything(saved: Saved, connection: Connection) -> State:
    return _answered(saved, snapshot.read(connection, saved.after.keys()), connection)


def _answered(saved: Saved, live: State, connection: Connection) -> State:
    while questions := saved_questions(saved, live):
        live = snapshot.complete(connection, live, questions)
    return live


def _accounted_for(document: Mapping[str, Any], saved: Saved, plan: Plan, live: State) -> bool:
    """Whether the file says what its entities need: the same changes and totals, no entity beside, no refusal less.

    What it creates or adopts must carry the tag of the owner that it names: nothing else vouches for that name.
    What the file was refused for must still be refused where no flag allows it: its settings decide that, and
    nothing else vouches for them. The lockout guard speaks of the caller, who may be another by now.
    """
    still = {(item.code, item.address) for item in rebuilt(saved, live, Allowed()).findings}
    return (
        plan.partition == saved.partition
        and has_same_changes(document, plan)
        and document.get("safe") is not bool(saved.refusals)
        and not any(owner_of(entity) not in (None, saved.owner) for entity in saved.wanted.values() if saved.owner)
        and {change.address for change in plan.changes} == set(saved.after)
        and all(refusal in still for refusal in saved.refusals if refusal[0] != "lockout")
    )


def has_same_changes(document: Mapping[str, Any], plan: Plan, *, in_order: bool = True) -> bool:
    """Tell whether a plan file lists exactly the changes, calls and totals of a plan; in_order: and their order."""
    both = [{key: side[key] for key in _TOLD} for side in (document, _recompute(plan))]
    if not in_order:
        both = [side | {"changes": list(map(_without_order, side["changes"]))} for side in both]
    return digest(both[0]) == digest(both[1])


def _without_order(change: Mapping[str, Any]) -> dict[str, Any]:
    calls = ({key: value for key, value in call.items() if key != "seq"} for call in change["calls"])
    return {**change, "calls": sorted(calls, key=digest)}


def _recompute(plan: Plan) -> dict[str, Any]:
    """Return the changes and their totals as they read back from a file."""
    document = plan_dict(plan)
    found: dict[str, Any] = json.loads(json.dumps({key: document[key] for key in _TOLD}))
    return found
