"""Carry out `moved`: rename users and groups, and replace roles and policies, which IAM cannot rename.

UpdateUser and UpdateGroup keep the unique id, memberships and policies. Trust policies follow, because they name
principals by id (IAM User Guide, "Renaming an IAM user"). So a plan compares the file with the account as it is after
the renames, and every other call to a renamed entity waits for its rename.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from reconciler.kinds.registry import RENAMABLE_KINDS
from reconciler.kinds.steps import presence_of
from reconciler.model.address import Address
from reconciler.model.arns import arn_of
from reconciler.model.desired import Desired
from reconciler.model.entity import Entity, User
from reconciler.model.live import LiveDetails, State
from reconciler.model.plan import Step
from reconciler.plan.compare.arn_changes import follow_arn_changes
from reconciler.plan.compare.ownership import AddressPatterns, find_caller, is_owned

Renames = Mapping[Address, Address]


def find_renames(desired: Desired, live: State) -> dict[Address, Address]:
    """Return the users and groups to rename, new address → old: the old one exists, the new one does not."""
    ignored = AddressPatterns(desired.settings.ignore)
    return {
        move.new: move.old
        for move in desired.moves
        if move.old.kind in RENAMABLE_KINDS
        and move.old in live.entities
        and move.new not in live.entities
        and move.old not in ignored
        and move.new not in ignored
    }


def find_replacements(desired: Desired, live: State) -> dict[Address, Address]:
    """Return the roles and policies to replace, new address → old.

    Both may exist after an interrupted apply; then both must have this file's owner.
    """
    ignored = AddressPatterns(desired.settings.ignore)
    replacements: dict[Address, Address] = {}
    for move in desired.moves:
        old, new = live.entities.get(move.old), live.entities.get(move.new)
        if move.old.kind in RENAMABLE_KINDS or old is None or move.old in ignored or move.new in ignored:
            continue
        if is_owned(old, desired.owner) and (new is None or is_owned(new, desired.owner)):
            replacements[move.new] = move.old
    return replacements


def apply_renames(live: State, renames: Renames) -> State:
    """Return the account as it is after the renames (new address → old)."""
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
    entities = {
        names.get(address, address): _rename_entity(entity, names, arns) for address, entity in live.entities.items()
    }
    caller = find_caller(live)
    facts = _rename_facts(live.details, names)
    if caller in names and caller is not None:
        facts = replace(facts, caller=f"{live.details.caller.rpartition('/')[0]}/{names[caller].name}")
    return replace(live, entities=entities, details=facts)


def _rename_entity(entity: Entity, names: Renames, arns: Mapping[str, str]) -> Entity:
    if entity.address in names:
        entity = replace(entity, name=names[entity.address].name)
    if isinstance(entity, User) and any(group in names for group in entity.groups):
        return replace(entity, groups=frozenset(names.get(group, group) for group in entity.groups))
    return follow_arn_changes(entity, arns) or entity


def _rename_facts(facts: LiveDetails, names: Renames) -> LiveDetails:
    return replace(
        facts,
        devices={names.get(address, address): item for address, item in facts.devices.items()},
        owned_credentials={names.get(address, address): item for address, item in facts.owned_credentials.items()},
        console_passwords={names.get(address, address): item for address, item in facts.console_passwords.items()},
        access_keys={names.get(address, address): item for address, item in facts.access_keys.items()},
        expirations={names.get(address, address): item for address, item in facts.expirations.items()},
        devices_unread=frozenset(names.get(address, address) for address in facts.devices_unread),
        unique_ids={identity: names.get(address, address) for identity, address in facts.unique_ids.items()},
    )


def wait_for_renames(steps: Iterable[Step], renames: Renames) -> list[Step]:
    """Return the steps, with those that use a new name waiting for the rename."""
    if not renames:
        return list(steps)
    waiting = []
    for step in steps:
        addresses = {step.address, step.effect.target, step.effect.object}
        facts = {presence_of(address) for address in renames if address in addresses}
        waiting.append(replace(step, needs=step.needs | (facts - step.makes)))
    return waiting
