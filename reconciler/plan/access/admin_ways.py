"""Find everybody's ways to administrator power in one account, for `reconcile access paths`.

The ways are those of `access/power_graph.py`, which a plan compares before and after. Here each has its terms (MFA,
conditions, expiry) and the statements that allow each step. Principals with the same ways on the same terms are
described once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

from reconciler.access import (
    ASSUME_PATH,
    AccountResources,
    EscalationPath,
    Grade,
    Power,
    PowerFinder,
    PowerGraph,
    Principal,
    Target,
    can_assume,
    group_equivalent_pairs,
    group_principals_of,
    rests_on_unread_policies,
    targets_of,
)
from reconciler.access.guardrail_stops import ServiceControls
from reconciler.access.policy_statements import IDENTITY, PolicyStatement
from reconciler.access.resource_tags import ResourceTags, depends_on_tags
from reconciler.model.access_answers import AccessSide
from reconciler.model.address import Address
from reconciler.model.admin_ways import AdminWay, AdminWays, PrincipalWays
from reconciler.model.role_access import AccessTerms
from reconciler.plan.access.delta import evaluate_access
from reconciler.plan.access.external_ways import find_external_ways
from reconciler.plan.access.power_rows import NameOf, name_targets
from reconciler.plan.access.side_principals import principals_of_side
from reconciler.plan.access.unread_powers import find_unread_powers
from reconciler.plan.access.way_gathering import LeadingRoles, RolesByTerms, gather_assumptions, gather_named
from reconciler.plan.access.way_hops import WayHops


def find_admin_ways(side: AccessSide, only: Address | None = None) -> AdminWays:
    """Return the administrators, and everybody with a way to their power. only: the one principal to answer for."""
    everybody = principals_of_side(side)
    account = _AccountWays(side, {address: principal.known_part for address, principal in everybody.items()})
    asked = {address: one for address, one in account.everybody.items() if only in (None, address)}
    administrators: list[PrincipalWays] = []
    others: list[PrincipalWays] = []
    answered: set[str] = set()
    for members in account.group_by_ways(asked.values()):
        group = PrincipalWays(account.name_members(members), tuple(account.list_ways(members)))
        (administrators if account.is_administrator(members[0]) else others).append(group)
        answered.update(member.arn for member in members)
    external = () if only else find_external_ways(account.roles)
    left = {str(one): everybody[one] for one, principal in asked.items() if principal.arn not in answered}
    return AdminWays(
        tuple(sorted(administrators, key=lambda group: group.principals)),
        tuple(sorted((*others, *external), key=_sort_key_of)),
        tuple(find_unread_powers(left, account.leading_roles)),
        str(only or ""),
    )


@dataclass(frozen=True)
class _AccountWays:
    """The ways of one account.

    everybody: every user and role; their policies of unknown content allow nothing (`Principal.known_part`).
    """

    side: AccessSide
    everybody: Mapping[Address, Principal]

    @cached_property
    def graph(self) -> PowerGraph:
        targets = targets_of(self.side.state)
        resources = AccountResources(
            {principal.arn: principal for principal in self.everybody.values()},
            {group.arn: group for group in self._groups.values()},
            {target.arn: target for target in targets.values()},
            {target.arn: index for index, target in enumerate(targets.values())},
            ResourceTags.of(self.side.state),
        )
        return PowerGraph(resources, PowerFinder())

    @cached_property
    def _groups(self) -> Mapping[Address, Principal]:
        return group_principals_of(self.side.state)

    @cached_property
    def name_of(self) -> NameOf:
        listed = (*self.everybody.items(), *self._groups.items())
        return name_targets({principal.arn: str(address) for address, principal in listed})

    @cached_property
    def hops(self) -> WayHops:
        return WayHops(self.side.state, self.graph, self.name_of)

    @cached_property
    def roles(self) -> LeadingRoles:
        return LeadingRoles(self.hops)

    @cached_property
    def _assumable(self) -> Mapping[str, RolesByTerms]:
        """Map the ARN of each principal to the other roles that it may assume and that lead to the power."""
        bit_of = self.roles.bit_of
        found: defaultdict[str, dict[AccessTerms, int]] = defaultdict(dict)
        for pair in group_equivalent_pairs(self.everybody.values(), self.leading_roles):
            verdict = can_assume(pair.principals[0], pair.roles[0])
            terms = evaluate_access(pair.principals[0], pair.roles[0])
            if terms is None or verdict.denied or rests_on_unread_policies(verdict):  # as `PowerGraph` follows them
                continue
            bits = sum(bit_of[role.arn] for role in pair.roles)
            for principal in pair.principals:
                others = bits & ~bit_of.get(principal.arn, 0)
                if others:
                    found[principal.arn][terms] = found[principal.arn].get(terms, 0) | others
        return found

    @cached_property
    def leading_roles(self) -> list[Target]:
        """Return the roles that are administrators, or have a way to that."""
        return [target for arn, target in self.graph.account.targets.items() if arn in self.graph.leads]

    def is_administrator(self, principal: Principal) -> bool:
        return self.graph.finder.is_administrator(principal)

    def name_members(self, members: Iterable[Principal]) -> tuple[str, ...]:
        return tuple(sorted(self.name_of(member.arn) for member in members))

    def group_by_ways(self, principals: Iterable[Principal]) -> list[list[Principal]]:
        """Return the principals that have a way, or the power, in groups with the same ways on the same terms."""
        groups: defaultdict[Hashable, list[Principal]] = defaultdict(list)
        for principal in sorted(principals, key=lambda one: self.name_of(one.arn)):
            key = self._find_key(principal)
            if any(key):
                groups[key].append(principal)
        return list(groups.values())

    def _find_key(self, principal: Principal) -> tuple[Hashable, ...]:
        """Return a key that is equal for principals with the same ways; all parts are empty for one without any."""
        powers = tuple(
            (
                power.path.id,
                tuple("" if own == principal.arn else own for own in power.own_targets),
                power.verdict.keys,
                _find_limits(principal, power.path),
            )
            for power in self._list_powers(principal)
            if power.path is not None
        )
        if self.is_administrator(principal):
            return ("administrator", *powers)
        named = tuple((one.path.id, one.target, one.verdict.keys) for one in self.graph.named.get(principal.arn, ()))
        return powers, named, frozenset(self._assumable.get(principal.arn, {}).items())

    def _list_powers(self, principal: Principal) -> list[Power]:
        """Return the powers that follow from a principal alone; of an administrator only that one."""
        powers = self.graph.finder.find(principal)
        if self.is_administrator(principal):
            return [power for power in powers if power.grade is Grade.ADMINISTRATOR]
        has_roles = principal.arn in self._assumable
        return [power for power in powers if power.path and not (has_roles and power.path.id == ASSUME_PATH)]

    def list_ways(self, members: Sequence[Principal]) -> Iterator[AdminWay]:
        """Yield each way of principals that have the same ones; that over roles to assume first."""
        principal = members[0]
        subject = self.name_of(principal.arn) if len(members) == 1 else "each"
        if not self.is_administrator(principal):
            listed = self._list_powers(principal)
            broad = {power.path.id for power in listed if power.path and not depends_on_tags(power.verdict)}
            named = [one for one in self.graph.named.get(principal.arn, ()) if one.path.id not in broad]
            assumable = self._assumable.get(principal.arn, {})
            describe = partial(self.hops.describe_assumption, principal.arn)
            yield from gather_assumptions(self.roles, subject, assumable, describe)
            yield from gather_named(self.hops, subject, principal, named)
        for power in self._list_powers(principal):
            if power.path is not None:
                hop = self.hops.describe_broad(principal, power, power.path)
                own = tuple(map(self.name_of, power.own_targets))
                path = power.path
                limits = _find_limits(principal, path)
                yield AdminWay(path.id, path.name, path.actions, own, hop.reason, hop.terms, (hop,), 0, limits)


def _find_limits(principal: Principal, path: EscalationPath) -> tuple[str, ...]:
    """Return the guardrails that deny a part of a way: some of `iam:*`, or some resources."""
    if not principal.service_controls:
        return ()
    allows = (PolicyStatement(IDENTITY, True, frozenset([action.lower()])) for action in path.actions)
    return ServiceControls.of(principal).judge(allows).limited_by


def _sort_key_of(group: PrincipalWays) -> tuple[object, ...]:
    """Return a key by which ways without conditions come first, then those of many principals."""
    terms = [way.terms for way in group.ways]
    is_open = any(not one.mfa and not one.conditions for one in terms)
    return not is_open, -len(group.principals), group.principals
