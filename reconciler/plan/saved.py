"""What a saved plan holds beside the JSON plan, and making a plan of it again against live IAM.

Nothing in a plan file is trusted: it says what each entity must look like, and the planner works out the calls
again. A file whose calls are not those, or whose starting point is no longer live, is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from reconciler.kinds.view import differences
from reconciler.model.address import Address
from reconciler.model.entity import Entity
from reconciler.model.plan import Plan
from reconciler.model.problem import Level, Problem
from reconciler.model.state import Desired, Settings, State
from reconciler.plan.build import assembled
from reconciler.plan.codec import decoded, encoded
from reconciler.plan.diff import Difference, difference_of
from reconciler.plan.fingerprint import fingerprint
from reconciler.plan.moves import followed, moved_arns
from reconciler.plan.options import Allowed
from reconciler.plan.questions import Questions, questions_about


@dataclass(frozen=True)
class Saved:
    """Before and after of every touched entity, as they were planned; `reasons` for display.

    refusals: code and address of each error that the plan had.
    """

    account: str
    partition: str
    owner: str | None
    settings: Settings
    before: Mapping[Address, Entity | None]
    after: Mapping[Address, Entity | None]
    reasons: Mapping[Address, str]
    refusals: frozenset[tuple[str, Address | None]]

    @property
    def wanted(self) -> dict[Address, Entity]:
        return {address: entity for address, entity in self.after.items() if entity is not None}


def saved_part(plan: Plan) -> dict[str, Any]:
    """The `saved` object of a plan file: settings, and each touched entity with its fingerprints."""
    return {
        "partition": plan.partition,
        "settings": _settings_dict(plan.settings),
        "entities": {
            str(change.address): {
                "reason": change.reason,
                "before": encoded(change.before) if change.before else None,
                "after": encoded(change.after) if change.after else None,
                "fingerprint": {"before": fingerprint(change.before), "after": fingerprint(change.after)},
            }
            for change in plan.changes
        },
    }


def _settings_dict(settings: Settings) -> dict[str, Any]:
    found = {field.name: getattr(settings, field.name) for field in fields(settings)}
    return found | {"ignore": list(settings.ignore), "break_glass": [str(item) for item in settings.break_glass]}


def read_saved(document: Mapping[str, Any]) -> Saved:
    """A plan file's content → Saved. ValueError, KeyError, TypeError or AttributeError where it is not one."""
    part = document["saved"]
    before: dict[Address, Entity | None] = {}
    after: dict[Address, Entity | None] = {}
    reasons: dict[Address, str] = {}
    for name, entry in part["entities"].items():
        address = Address.parse(name)
        for side, found in (("before", before), ("after", after)):
            entity = decoded(address.kind, entry[side], part["partition"]) if entry[side] is not None else None
            if fingerprint(entity) != entry["fingerprint"][side] or (entity and entity.address != address):
                raise ValueError(f"{name}: not what its fingerprint says")
            found[address] = entity
        reasons[address] = entry["reason"]
    settings = _settings(part["settings"])
    refusals = frozenset(
        (str(item["code"]), Address.parse(item["address"]) if "address" in item else None)
        for item in document["findings"]
        if item["level"] == Level.ERROR
    )
    return Saved(document["account"], part["partition"], document["owner"], settings, before, after, reasons, refusals)


def _settings(saved: Mapping[str, Any]) -> Settings:
    """ValueError where a value is not of its type."""
    found = Settings(
        **{
            **saved,
            "ignore": tuple(map(str, saved["ignore"])),
            "break_glass": tuple(map(Address.parse, saved["break_glass"])),
        }
    )
    numbers = (found.max_deletes, found.max_delete_percent, found.max_removals)
    if not all(isinstance(number, int | float) for number in numbers):
        raise ValueError("a threshold is no number")
    return found


def stale(saved: Saved, live: State) -> list[Problem]:
    """What has changed since the plan was made, field by field; empty where its starting point is still live."""
    found = []
    moves = moved_arns(saved.wanted, live)
    for address, before in saved.before.items():
        now = followed(live.entities.get(address), moves)
        if fingerprint(now) != fingerprint(before):
            found.append(Problem(Level.ERROR, "stale-plan", _since(address, before, now), address=address))
    return found


def _since(address: Address, before: Entity | None, now: Entity | None) -> str:
    if before is None:
        return f"{address} did not exist when the plan was made; now it does."
    if now is None:
        return f"{address} existed when the plan was made; now it does not."
    paths = ", ".join(field.path for field in differences(before, now))
    return f"{address} has changed since the plan was made: {paths}."


def as_saved(saved: Saved, live: State) -> State:
    """Live IAM with the touched entities as the file spells them: they mean the same, or the plan is stale."""
    before = {address: entity for address, entity in saved.before.items() if entity is not None}
    return replace(live, entities={**live.entities, **before})


def rebuilt(saved: Saved, live: State, allowed: Allowed) -> Plan:
    """The plan that reaches what was saved from what is live now."""
    return assembled(_desired(saved), saved.wanted, live, _differences(saved, live), allowed)


def saved_questions(saved: Saved, live: State) -> Questions:
    """What `rebuilt` must ask of live IAM."""
    return questions_about(_desired(saved), saved.wanted, live, _differences(saved, live))


def _differences(saved: Saved, live: State) -> list[Difference]:
    moves = moved_arns(saved.wanted, live)
    found = (
        difference_of(followed(live.entities.get(address), moves), after, saved.owner, saved.reasons[address])
        for address, after in saved.after.items()
    )
    return [difference for difference in found if difference is not None]


def _desired(saved: Saved) -> Desired:
    state = State(saved.account, saved.partition, saved.wanted)
    return Desired(state, saved.owner, saved.settings, {}, {})
