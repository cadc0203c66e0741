"""Find the further reads that a plan needs after the account's pages, only for the few entities that it touches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields

from reconciler.access.aws_policies import is_unknown_aws_policy
from reconciler.kinds.mfa_guard import guard_address_of
from reconciler.kinds.registry import PER_ACCOUNT
from reconciler.model.address import Address
from reconciler.model.arns import address_of
from reconciler.model.desired import Desired
from reconciler.model.entity import Entity, Group, InstanceProfile, Policy, Role, User
from reconciler.model.held_policies import held_arns_of
from reconciler.model.live import State
from reconciler.model.plan import Action
from reconciler.model.quotas import ATTACHED_POLICIES, GROUPS_PER_USER, TRUST_SIZE
from reconciler.plan.compare.comparison import Comparison
from reconciler.plan.compare.diff import Difference
from reconciler.plan.compare.ownership import is_protected
from reconciler.plan.guards.lockout import compare_role_chains, find_guarded_principals
from reconciler.plan.guards.quota_limits import count_growth, writes_trust
from reconciler.plan.guards.sign_in import SignIn

_USERS_PER_READ = 20
_MAX_DOCUMENTS = 50
"""The number of policies of AWS whose content a plan reads; two calls for each."""


@dataclass(frozen=True, slots=True)
class FollowupReads:
    """The entities that a plan must read one by one, and why.

    owned_credentials: users that the plan would delete.
    devices: users without a virtual device that must have MFA, must not be locked out, or may be the last who can
        assume a guarded role.
    details: policies and instance profiles whose tags (the bulk read may lag) or missing description decide.
    policies: ARNs of policies outside the account that would be attached and are not known to exist.
    documents: ARNs of policies of AWS whose content is not known here, and that principals gain or lose, or that
        decide about an assertion.
    quotas: True if the order of the calls depends on the account's quotas.
    passwords: users with a `console:` line.
    sign_ins: users that must have a password, or may be the last who can assume a guarded role.
    access_keys: users with a rule on their keys, guarded users that lose their password, and users that may be the
        last who can assume a guarded role.
    """

    owned_credentials: tuple[Address, ...] = ()
    devices: tuple[Address, ...] = ()
    details: tuple[Address, ...] = ()
    policies: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    quotas: bool = False
    passwords: tuple[Address, ...] = ()
    sign_ins: tuple[Address, ...] = ()
    access_keys: tuple[Address, ...] = ()

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))


def find_followup_reads(comparison: Comparison) -> FollowupReads:
    """Return what a plan must still ask of live IAM. Users that it renames are asked about by their old names."""
    entities, baseline, differences = comparison.entities, comparison.baseline, comparison.differences
    doomed = [item.before for item in differences if item.action is Action.DELETE and item.before]
    decisive = [
        item.address
        for item in differences
        if isinstance(item.before, Policy | InstanceProfile)
        and (item.action in (Action.DELETE, Action.ADOPT) or any(_needs_detail(field.path) for field in item.fields))
    ]
    facts = baseline.details
    users = {entity.address for entity in doomed if isinstance(entity, User) and not is_protected(entity)}
    guarded = set(find_users_needing_mfa(comparison.desired, entities))
    subjects = set(find_guarded_principals(comparison)) if differences else set()
    guarded = {address for address in guarded | subjects if address.kind == "user" and address in baseline.entities}
    coming = _find_entering_users(comparison) if subjects else set()
    present = entities.keys() & baseline.entities.keys()
    ruled = comparison.desired.declarations.items()
    keyed = {address for address, rules in ruled if rules.access_keys} & present
    keyed |= {
        address for address in guarded & subjects if SignIn(baseline, differences).explain_password_loss(address)
    } | coming

    def old_names_of(users: set[Address]) -> tuple[Address, ...]:
        return tuple(sorted(map(comparison.old_address_of, users)))

    return FollowupReads(
        owned_credentials=tuple(sorted(users - set(facts.owned_credentials))),
        devices=old_names_of((guarded | coming) - set(facts.devices) - facts.devices_unread),
        details=tuple(sorted(set(decisive) - facts.fully_read)),
        policies=tuple(sorted(_find_outside_policies(entities.values(), baseline))),
        documents=tuple(sorted(_find_unread_documents(comparison))[:_MAX_DOCUMENTS]),
        quotas=facts.quotas is None and _depends_on_quotas(differences, baseline),
        passwords=old_names_of(_select_console_users(entities) & present - set(facts.console_passwords)),
        sign_ins=old_names_of(
            ({a for a, rules in ruled if rules.console} & present | coming) - set(facts.console_passwords)
        ),
        access_keys=old_names_of(keyed - set(facts.access_keys)),
    )


def _find_entering_users(comparison: Comparison) -> set[Address]:
    """Return some users of whom it counts whether they can sign in: a guarded role loses ways in, they may have one.

    Only a few at a time, because the reads stop as soon as one of them surely can sign in.
    """
    ways = compare_role_chains(comparison)
    return {user for role in ways.roles for user in ways.find_uncertain_users(role)[:_USERS_PER_READ]}


def _select_console_users(entities: Mapping[Address, Entity]) -> set[Address]:
    return {address for address, entity in entities.items() if isinstance(entity, User) and entity.console is not None}


def _needs_detail(path: str) -> bool:
    return path == "description" or path.startswith("tags.")


def _depends_on_quotas(differences: Sequence[Difference], live: State) -> bool:
    """Return whether the plan exceeds the quotas that every account has, so that the account's own quotas decide.

    Old and new links count together: if both fit, every new link is made before the old one is removed.
    """
    counts = count_growth(differences, live).items()
    return any(map(_is_crowded, differences)) or any(sum(growth) > PER_ACCOUNT[kind].floor for kind, growth in counts)


def _is_crowded(difference: Difference) -> bool:
    after, kind = difference.after, difference.address.kind.capitalize()
    if isinstance(after, Role) and writes_trust(difference) and len(after.trust_policy.text) > TRUST_SIZE.floor:
        return True
    quotas = {"policies": ATTACHED_POLICIES.get(kind), "groups": GROUPS_PER_USER}
    return any(
        isinstance(old, frozenset) and isinstance(new, frozenset) and len(old | new) > quota.floor
        for field in difference.fields
        if (quota := quotas.get(field.path)) is not None
        for old, new in [(field.before or frozenset(), field.after or frozenset())]
    )


def find_users_needing_mfa(desired: Desired, entities: Mapping[Address, Entity]) -> list[Address]:
    """Return the declared users with the MFA guard of this file attached, to themselves or to one of their groups.

    entities: with live values for the fields that the file leaves alone. `ignore_changes` may keep the guard away.
    """
    guard, account = guard_address_of(desired.owner), desired.state.account
    holders = {
        address
        for address, entity in entities.items()
        if isinstance(entity, User | Group) and any(address_of(arn, account) == guard for arn in entity.policies)
    }
    return sorted(
        address
        for address, entity in entities.items()
        if isinstance(entity, User)
        and address in desired.declarations
        and not holders.isdisjoint({address, *entity.groups})
    )


def _find_unread_documents(comparison: Comparison) -> set[str]:
    """Return the policies of AWS whose content no list has, and that decide something.

    These are those that a difference adds or removes; with assertions, all that somebody has after the plan.
    """
    arns: set[str] = set()
    for difference in comparison.differences:
        old, new = (held_arns_of(side) for side in (difference.before, difference.after))
        arns |= old ^ new
    for entity in comparison.after.entities.values() if comparison.desired.assertions else ():
        arns |= held_arns_of(entity)
    return {arn for arn in arns - set(comparison.baseline.details.external_documents) if is_unknown_aws_policy(arn)}


def _find_outside_policies(entities: Iterable[Entity], live: State) -> set[str]:
    known_arns = set(live.details.external_policies)
    for entity in live.entities.values():
        known_arns |= held_arns_of(entity)
    policy_arns: set[str] = set()
    for entity in entities:
        policy_arns |= held_arns_of(entity)
    return {arn for arn in policy_arns - known_arns if address_of(arn, live.account) is None}
