"""The facts that order steps: what a step makes true and what another relies on (see `plan/order/sort.py`)."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.address import Address
from reconciler.model.plan import Call, Fact, Phase, Step
from reconciler.policy.permission_delta import PermissionDelta


def presence_of(address: Address) -> Fact:
    return ("present", *address.key)


def absence_of(address: Address) -> Fact:
    return ("absent", *address.key)


def link_of(holder: Address, held: Address | str) -> Fact:
    return ("linked", *holder.key, _text_of(held))


def link_removal_of(holder: Address, held: Address | str) -> Fact:
    """`held` is no longer attached to `holder`, or its group, or its role."""
    return ("unlinked", *holder.key, _text_of(held))


def boundary_removal_of(holder: Address, boundary: str) -> Fact:
    """The policy with that ARN is no longer the permissions boundary of `holder`."""
    return ("unbounded", *holder.key, boundary)


def removal_of(address: Address, what: str) -> Fact:
    """One thing that stood in the way of a deletion, or of a quota, is gone."""
    return ("emptied", *address.key, what)


def _text_of(held: Address | str) -> str:
    return held if isinstance(held, str) else "/".join(held.key)


def make_step(
    address: Address,
    phase: Phase,
    operation: str,
    parameters: dict[str, object],
    needs: tuple[Fact, ...] = (),
    makes: tuple[Fact, ...] = (),
    note: str = "",
) -> Step:
    """Shorthand for a step with one call."""
    return Step(address, Call(operation, parameters), phase, frozenset(needs), frozenset(makes), note)


def plan_deletion(
    address: Address,
    removals: list[Step],
    operation: str,
    parameters: dict[str, object],
    needs: tuple[Fact, ...] = (),
) -> list[Step]:
    """The steps that empty an entity, and the one that deletes it after all of them and what else it needs."""
    made = {fact for earlier in removals for fact in earlier.makes}
    last = make_step(address, Phase.DELETE, operation, parameters, tuple({*made, *needs}), (absence_of(address),))
    return [*removals, last]


def make_edit_step(
    address: Address,
    shift: PermissionDelta,
    operation: str,
    parameters: dict[str, object],
    needs: tuple[Fact, ...] = (),
    makes: tuple[Fact, ...] = (),
) -> Step:
    """The step that writes or deletes a document, in the phase that what it gives and takes calls for."""
    made = make_step(address, shift.phase, operation, parameters, needs, makes)
    return replace(made, gives=shift.gives, takes=shift.takes, denies=shift.denies, lifts=shift.lifts)


def chain_stages(steps: list[Step], document: tuple[Address, str]) -> list[Step]:
    """The writes of one document, each of which waits for the one before it."""
    found: list[Step] = []
    for index, one in enumerate(steps):
        made = removal_of(document[0], f"stage/{document[1]}/{index}")
        before = {removal_of(document[0], f"stage/{document[1]}/{index - 1}")} if index else set()
        found.append(replace(one, needs=one.needs | before, makes=one.makes | {made}, document=document))
    return found
