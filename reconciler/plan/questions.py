"""What a plan must ask of live IAM beyond the account's pages, and only for the few entities it touches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields

from reconciler.kinds.facets.links import DEFAULT_QUOTA
from reconciler.model.address import Address
from reconciler.model.arns import address_of
from reconciler.model.entity import Entity, Group, InstanceProfile, Policy, Role, User
from reconciler.model.plan import Action
from reconciler.model.state import Desired, State
from reconciler.plan.diff import Difference, differences_of, effective
from reconciler.plan.ownership import caller_address, is_protected
from reconciler.plan.renames import Names, renamed, renames_of


@dataclass(frozen=True, slots=True)
class Questions:
    """belongings: users that would be deleted.
    devices: users that must have MFA, or must not be locked out, and show no virtual device.
    details: policies and instance profiles whose tags (from a lagging bulk read) or missing description decide.
    policies: ARNs of policies outside the account that would be attached and are not known to exist.
    quotas: whether the order of steps hangs on the account's quotas.
    passwords: users that may have no password; sign_ins: users that must have one. access_keys: users whose keys
    have a rule, or must do where a `break_glass` user loses its password.
    """

    belongings: tuple[Address, ...] = ()
    devices: tuple[Address, ...] = ()
    details: tuple[Address, ...] = ()
    policies: tuple[str, ...] = ()
    quotas: bool = False
    passwords: tuple[Address, ...] = ()
    sign_ins: tuple[Address, ...] = ()
    access_keys: tuple[Address, ...] = ()

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))


def questions_of(desired: Desired, live: State) -> Questions:
    """The questions of a whole plan."""
    renames = renames_of(desired, live)
    before = renamed(live, renames)
    entities = effective(desired, before)
    return questions_about(desired, entities, before, differences_of(desired, entities, before, renames), renames)


def questions_about(
    desired: Desired, entities: Mapping[Address, Entity], live: State, found: Sequence[Difference], renames: Names
) -> Questions:
    """The questions of these differences; `entities` is what is asked for, effective.

    live: as it is once the renames (new → old) are made; asked about are the names of before.
    """
    doomed = [item.before for item in found if item.action is Action.DELETE and item.before]
    decisive = [
        item.address
        for item in found
        if isinstance(item.before, Policy | InstanceProfile)
        and (item.action in (Action.DELETE, Action.ADOPT) or any(_in_detail(field.path) for field in item.fields))
    ]
    facts = live.facts
    users = {entity.address for entity in doomed if isinstance(entity, User) and not is_protected(entity)}
    guarded = set(users_with_mfa(desired, entities))
    if found:
        guarded |= {address for address in (caller_address(live), *desired.settings.break_glass) if address}
    guarded = {address for address in guarded if address.kind == "user" and address in live.entities}
    present = entities.keys() & live.entities.keys()
    ruled = desired.declarations.items()
    keyed = {address for address, rules in ruled if rules.access_keys} & present
    keyed |= {item.address for item in found if takes_password(item)} & {*desired.settings.break_glass}

    def before(users: set[Address]) -> tuple[Address, ...]:
        return tuple(sorted(renames.get(address, address) for address in users))

    return Questions(
        belongings=tuple(sorted(users - set(facts.belongings))),
        devices=before(guarded - set(facts.devices) - facts.devices_unread),
        details=tuple(sorted(set(decisive) - facts.detailed)),
        policies=tuple(sorted(_outside(entities.values(), live))),
        quotas=facts.quotas is None and any(map(_crowded, found)),
        passwords=before(_without_password(entities) & present - set(facts.consoles)),
        sign_ins=before({address for address, rules in ruled if rules.console} & present - set(facts.consoles)),
        access_keys=before(keyed - set(facts.access_keys)),
    )


def takes_password(difference: Difference) -> bool:
    """Whether a user that stays loses its password: a secret, so nothing that reads a plan brings it back."""
    sides = (difference.before, difference.after)
    return [side.console for side in sides if isinstance(side, User)] == [True, False]


def _without_password(entities: Mapping[Address, Entity]) -> set[Address]:
    return {address for address, entity in entities.items() if isinstance(entity, User) and entity.console is not None}


def _in_detail(path: str) -> bool:
    return path == "description" or path.startswith("tags.")


def _crowded(difference: Difference) -> bool:
    """True where old and new links together pass a default quota, so that the real one decides."""
    links = ((field.before or frozenset(), field.after or frozenset()) for field in difference.fields)
    return any(
        isinstance(before, frozenset) and isinstance(after, frozenset) and len(before | after) > DEFAULT_QUOTA
        for before, after in links
    )


def users_with_mfa(desired: Desired, entities: Mapping[Address, Entity]) -> list[Address]:
    """The declared users that must use MFA: by their own rule, or by that of a group they are in."""
    guarded = {address for address, declaration in desired.declarations.items() if declaration.mfa}
    return sorted(
        address
        for address, entity in entities.items()
        if isinstance(entity, User) and (address in guarded or entity.groups & guarded)
    )


def _outside(entities: Iterable[Entity], live: State) -> set[str]:
    known = set(live.facts.outside_policies)
    for entity in live.entities.values():
        known |= references(entity)
    wanted: set[str] = set()
    for entity in entities:
        wanted |= references(entity)
    return {arn for arn in wanted - known if address_of(arn, live.account) is None}


def references(entity: Entity) -> set[str]:
    """The ARNs of managed policies that an entity is attached to or bounded by."""
    if isinstance(entity, Group):
        return set(entity.policies)
    if isinstance(entity, User | Role):
        return set(entity.policies) | ({entity.permissions_boundary} if entity.permissions_boundary else set())
    return set()
