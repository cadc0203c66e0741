"""Compare a saved plan with the plan of the files of a checkout. Pure.

`apply plan.json --against FILE` plans those files anew, and compares the two plans value by value. So somebody who
edits a plan file, and corrects its checksum, only gets it refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace

from reconciler.kinds.comparison import diff_entities
from reconciler.model.address import Address
from reconciler.model.assertions import Assertion
from reconciler.model.entity import Entity
from reconciler.model.problem import Level, Place, Problem
from reconciler.model.sentence import format_list
from reconciler.plan.saved.fingerprint import fingerprint_of
from reconciler.plan.saved.saved_plan import SavedPlan

_MAX_NAMED_PATHS = 5
"""The most fields of an entity that a message names."""


def find_mismatches(saved: SavedPlan, from_files: SavedPlan) -> Iterator[Problem]:
    """Yield an error for each value of a saved plan that differs from the plan of the files."""
    yield from _find_plan_mismatches(saved, from_files)
    for address in sorted({*saved.after, *from_files.after}):
        if problem := _find_entity_mismatch(address, saved, from_files):
            yield problem


def _find_plan_mismatches(saved: SavedPlan, from_files: SavedPlan) -> Iterator[Problem]:
    for name in ("account", "partition", "owner", "valid_until"):
        values = getattr(saved, name), getattr(from_files, name)
        if values[0] != values[1]:
            yield _build_mismatch(name, *values)
    if saved.guardrails != from_files.guardrails:
        yield _build_error("guardrails: the plan was made with others than the files have.")
    for setting in fields(saved.settings):
        values = getattr(saved.settings, setting.name), getattr(from_files.settings, setting.name)
        if values[0] != values[1]:
            yield _build_mismatch(f"settings.{setting.name}", *values)
    moves = [tuple(sorted(f"{move.old} to {move.new}" for move in side.moves)) for side in (saved, from_files)]
    if moves[0] != moves[1]:
        yield _build_mismatch("moved", *moves)
    if {*map(_meaning_of, saved.assertions)} != {*map(_meaning_of, from_files.assertions)}:
        yield _build_error("assert: the plan and the files have different assertions.")
    if set(saved.targets) != set(from_files.targets):
        targets = _show_value(saved.targets), _show_value(from_files.targets)
        summary = f"--target: the plan was made with {targets[0]}, but this apply has {targets[1]}."
        yield _build_error(summary, hint="Pass exactly the --target options of the plan to `apply`.")


def _meaning_of(assertion: Assertion) -> Assertion:
    """Return an assertion without its name and line, which differ if the file was named in another way."""
    return replace(assertion, name="", place=Place("", 0, 0))


def _find_entity_mismatch(address: Address, saved: SavedPlan, from_files: SavedPlan) -> Problem | None:
    if address not in from_files.after:
        why = "Either the change was made already, or the plan was edited or made from other files."
        return _build_error(f"{address}: the plan changes it, but the files do not.", address, why)
    if address not in saved.after:
        why = "Either the account has changed since, or the plan was edited or made from other files."
        return _build_error(f"{address}: the files change it, but the plan does not.", address, why)
    before = _list_changed_paths(saved.before[address], from_files.before[address])
    if before or saved.renames.get(address) != from_files.renames.get(address):
        return _build_error(f"{address} has changed since the plan was made: {before or 'its name'}.", address)
    after = _list_changed_paths(saved.after[address], from_files.after[address])
    if after:
        return _build_error(f"{address}: the plan and the files have different values: {after}.", address)
    return None


def _list_changed_paths(one: Entity | None, other: Entity | None) -> str:
    """Return the names of the fields in which two entities differ; empty if they mean the same."""
    if fingerprint_of(one) == fingerprint_of(other):
        return ""
    if one is None or other is None:
        return "it exists on one side only"
    return format_list((field.path for field in diff_entities(one, other)), _MAX_NAMED_PATHS)


def _build_mismatch(name: str, saved: object, from_files: object) -> Problem:
    return _build_error(f"{name}: the plan has {_show_value(saved)}, the files have {_show_value(from_files)}.")


def _show_value(value: object) -> str:
    if isinstance(value, tuple):
        return format_list(map(str, value), _MAX_NAMED_PATHS) or "none"
    return "none" if value is None else str(value)


def _build_error(summary: str, address: Address | None = None, detail: str = "", hint: str = "") -> Problem:
    return Problem(Level.ERROR, "plan-not-of-files", summary, detail, hint, address=address)
