"""Write and read the `saved` section of a plan file, and make the plan again against live IAM.

A plan file is not trusted. It says what each entity must look like, and the planner computes the calls again. The file
is refused if its calls differ from these, or if the account has changed since.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass, field, replace
from datetime import datetime
from typing import Any

from reconciler.kinds.comparison import diff_entities
from reconciler.kinds.registry import KINDS_BY_NAME
from reconciler.model.address import Address
from reconciler.model.assertions import Assertion
from reconciler.model.desired import Desired, Move, Settings
from reconciler.model.entity import Entity
from reconciler.model.guardrails import Guardrails
from reconciler.model.live import State
from reconciler.model.permissions import ActionCatalogue
from reconciler.model.plan import AccessDelta, Plan
from reconciler.model.problem import Level, Place, Problem
from reconciler.model.risk import NO_RISK, Risk
from reconciler.plan.build import assemble_plan
from reconciler.plan.compare.arn_changes import find_arn_changes, follow_arn_changes
from reconciler.plan.compare.comparison import Comparison
from reconciler.plan.compare.diff import compare_entity
from reconciler.plan.compare.renames import apply_renames, find_renames, find_replacements
from reconciler.plan.options import PlanOptions
from reconciler.plan.saved.access_section import read_access
from reconciler.plan.saved.assertions_section import read_assertions, to_assertions_section
from reconciler.plan.saved.codec import decode_entity, encode_entity
from reconciler.plan.saved.fingerprint import fingerprint_of
from reconciler.plan.saved.guardrails_section import read_guardrails_section, to_guardrails_section
from reconciler.plan.saved.places_section import names_lines, read_places_section, to_places_section
from reconciler.plan.saved.reviewed_sections import read_risk
from reconciler.plan.saved.sections import (
    DOCUMENT_KEYS,
    OPTIONAL_DOCUMENT_KEYS,
    check_unused_rows,
    read_account,
    read_account_alias,
    read_moves,
    read_optional_text,
    read_owner,
    read_partition,
    read_refusals,
    read_settings,
    read_targets,
    read_undone_owners,
    to_settings_section,
)
from reconciler.plan.saved.shown_section import to_shown_section
from reconciler.plan.saved.strict_json import (
    MalformedPlan,
    take_address,
    take_flag,
    take_integer,
    take_mapping,
    take_object,
    take_text,
    take_texts,
)
from reconciler.policy.timestamps import format_timestamp, parse_timestamp

_SAVED_KEYS = ("partition", "settings", "valid_until", "moves", "entities")
_OPTIONAL_SAVED_KEYS = ("reads", "shown", "guardrails", "assertions", "undone_owners", "places")
_ENTITY_KEYS = ("reason", "renamed", "before", "after", "fingerprint")


@dataclass(frozen=True)
class SavedPlan:
    """A plan as a file holds it: every touched entity before and after.

    before: the entity before the plan, by its new name if the plan renames it; None if it does not exist.
    after: the entity after the plan; None if the plan deletes it.
    reasons: the reason of each change, to show.
    refusals: the code and the address of each error of the plan.
    renames: the renamed entities, new address → old.
    valid_until: the time at which the file asks for something else; None if it never does.
    access: the access that the plan gives and takes, as it was shown for approval.
    risk, is_reversible: as in `Plan`, as they were shown; plans of earlier versions lack them.
    reads: the estimated number of calls to read the whole account; 0 if not known.
    targets: the addresses of --target.
    account_alias: the alias of the account, as it was shown for approval; None if there was none.
    caller, files: as in `Plan`, as they were shown.
    guardrails: those of the files; None if they name none.
    assertions: those of the files, which an apply checks again.
    undone_owners, saved_places: as in `Desired`.
    """

    account: str
    partition: str
    owner: str | None
    settings: Settings
    before: Mapping[Address, Entity | None]
    after: Mapping[Address, Entity | None]
    reasons: Mapping[Address, str]
    refusals: frozenset[tuple[str, Address | None]]
    moves: tuple[Move, ...]
    renames: Mapping[Address, Address]
    valid_until: datetime | None
    access: AccessDelta
    reads: int
    risk: Risk = NO_RISK
    is_reversible: bool = True
    targets: tuple[Address, ...] = ()
    account_alias: str | None = None
    caller: str = ""
    files: tuple[str, ...] = ()
    guardrails: Guardrails | None = None
    assertions: tuple[Assertion, ...] = ()
    undone_owners: frozenset[str] = frozenset()
    saved_places: Mapping[Address, Place] = field(default_factory=dict)

    @property
    def desired_entities(self) -> dict[Address, Entity]:
        """Return the touched entities that exist after the plan."""
        return {address: entity for address, entity in self.after.items() if entity is not None}


def to_saved_section(plan: Plan) -> dict[str, Any]:
    """Return the `saved` object of a plan file: settings, and each touched entity with its fingerprints."""
    with_lines = names_lines(plan)
    return {
        "partition": plan.partition,
        "settings": to_settings_section(plan.settings),
        "valid_until": format_timestamp(plan.valid_until) if plan.valid_until else None,
        "reads": plan.reads,
        "shown": to_shown_section(plan),
        **({"guardrails": to_guardrails_section(plan.guardrails)} if plan.guardrails else {}),
        **({"assertions": to_assertions_section(plan.assertions)} if plan.assertions else {}),
        **({"places": places} if (places := to_places_section(plan)) else {}),
        **({"undone_owners": sorted(plan.undone_owners)} if plan.undone_owners else {}),
        "moves": [[str(move.old), str(move.new), *astuple(move.place)] for move in plan.moves],
        "entities": {
            str(change.address): {
                "reason": change.reason,
                "renamed": next((field.before for field in change.fields if field.path == "name"), None),
                "before": encode_entity(change.before) if change.before else None,
                "after": encode_entity(change.after, with_lines=with_lines) if change.after else None,
                "fingerprint": {"before": fingerprint_of(change.before), "after": fingerprint_of(change.after)},
            }
            for change in plan.changes
        },
    }


def read_saved_plan(document: Mapping[str, Any]) -> SavedPlan:
    """Return the plan of a plan file's content.

    Raises MalformedPlan, ValueError, KeyError, TypeError or AttributeError if it is not a plan.
    """
    take_object(document, "the plan", DOCUMENT_KEYS, OPTIONAL_DOCUMENT_KEYS)
    part = take_object(document["saved"], "saved", _SAVED_KEYS, _OPTIONAL_SAVED_KEYS)
    partition = read_partition(part)
    before: dict[Address, Entity | None] = {}
    after: dict[Address, Entity | None] = {}
    reasons: dict[Address, str] = {}
    renames: dict[Address, Address] = {}
    for name, value in take_mapping(part["entities"], "saved.entities").items():
        path = f"saved.entities[{name!r}]"
        address, entry = take_address(name, path, tuple(KINDS_BY_NAME)), take_object(value, path, _ENTITY_KEYS)
        if address in before:
            raise MalformedPlan(f"{path} occurs twice, in different letter case.")
        before[address] = _read_side("before", address, entry, partition, path)
        after[address] = _read_side("after", address, entry, partition, path)
        reasons[address] = take_text(entry["reason"], f"{path}.reason")
        if entry["renamed"] is not None:
            renames[address] = Address(address.kind, take_text(entry["renamed"], f"{path}.renamed"))
    until = part["valid_until"]
    check_unused_rows(document)
    return SavedPlan(
        account=read_account(document),
        partition=partition,
        owner=read_owner(document),
        settings=read_settings(part),
        before=before,
        after=after,
        reasons=reasons,
        refusals=read_refusals(document),
        moves=read_moves(part),
        renames=renames,
        valid_until=parse_timestamp(take_text(until, "saved.valid_until")) if until is not None else None,
        access=read_access(document),
        risk=read_risk(document["risk"]) if "risk" in document else NO_RISK,
        is_reversible=take_flag(document.get("reversible", True), "reversible"),
        reads=take_integer(part.get("reads", 0), "saved.reads"),
        targets=read_targets(document),
        account_alias=read_account_alias(document),
        guardrails=read_guardrails_section(part, partition),
        caller=read_optional_text(document, "caller"),
        files=take_texts(document.get("files", []), "files"),
        assertions=read_assertions(part),
        undone_owners=read_undone_owners(document),
        saved_places=read_places_section(part),
    )


def _read_side(side: str, address: Address, entry: Mapping[str, Any], partition: str, path: str) -> Entity | None:
    """Return an entity before or after the plan. Raises MalformedPlan if its fingerprint is another."""
    value = entry[side]
    entity = decode_entity(address.kind, value, partition, f"{path}.{side}") if value is not None else None
    marks = take_object(entry["fingerprint"], f"{path}.fingerprint", ("before", "after"))
    if fingerprint_of(entity) != marks[side] or (entity and entity.address != address):
        raise MalformedPlan(f"{path}.{side} does not match its fingerprint.")
    return entity


def find_stale_entities(saved: SavedPlan, live: State) -> list[Problem]:
    """Return an error for each touched entity that has changed since the plan was made."""
    problems = list(_find_blocked_renames(saved, live))
    live = _apply_pending_renames(saved, live)
    moves = find_arn_changes(saved.desired_entities, live)
    for address, before in saved.before.items():
        now = _drop_unplanned_fields(follow_arn_changes(live.entities.get(address), moves), before)
        if fingerprint_of(now) != fingerprint_of(before):
            problems.append(Problem(Level.ERROR, "stale-plan", _describe_change(address, before, now), address=address))
    return problems


def _drop_unplanned_fields(now: Entity | None, before: Entity | None) -> Entity | None:
    """Return a live entity without the fields that were not read when the plan was made (a policy's description)."""
    names = before.left_if_absent if before else ()
    unasked: dict[str, Any] = {name: None for name in names if getattr(before, name) is None}
    return replace(now, **unasked) if now and unasked else now


def _find_blocked_renames(saved: SavedPlan, live: State) -> Iterator[Problem]:
    """Yield an error for each rename that is no longer possible: the old name is gone, or the new name is taken."""
    for new, old in saved.renames.items():
        if old not in live.entities:
            summary = f"{old} existed when the plan was made; now it does not."
            yield Problem(Level.ERROR, "stale-plan", summary, address=old)
        elif new in live.entities:
            summary = f"{new} did not exist when the plan was made; now it does."
            yield Problem(Level.ERROR, "stale-plan", summary, address=new)


def _find_pending_renames(saved: SavedPlan, live: State) -> dict[Address, Address]:
    """Return the renames that are still to be made, new address → old."""
    return {new: old for new, old in find_renames(desired_of(saved), live).items() if new in saved.renames}


def _apply_pending_renames(saved: SavedPlan, live: State) -> State:
    return apply_renames(live, _find_pending_renames(saved, live))


def _describe_change(address: Address, before: Entity | None, now: Entity | None) -> str:
    if before is None:
        return f"{address} did not exist when the plan was made; now it does."
    if now is None:
        return f"{address} existed when the plan was made; now it does not."
    paths = ", ".join(field.path for field in diff_entities(before, now))
    return f"{address} has changed since the plan was made: {paths}."


def use_saved_spelling(saved: SavedPlan, live: State) -> State:
    """Return the live account with the touched entities as the plan file spells them; both mean the same."""
    before = {address: entity for address, entity in saved.before.items() if entity is not None}
    names = {old: new for new, old in saved.renames.items()}
    as_before = apply_renames(replace(live, entities=before), names)
    return replace(live, entities={**live.entities, **as_before.entities})


def rebuild_plan(saved: SavedPlan, live: State, options: PlanOptions, catalogue: ActionCatalogue | None = None) -> Plan:
    """Return the plan from the live account to the saved entities. catalogue: see `build_plan`."""
    plan = assemble_plan(compare_with_live(saved, live), options, catalogue=catalogue)
    return replace(plan, account_alias=plan.account_alias or saved.account_alias, files=saved.files)


def compare_with_live(saved: SavedPlan, live: State) -> Comparison:
    """Compare the saved entities with the live account."""
    desired, renames = desired_of(saved), _find_pending_renames(saved, live)
    baseline = apply_renames(live, renames)
    moves = find_arn_changes(saved.desired_entities, baseline)
    candidates = (
        compare_entity(
            follow_arn_changes(baseline.entities.get(address), moves),
            after,
            saved.owner,
            saved.reasons[address],
            renames.get(address),
        )
        for address, after in saved.after.items()
    )
    differences = tuple(difference for difference in candidates if difference is not None)
    replaced = find_replacements(desired, live)
    return Comparison(desired, saved.desired_entities, live, baseline, renames, replaced, differences)


def desired_of(saved: SavedPlan) -> Desired:
    """Return the saved entities and settings as the meaning of a file."""
    state = State(saved.account, saved.partition, saved.desired_entities, guardrails=saved.guardrails)
    names = ("moves", "assertions", "undone_owners", "saved_places")
    further: dict[str, Any] = {name: getattr(saved, name) for name in names}
    return Desired(state, saved.owner, saved.settings, {}, {}, **further)
