"""Follow the ways from everybody in an account to its administrators: roles to assume or pass, keys, groups, policies.

Whoever may take over an administrator has a way to its power, and so has whoever may take over somebody with a way. The
search begins at the administrators and goes against the direction of the rights, so that each right is followed once.
Then it begins again at those who have a way without an administrator, such as iam:PutUserPolicy on everything.

The search asks for the rights over few resources at a time. In a long chain it asks for all that are left at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.access.escalation_paths import Grade
from reconciler.access.matrix import group_equivalent_pairs
from reconciler.access.named_powers import (
    NamedPower,
    find_combined_powers,
    find_named_powers,
    has_named_rights,
    may_combine_rights,
)
from reconciler.access.named_resources import NamedResources, PassableRoles
from reconciler.access.power_keys import named_key_of, power_key_of
from reconciler.access.powers import (
    Power,
    find_escapes,
    find_known_powers,
    is_administrator,
    may_have_powers,
    rests_on_unread_policies,
)
from reconciler.access.principal import Principal
from reconciler.access.resource_tags import NO_TAGS_KNOWN, ResourceTags
from reconciler.access.role_assumption import Target, can_assume
from reconciler.access.verdicts import PolicySource, Verdict

_MAX_SMALL_ROUNDS = 4
"""The number of rounds that ask only for rights over the resources of the round before."""


class PowerFinder:
    """Finds the powers of principals by themselves; equal principals, and equal statements, are evaluated once."""

    def __init__(self) -> None:
        self._by_identity: dict[int, tuple[Principal, tuple[Power, ...]]] = {}
        self._by_key: dict[tuple[object, ...], tuple[Power, ...]] = {}

    def find(self, principal: Principal) -> tuple[Power, ...]:
        """Return the powers of a principal, without those that depend on policies of unknown content."""
        known = self._by_identity.get(id(principal))
        if known is None:
            known = self._by_identity[id(principal)] = principal, self._evaluate(principal)
        return known[1]

    def _evaluate(self, principal: Principal) -> tuple[Power, ...]:
        if not may_have_powers(principal):
            return ()
        found = self._find_equal_powers(principal)
        return (*found, *find_escapes(principal, found, self._find_equal_powers))

    def _find_equal_powers(self, principal: Principal) -> tuple[Power, ...]:
        """Return the powers that the boundary of a principal leaves; labels may be those of an equal principal."""
        key = power_key_of(principal)
        found = self._by_key.get(key)
        if found is None:
            found = self._by_key[key] = find_known_powers(principal)
        return found

    def is_administrator(self, principal: Principal) -> bool:
        return any(power.grade is Grade.ADMINISTRATOR for power in self.find(principal))


@dataclass(frozen=True, slots=True)
class Lead:
    """The next step of a principal, group or policy on its way to administrator power.

    path: the id of the path; empty for an administrator. next: the ARN of who is taken over; empty if nobody is.
    """

    path: str = ""
    next: str = ""


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Principals that may all assume these roles."""

    principals: Sequence[Principal]
    roles: Sequence[Target]


@dataclass(frozen=True)
class AccountResources:
    """The account in which ways are followed.

    principals: every user and role. groups: every group as a principal. targets: every role. All by ARN.
    positions: the bit of each role in a set of roles. tags: those of its users, roles and policies.
    """

    principals: Mapping[str, Principal]
    groups: Mapping[str, Principal]
    targets: Mapping[str, Target]
    positions: Mapping[str, int]
    tags: ResourceTags = NO_TAGS_KNOWN


