"""Make the plan of a plan file again as it was reviewed, from the file alone. Pure.

It is for reading only. The calls are those that the file lists, without the place that the planner gave them; an apply
computes them anew (`saved_plan.py:rebuild_plan`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.model.address import Address
from reconciler.model.effects import Effect
from reconciler.model.plan import Call, Change, Phase, Plan, ServiceManagedEntity, Step, UnmanagedEntity
from reconciler.plan.compare.diff import compare_entity
from reconciler.plan.saved.saved_plan import SavedPlan
from reconciler.plan.saved.shown_section import ShownSection, read_findings, read_shown_section
from reconciler.plan.saved.strict_json import (
    MalformedPlan,
    take_address,
    take_integer,
    take_list,
    take_mapping,
    take_object,
    take_text,
)


def restore_plan(document: Mapping[str, Any], saved: SavedPlan) -> Plan:
    """Return the plan of a plan file, to be shown.

    document: the content of the file. saved: what `read_saved_plan` made of it. Raises MalformedPlan if the listed
    changes are not those of the saved entities.
    """
    shown = read_shown_section(document["saved"])
    steps = dict(_read_steps(document))
    return Plan(
        account=saved.account,
        account_alias=saved.account_alias,
        caller=saved.caller,
        files=saved.files,
        partition=saved.partition,
        owner=saved.owner,
        settings=saved.settings,
        changes=tuple(_build_changes(document, saved, steps)),
        steps=tuple(step for _, step in sorted(steps.items())),
        findings=tuple(read_findings(document, shown.sentences)),
        access=saved.access,
        risk=saved.risk,
        is_reversible=saved.is_reversible,
        targets=saved.targets,
        moves=saved.moves,
        undone_owners=saved.undone_owners,
        places=saved.saved_places,
        assertions=saved.assertions,
        valid_until=saved.valid_until,
        unmanaged=_read_unmanaged(document, shown),
        left_alone=tuple(_read_left_alone(document)),
        goal=shown.goal,
        user_count=shown.users,
        reads=saved.reads,
        guardrails=saved.guardrails,
    )


def _read_steps(document: Mapping[str, Any]) -> Iterator[tuple[int, Step]]:
    """Yield each call of the file with its `seq`."""
    for number, change in enumerate(take_list(document["changes"], "changes")):
        path = f"changes[{number}]"
        address = take_address(change["address"], f"{path}.address")
        for item in take_list(change["calls"], f"{path}.calls"):
            call = take_object(item, f"{path}.calls", ("operation", "parameters", "seq"))
            operation = take_text(call["operation"], f"{path}.calls.operation")
            parameters = take_mapping(call["parameters"], f"{path}.calls.parameters")
            step = Step(address, Call(operation, parameters), Effect(address, operation), Phase.CREATE)
            yield take_integer(call["seq"], f"{path}.calls.seq"), step


def _build_changes(document: Mapping[str, Any], saved: SavedPlan, steps: Mapping[int, Step]) -> Iterator[Change]:
    by_address: dict[Address, list[Step]] = {}
    for _, step in sorted(steps.items()):
        by_address.setdefault(step.address, []).append(step)
    for item in document["changes"]:
        address = take_address(item["address"], "changes.address")
        if address not in saved.after:
            raise MalformedPlan(f"changes lists {address}, and saved.entities does not.")
        before, after = saved.before[address], saved.after[address]
        one = compare_entity(before, after, saved.owner, saved.reasons[address], saved.renames.get(address))
        if one is not None:
            own = tuple(by_address.get(address, ()))
            yield Change(one.address, one.action, one.fields, own, one.reason, one.before, one.after)


def _read_unmanaged(document: Mapping[str, Any], shown: ShownSection) -> tuple[UnmanagedEntity, ...] | None:
    if "unmanaged" not in document:
        return None
    addresses = (take_address(item, "unmanaged") for item in take_list(document["unmanaged"], "unmanaged"))
    return tuple(UnmanagedEntity(address, shown.owners.get(address)) for address in addresses)


def _read_left_alone(document: Mapping[str, Any]) -> Iterator[ServiceManagedEntity]:
    for row in document.get("left_alone", ()):
        address = take_address(row["address"], "left_alone.address")
        yield ServiceManagedEntity(address, take_text(row["reason"], "left_alone.reason"))
