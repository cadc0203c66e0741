"""What `moved` does: users and groups are renamed, roles and policies, whose names IAM never changes, replaced.

UpdateUser and UpdateGroup keep the unique id, memberships and policies, and trust policies follow, since they name
principals by id (IAM User Guide, "Renaming an IAM user"). So a plan compares the file with the account as it is once
the renames are made, and every other call to what is renamed waits for that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from reconciler.kinds.facts import present
from reconciler.model.address import Address
from reconciler.model.arns import arn_of
from reconciler.model.desired import RENAMABLE, Desired
from reconciler.model.entity import Entity, User
from reconciler.model.live import Facts, State
from reconciler.model.plan import Step
from reconciler.plan.moves import followed
from reconciler.plan.ownership import Ignored, caller_address, is_owned

Names = Mapping[Address, Address]


def renames_of(desired: Desired, live: State) -> dict[Address, Address]:
    """New → old of the users and groups to rename: the old name lives, the new one is free."""
    ignored = Ignored(desired.settings.ignore)
    return {
        move.new: move.old
        for move in desired.moves
        if move.old.kind in RENAMABLE
        and move.old in live.entities
        and move.new not in live.entities
        and move.old not in ignored
        and move.new not in ignored
    }


def replaced_of(desired: Desired, live: State) -> dict[Address, Address]:
    """New → old of the roles and policies to replace. Both may live, where an apply broke off; then both are ours."""
    ignored = Ignored(desired.settings.ignore)
    found: dict[Address, Address] = {}
    for move in desired.moves:
        old, new = live.entities.get(move.old), live.entities.get(move.new)
        if move.old.kind in RENAMABLE or old is None or move.old in ignored or move.new in ignored:
            continue
        if is_owned(old, desired.owner) and (new is None or is_owned(new, desired.owner)):
            found[move.new] = move.old
    return found


def renamed(live: State, renames: Names) -> State:
    """The account as it is once the renames (new → old) are made."""
    if not renames:
        return live
    names = {old: new for new, old in renames.items()}
    arns = {
        arn_of(entity.address, entity.path, live.account, live.partition): arn_of(
            names[address], entity.path, live.account, live.partition
        )
        for address, entity in live.entities.items()
        if address in names and address.kind == "user"
    }
    entities = {names.get(address, address): _renamed(entity, names, arns) for address, entity in live.entities.items()}
    caller = caller_address(live)
    facts = _facts(live.facts, names)
    if caller in names and caller is not None:
        facts = replace(facts, caller=f"{live.facts.caller.rpartition('/')[0]}/{names[caller].name}")
    return replace(live, entities=entities, facts=facts)


def _renamed(entity: Entity, names: Names, arns: Mapping[str, str]) -> Entity:
    if entity.address in names:
        entity = replace(entity, name=names[entity.address].name)
    if isinstance(entity, User) and any(group in names for group in entity.groups):
        return replace(entity, groups=frozenset(names.get(group, group) for group in entity.groups))
    return followed(entity, arns) or entity


def _facts(facts: Facts, names: Names) -> Facts:
    return replace(
        facts,
        devices={names.get(address, address): item for address, item in facts.devices.items()},
        belongings={names.get(address, address): item for address, item in facts.belongings.items()},
        consoles={names.get(address, address): item for address, item in facts.consoles.items()},
        access_keys={names.get(address, address): item for address, item in facts.access_keys.items()},
        devices_unread=frozenset(names.get(address, address) for address in facts.devices_unread),
        unique_ids={identity: names.get(address, address) for identity, address in facts.unique_ids.items()},
    )


def waiting(steps: Iterable[Step], renames: Names) -> list[Step]:
    """The steps, with those that use a new name waiting for the rename."""
    facts = {address: present(address) for address in renames}
    return [
        replace(step, needs=step.needs | ({facts[a] for a in _named(step) if a in facts} - step.makes))
        for step in steps
    ]


def _named(step: Step) -> list[Address]:
    named = ((kind, step.call.parameters.get(f"{kind.capitalize()}Name")) for kind in RENAMABLE)
    return [step.address, *(Address(kind, str(name)) for kind, name in named if name)]
