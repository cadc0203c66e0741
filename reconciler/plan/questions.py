"""What a plan must ask of live IAM beyond the account's pages, and only for the few entities it touches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields

from reconciler.model.address import Address
from reconciler.model.arns import address_of
from reconciler.model.desired import Desired
from reconciler.model.entity import Entity, Group, InstanceProfile, Policy, Role, User
from reconciler.model.live import State
from reconciler.model.plan import Action
from reconciler.model.quotas import ATTACHED, GROUPS_PER_USER, OF_ACCOUNT, TRUST_SIZE
from reconciler.plan.break_glass import with_remembered
from reconciler.plan.diff import Difference, differences_of, effective
from reconciler.plan.guards.lockout import guarded_by, ways_in
from reconciler.plan.guards.sign_in import SignIn
from reconciler.plan.guards.sizes import growths, writes_trust
from reconciler.plan.ownership import is_protected
from reconciler.plan.renames import Names, renamed, renames_of, replaced_of

_AT_A_TIME = 20


@dataclass(frozen=True, slots=True)
class Questions:
    """belongings: users that would be deleted.
    devices: users that must have MFA, or must not be locked out, or may be the last to come into a guarded role, and
    show no virtual device.
    details: policies and instance profiles whose tags (from a lagging bulk read) or missing description decide.
    policies: ARNs of policies outside the account that would be attached and are not known to exist.
    quotas: whether the order of steps hangs on the account's quotas.
    passwords: users that may have no password; sign_ins: users that must have one, or may be the last to come into a
    guarded role. access_keys: those as well, users whose keys have a rule, and guarded ones that lose their password.
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
    desired = with_remembered(desired, before, replaced_of(desired, live))
    entities = effective(desired, before)
    found = differences_of(desired, entities, before, renames)
    return questions_about(desired, entities, before, found, renames, live)


def questions_about(
    desired: Desired,
    entities: Mapping[Address, Entity],
    live: State,
    found: Sequence[Difference],
    renames: Names,
    actual: State,
) -> Questions:
    """The questions of these differences; `entities` is what is asked for, effective.

    live: as it is once the renames (new → old) are made; asked about are the names of before. actual: as it is.
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
    subjects = set(guarded_by(desired, live, found)) if found else set()
    guarded = {address for address in guarded | subjects if address.kind == "user" and address in live.entities}
    coming = _entering(desired, live, actual, found, renames) if subjects else set()
    present = entities.keys() & live.entities.keys()
    ruled = desired.declarations.items()
    keyed = {address for address, rules in ruled if rules.access_keys} & present
    keyed |= {address for address in guarded & subjects if SignIn(live, tuple(found)).loses_password(address)} | coming

    def before(users: set[Address]) -> tuple[Address, ...]:
        return tuple(sorted(renames.get(address, address) for address in users))

    return Questions(
        belongings=tuple(sorted(users - set(facts.belongings))),
        devices=before((guarded | coming) - set(facts.devices) - facts.devices_unread),
        details=tuple(sorted(set(decisive) - facts.detailed)),
        policies=tuple(sorted(_outside(entities.values(), live))),
        quotas=facts.quotas is None and _hangs_on_quotas(found, live),
        passwords=before(_without_password(entities) & present - set(facts.consoles)),
        sign_ins=before(({a for a, rules in ruled if rules.console} & present | coming) - set(facts.consoles)),
        access_keys=before(keyed - set(facts.access_keys)),
    )


def _entering(
    desired: Desired, live: State, actual: State, found: Sequence[Difference], renames: Names
) -> set[Address]:
    """Return some users of whom it counts whether they can sign in: a guarded role loses ways in, they may have one.

    A few at a time: once one of them surely can, nobody else is asked about.
    """
    ways = ways_in(desired, live, actual, found, {**replaced_of(desired, actual), **renames})
    return {user for role in ways.roles for user in ways.users_in_doubt(role)[:_AT_A_TIME]}


def _without_password(entities: Mapping[Address, Entity]) -> set[Address]:
    return {address for address, entity in entities.items() if isinstance(entity, User) and entity.console is not None}


def _in_detail(path: str) -> bool:
    return path == "description" or path.startswith("tags.")


def _hangs_on_quotas(found: Sequence[Difference], live: State) -> bool:
    """True if more is planned than every account may have, so that the account's own quotas decide.

    Old and new links count together: if there is room for both, no old one goes before its successor is there.
    """
    counts = growths(found, live).items()
    return any(map(_is_crowded, found)) or any(sum(growth) > OF_ACCOUNT[kind].surely for kind, growth in counts)


def _is_crowded(difference: Difference) -> bool:
    after, kind = difference.after, difference.address.kind.capitalize()
    if isinstance(after, Role) and writes_trust(difference) and len(after.trust_policy.text) > TRUST_SIZE.surely:
        return True
    quotas = {"policies": ATTACHED.get(kind), "groups": GROUPS_PER_USER}
    return any(
        isinstance(old, frozenset) and isinstance(new, frozenset) and len(old | new) > quota.surely
        for field in difference.fields
        if (quota := quotas.get(field.path)) is not None
        for old, new in [(field.before or frozenset(), field.after or frozenset())]
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