@dataclass
class PowerGraph:
    """The ways of an account.

    leads: maps the ARN of each user, role, group and policy that leads to administrator power to its next step.
    named: maps the ARN of a principal to its paths over single resources that lead there.
    assumable: maps the ARN of a principal to the roles that it may assume and that lead there, as a set of bits.
    """

    account: AccountResources
    finder: PowerFinder
    leads: dict[str, Lead] = field(default_factory=dict)
    named: dict[str, list[NamedPower]] = field(default_factory=dict)
    assumable: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._passable = PassableRoles(self.account.targets.values())
        self._pairs: list[_Pairs] = []
        self._into: dict[str, list[tuple[str, Sequence[str]]]] = {}
        self._asked: set[str] = set()
        self._has_asked_all = False
        self._administrators = frozenset(self._find_administrators())
        self._holders: dict[tuple[object, ...], list[Principal]] = {}
        for arn, item in self.account.principals.items():
            if arn not in self._administrators and has_named_rights(item):
                self._holders.setdefault(named_key_of(item), []).append(item)
        self._everything = self._list_everything()
        self._follow({arn: Lead() for arn in sorted(self._administrators)})
        self._follow(dict(self._find_own_leads()))
        self.named = {
            arn: kept
            for arn, found in self.named.items()
            if (kept := [power for power in found if power.path.named == "any" or power.target in self.leads])
        }
        self._collect_assumable()

    def chain_of(self, arn: str) -> tuple[list[str], str]:
        """Return the ARNs from one that leads to the power to the last one, and the path of the last one, if any."""
        chain = [arn]
        while self.leads[chain[-1]].next:
            chain.append(self.leads[chain[-1]].next)
        return chain, self.leads[chain[-1]].path

    def has_ways_over_others(self, arn: str) -> bool:
        """Return whether a principal has a way over single resources."""
        return arn in self.named or arn in self.assumable

    def list_roles(self, bits: int) -> list[Target]:
        """Return the roles of a set of bits."""
        if not bits:  # so it is for nearly all principals of a large account
            return []
        return [target for arn, target in self.account.targets.items() if bits >> self.account.positions[arn] & 1]

    def _find_administrators(self) -> Iterator[str]:
        """Yield the administrators, and the groups and policies that make somebody one."""
        policies: dict[str, tuple[PolicySource, Principal]] = {}
        for arn, principal in (*self.account.principals.items(), *self.account.groups.items()):
            if is_administrator(principal):
                yield arn
                mark = f":iam::{principal.account}:policy/"
                policies |= {source.label: (source, principal) for source in principal.policies if mark in source.label}
        for arn, (source, holder) in policies.items():
            if is_administrator(Principal(arn, "account", holder.account, (source,))):
                yield arn

    def _list_everything(self) -> dict[str, frozenset[str]]:
        users = [arn for arn, principal in self.account.principals.items() if principal.kind == "user"]
        policies = [arn for arn in self._administrators if arn.split(":", 5)[5].startswith("policy/")]
        listed = {"user": users, "role": self.account.targets, "group": self.account.groups, "policy": policies}
        return {kind: frozenset(arns) for kind, arns in listed.items()}

    def _find_own_leads(self) -> Iterator[tuple[str, Lead]]:
        """Yield principals whose way needs no administrator: by their own rights, or over any user or role."""
        for arn, principal in (*self.account.principals.items(), *self.account.groups.items()):
            powers = self.finder.find(principal)
            path = powers[0].path if powers else None
            if path is not None:
                yield arn, Lead(path.id)
        for arn, power in self._find_combined():
            self.named.setdefault(arn, []).append(power)
            yield arn, Lead(power.path.id, "")

    def _find_combined(self) -> Iterator[tuple[str, NamedPower]]:
        asking = [
            item
            for arn, item in self.account.principals.items()
            if arn not in self._administrators and may_combine_rights(item)
        ]
        if not asking:
            return
        holders: dict[str, list[str]] = {}
        for role in self.account.targets:
            for source in self.account.principals[role].policies if role in self.account.principals else ():
                holders.setdefault(source.label, []).append(role)
        policies = [arn for arn in holders if ":policy/" in arn]
        resources = NamedResources({**self._everything, "policy": policies}, tags=self.account.tags)
        rights: dict[tuple[object, ...], dict[str, dict[str, Verdict]]] = {}
        for principal in asking:
            known = rights.setdefault(named_key_of(principal), {})
            for power in find_combined_powers(principal, resources, self.account.targets, holders, known):
                yield principal.arn, power

    def _follow(self, seeds: Mapping[str, Lead]) -> None:
        """Add the seeds and everybody who can reach one of them to `leads`, nearest first."""
        frontier = [arn for arn in seeds if arn not in self.leads]
        self.leads |= {arn: seeds[arn] for arn in frontier}
        rounds = 0
        while frontier:
            rounds += 1
            if rounds <= _MAX_SMALL_ROUNDS:
                self._ask_rights_over(frontier)
            elif not self._has_asked_all:
                self._has_asked_all = True
                self._ask_rights_over(arn for arns in self._everything.values() for arn in sorted(arns))
            reached: dict[str, Lead] = {}
            for arn in frontier:
                for path, members in self._into.get(arn, ()):
                    for member in members:
                        if member not in self.leads:
                            reached.setdefault(member, Lead(path, arn))
            self.leads |= reached
            frontier = list(reached)

    def _ask_rights_over(self, arns: Iterable[str]) -> None:
        """Find who may take over these users, roles, groups and policies, each once."""
        new = [arn for arn in arns if arn not in self._asked]
        self._asked |= set(new)
        roles = [self.account.targets[arn] for arn in new if arn in self.account.targets]
        for pair in group_equivalent_pairs(self.account.principals.values(), roles):
            verdict = can_assume(pair.principals[0], pair.roles[0])
            if verdict.denied or rests_on_unread_policies(verdict):
                continue
            self._pairs.append(_Pairs(pair.principals, pair.roles))
            members = [principal.arn for principal in pair.principals]
            for role in pair.roles:
                self._into.setdefault(role.arn, []).append(("sts-001", members))
        if not self._holders or not new:
            return
        asked = frozenset(new)
        resources = NamedResources(
            {kind: arns & asked for kind, arns in self._everything.items()}, self._administrators, self.account.tags
        )
        for holders in self._holders.values():
            for power in find_named_powers(holders[0], resources, self._passable):
                members = [holder.arn for holder in holders if holder.arn != power.target]
                self._into.setdefault(power.target, []).append((power.path.id, members))
                for member in members:
                    self.named.setdefault(member, []).append(power)

    def _collect_assumable(self) -> None:
        bits = {arn: 1 << self.account.positions[arn] for arn in self.account.targets}
        for pair in self._pairs:
            roles = 0
            for role in pair.roles:
                roles |= bits[role.arn] if role.arn in self.leads else 0
            for principal in pair.principals if roles else ():
                own = roles & ~bits.get(principal.arn, 0)
                self.assumable[principal.arn] = self.assumable.get(principal.arn, 0) | own
