"""What a plan must ask of live IAM beyond the account's pages, and only for the few entities it touches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields

from reconciler.model.address import Address
from reconciler.model.arns import address_of
from reconciler.model.desired import Desired
from reconciler.model.entity import Entity, InstanceProfile, Policy, Role, User
from reconciler.model.held_policies import list_held_policies, managed_arns_of
from reconciler.model.live import State
from reconciler.model.plan import Action
from reconciler.model.quotas import ATTACHED_POLICIES, GROUPS_PER_USER, PER_ACCOUNT, TRUST_SIZE
from reconciler.plan.compare.break_glass import add_marked_principals
from reconciler.plan.compare.diff import Difference, find_differences, resolve_entities
from reconciler.plan.compare.ownership import is_protected
from reconciler.plan.compare.renames import Renames, apply_renames, find_renames, find_replacements
from reconciler.plan.guards.lockout import compare_role_chains, find_guarded_principals
from reconciler.plan.guards.quota_limits import count_growth, writes_trust
from reconciler.plan.guards.sign_in import SignIn

_USERS_PER_READ = 20


@dataclass(frozen=True, slots=True)
class FollowupReads:
    """owned_credentials: users that would be deleted.
    devices: users that must have MFA, or must not be locked out, or may be the last to come into a guarded role, and
    show no virtual device.
    details: policies and instance profiles whose tags (from a lagging bulk read) or missing description decide.
    policies: ARNs of policies outside the account that would be attached and are not known to exist.
    quotas: whether the order of steps hangs on the account's quotas.
    passwords: users that may have no password; sign_ins: users that must have one, or may be the last to come into a
    guarded role. access_keys: those as well, users whose keys have a rule, and guarded ones that lose their password.
    """

    owned_credentials: tuple[Address, ...] = ()
    devices: tuple[Address, ...] = ()
    details: tuple[Address, ...] = ()
    policies: tuple[str, ...] = ()
    quotas: bool = False
    passwords: tuple[Address, ...] = ()
    sign_ins: tuple[Address, ...] = ()
    access_keys: tuple[Address, ...] = ()

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))


def find_followup_reads(desired: Desired, live: State) -> FollowupReads:
    """The questions of a whole plan."""
    renames = find_renames(desired, live)
    before = apply_renames(live, renames)
    desired = add_marked_principals(desired, before, find_replacements(desired, live))
    entities = resolve_entities(desired, before)
    found = find_differences(desired, entities, before, renames)
    return find_reads_of_differences(desired, entities, before, found, renames, live)


def find_reads_of_differences(
    desired: Desired,
    entities: Mapping[Address, Entity],
    baseline: State,
    differences: Sequence[Difference],
    renames: Renames,
    live: State,
) -> FollowupReads:
    """The questions of these differences; `entities` is what is asked for, effective.

    baseline: as it is once the renames (new → old) are made; asked about are the names of before. live: as it is.
    """
    doomed = [item.before for item in differences if item.action is Action.DELETE and item.before]
    decisive = [
        item.address
        for item in differences
        if isinstance(item.before, Policy | InstanceProfile)
        and (item.action in (Action.DELETE, Action.ADOPT) or any(_needs_detail(field.path) for field in item.fields))
    ]
    facts = baseline.details
    users = {entity.address for entity in doomed if isinstance(entity, User) and not is_protected(entity)}
    guarded = set(find_users_needing_mfa(desired, entities))
    subjects = set(find_guarded_principals(desired, baseline, differences)) if differences else set()
    guarded = {address for address in guarded | subjects if address.kind == "user" and address in baseline.entities}
    coming = _find_entering_users(desired, baseline, live, differences, renames) if subjects else set()
    present = entities.keys() & baseline.entities.keys()
    ruled = desired.declarations.items()
    keyed = {address for address, rules in ruled if rules.access_keys} & present
    keyed |= {
        address for address in guarded & subjects if SignIn(baseline, tuple(differences)).explain_password_loss(address)
    } | coming

    def old_names_of(users: set[Address]) -> tuple[Address, ...]:
        return tuple(sorted(renames.get(address, address) for address in users))

    return FollowupReads(
        owned_credentials=tuple(sorted(users - set(facts.owned_credentials))),
        devices=old_names_of((guarded | coming) - set(facts.devices) - facts.devices_unread),
        details=tuple(sorted(set(decisive) - facts.fully_read)),
        policies=tuple(sorted(_find_outside_policies(entities.values(), baseline))),
        quotas=facts.quotas is None and _depends_on_quotas(differences, baseline),
        passwords=old_names_of(_select_console_users(entities) & present - set(facts.console_passwords)),
        sign_ins=old_names_of(
            ({a for a, rules in ruled if rules.console} & present | coming) - set(facts.console_passwords)
        ),
        access_keys=old_names_of(keyed - set(facts.access_keys)),
    )


def _find_entering_users(
    desired: Desired, baseline: State, live: State, differences: Sequence[Difference], renames: Renames
) -> set[Address]:
    """Return some users of whom it counts whether they can sign in: a guarded role loses ways in, they may have one.

    A few at a time: once one of them surely can, nobody else is asked about.
    """
    ways = compare_role_chains(desired, baseline, live, differences, {**find_replacements(desired, live), **renames})
    return {user for role in ways.roles for user in ways.find_uncertain_users(role)[:_USERS_PER_READ]}


def _select_console_users(entities: Mapping[Address, Entity]) -> set[Address]:
    return {address for address, entity in entities.items() if isinstance(entity, User) and entity.console is not None}


def _needs_detail(path: str) -> bool:
    return path == "description" or path.startswith("tags.")


def _depends_on_quotas(differences: Sequence[Difference], live: State) -> bool:
    """True if more is planned than every account may have, so that the account's own quotas decide.

    Old and new links count together: if there is room for both, no old one goes before its successor is there.
    """
    counts = count_growth(differences, live).items()
    return any(map(_is_crowded, differences)) or any(
        sum(growth) > PER_ACCOUNT[kind].guaranteed for kind, growth in counts
    )


def _is_crowded(difference: Difference) -> bool:
    after, kind = difference.after, difference.address.kind.capitalize()
    if isinstance(after, Role) and writes_trust(difference) and len(after.trust_policy.text) > TRUST_SIZE.guaranteed:
        return True
    quotas = {"policies": ATTACHED_POLICIES.get(kind), "groups": GROUPS_PER_USER}
    return any(
        isinstance(old, frozenset) and isinstance(new, frozenset) and len(old | new) > quota.guaranteed
        for field in difference.fields
        if (quota := quotas.get(field.path)) is not None
        for old, new in [(field.before or frozenset(), field.after or frozenset())]
    )


def find_users_needing_mfa(desired: Desired, entities: Mapping[Address, Entity]) -> list[Address]:
    """The declared users that must use MFA: by their own rule, or by that of a group they are in."""
    guarded = {address for address, declaration in desired.declarations.items() if declaration.mfa}
    return sorted(
        address
        for address, entity in entities.items()
        if isinstance(entity, User) and (address in guarded or entity.groups & guarded)
    )


def _find_outside_policies(entities: Iterable[Entity], live: State) -> set[str]:
    known = set(live.details.external_policies)
    for entity in live.entities.values():
        known |= managed_arns_of(list_held_policies(entity))
    wanted: set[str] = set()
    for entity in entities:
        wanted |= managed_arns_of(list_held_policies(entity))
    return {arn for arn in wanted - known if address_of(arn, live.account) is None}
