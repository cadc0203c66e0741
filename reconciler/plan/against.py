"""Compare a saved plan with the plan that the files of a checkout give. Pure.

`apply plan.json --against FILE` plans those files anew. This compares the two plans, value by value, so that whoever
edits a plan file, and puts its checksum right, changes nothing but whether it is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from reconciler.kinds.view import differences
from reconciler.model.address import Address
from reconciler.model.entity import Entity
from reconciler.model.problem import Level, Problem
from reconciler.model.sentence import listed
from reconciler.plan.fingerprint import fingerprint
from reconciler.plan.saved import Saved

_NAMED = 5
"""How many paths of an entity a message names."""


def differences_between(saved: Saved, given: Saved) -> Iterator[Problem]:
    """Yield an error for each value of a saved plan that is not the one that the files give."""
    yield from _of_the_whole(saved, given)
    for address in sorted({*saved.after, *given.after}):
        if problem := _of_entity(address, saved, given):
            yield problem


def _of_the_whole(saved: Saved, given: Saved) -> Iterator[Problem]:
    for name in ("account", "partition", "owner", "valid_until"):
        values = getattr(saved, name), getattr(given, name)
        if values[0] != values[1]:
            yield _differs(name, *values)
    for setting in fields(saved.settings):
        values = getattr(saved.settings, setting.name), getattr(given.settings, setting.name)
        if values[0] != values[1]:
            yield _differs(f"settings.{setting.name}", *values)
    moves = [tuple(sorted(f"{move.old} to {move.new}" for move in side.moves)) for side in (saved, given)]
    if moves[0] != moves[1]:
        yield _differs("moved", *moves)
    if set(saved.targets) != set(given.targets):
        targets = _show_value(saved.targets), _show_value(given.targets)
        summary = f"--target: the plan was made with {targets[0]}, this apply has {targets[1]}."
        yield _error(summary, hint="Give `apply` each --target that the plan was made with, and no other.")


def _of_entity(address: Address, saved: Saved, given: Saved) -> Problem | None:
    if address not in given.after:
        why = "Either it was changed already, or the plan was edited or made from other files."
        return _error(f"{address}: the plan changes it, and the files ask for no change of it.", address, why)
    if address not in saved.after:
        why = "Either the account has changed since, or the plan was edited or made from other files."
        return _error(f"{address}: the files ask for a change of it, and the plan has none.", address, why)
    before = _paths(saved.before[address], given.before[address])
    if before or saved.renamed.get(address) != given.renamed.get(address):
        return _error(f"{address} is not what it was when the plan was made: {before or 'its name'}.", address)
    after = _paths(saved.after[address], given.after[address])
    if after:
        return _error(f"{address}: the plan and the files want different values: {after}.", address)
    return None


def _paths(one: Entity | None, other: Entity | None) -> str:
    """Name the paths in which two entities differ; empty if they mean the same."""
    if fingerprint(one) == fingerprint(other):
        return ""
    if one is None or other is None:
        return "it exists on one side only"
    return listed((field.path for field in differences(one, other)), _NAMED)


def _differs(name: str, saved: object, given: object) -> Problem:
    return _error(f"{name}: the plan has {_show_value(saved)}, the files give {_show_value(given)}.")


def _show_value(value: object) -> str:
    if isinstance(value, tuple):
        return listed(map(str, value), _NAMED) or "none"
    return "none" if value is None else str(value)


def _error(summary: str, address: Address | None = None, detail: str = "", hint: str = "") -> Problem:
    return Problem(Level.ERROR, "plan-not-of-files", summary, detail, hint, address=address)
