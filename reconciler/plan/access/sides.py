"""Pair the principals, or the roles, of the account before and after a plan, and select those that differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from reconciler.model.address import Address

Renames = Mapping[Address, Address]
"""Maps the new address of a renamed entity to the old one."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class BothSides(Generic[T]):
    """The principals, or the roles, before and after a plan.

    changed_before, changed_after: those that differ on the other side.
    """

    before: Mapping[Address, T]
    after: Mapping[Address, T]
    changed_before: Mapping[Address, T]
    changed_after: Mapping[Address, T]


def pair_sides(before: Mapping[Address, T], after: Mapping[Address, T], renames: Renames) -> BothSides[T]:
    """Return both sides; an item that is equal on both sides becomes one object, so that it is prepared once."""
    changed_before, changed_after = find_changed(before, after, renames, lambda item: item)
    unchanged = {address: before[renames.get(address, address)] for address in after if address not in changed_after}
    return BothSides(before, {**unchanged, **changed_after}, changed_before, changed_after)


def find_changed(
    before: Mapping[Address, T], after: Mapping[Address, T], renames: Renames, compare_by: Callable[[T], object]
) -> tuple[dict[Address, T], dict[Address, T]]:
    """Return the items of each side that differ on the other side, before first.

    compare_by: returns the key by which two items are equal.
    """
    changed_after: dict[Address, T] = {}
    matched: set[Address] = set()
    for address, item in after.items():
        old = renames.get(address, address)
        if old in before and compare_by(before[old]) == compare_by(item):
            matched.add(old)
        else:
            changed_after[address] = item
    return {address: item for address, item in before.items() if address not in matched}, changed_after
