"""Keep the lines of a plan's entities and statements in a plan file, so that an apply names them as the plan did.

They are for messages only. A plan that names no line does not have them, so that files that mean the same give the same
plan; nor do plan files of earlier versions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple
from typing import Any

from reconciler.model.address import Address
from reconciler.model.plan import Plan
from reconciler.model.problem import Place
from reconciler.plan.saved.strict_json import (
    MalformedPlan,
    take_address,
    take_integer,
    take_list,
    take_mapping,
    take_text,
)


def names_lines(plan: Plan) -> bool:
    """Return whether the plan names a line of a file in its risk, findings or permissions."""
    permissions = plan.access.permissions
    places = [row.place for row in (*permissions.gained, *permissions.changed, *permissions.lost)]
    places += [reason.place for reason in plan.risk.reasons] + [finding.place for finding in plan.findings]
    return any(places)


def to_places_section(plan: Plan) -> dict[str, Any]:
    """Return the `saved.places` object of a plan file: the entities that it changes or has something to say about."""
    if not names_lines(plan):
        return {}
    addresses = {change.address for change in plan.changes} | {reason.address for reason in plan.risk.reasons}
    for finding in plan.findings:
        addresses |= {*finding.addresses, *([finding.address] if finding.address else [])}
    return {str(address): encode_place(plan.places[address]) for address in sorted(addresses & plan.places.keys())}


def read_places_section(saved: Mapping[str, Any]) -> dict[Address, Place]:
    """Return the line of each entity. Raises MalformedPlan, like every function of this module."""
    path = "saved.places"
    items = take_mapping(saved.get("places", {}), path)
    return {take_address(name, path): read_place(item, path) for name, item in items.items()}


def encode_place(place: Place) -> list[Any]:
    """Return one place as a JSON value: file, line and column."""
    return list(astuple(place))


def read_place(value: object, path: str) -> Place:
    """Return one place."""
    parts = take_list(value, path)
    if len(parts) != 3:
        raise MalformedPlan(f"{path} has a place that is not a file, a line and a column.")
    return Place(take_text(parts[0], path), take_integer(parts[1], path), take_integer(parts[2], path))
