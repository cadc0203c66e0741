"""Make ways to administrator power of their first steps: those over many resources on the same terms are one way.

An account may have more pairs of principals and roles than can be looked at one by one. So roles are sets of bits here,
and only the steps that are shown are described.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

from reconciler.access import ASSUME_PATH, EscalationPath, NamedPower, Principal, paths_by_id
from reconciler.model.admin_ways import AdminWay, WayHop
from reconciler.model.role_access import AccessTerms
from reconciler.plan.access.power_rows import MAX_TARGETS, describe_way, shorten_names
from reconciler.plan.access.way_hops import MAX_STEPS, LaterSteps, WayHops, join_terms

_MAX_SINGLE = 5
"""A way over more resources on the same terms than this becomes one with a count."""

RolesByTerms = Mapping[AccessTerms, int]
"""Maps the terms on which a principal may assume roles to these roles, a set of the bits of `LeadingRoles`."""

DescribeFirst = Callable[[str], WayHop]
"""Returns the first step over a resource, by its ARN."""


@dataclass(frozen=True)
class LeadingRoles:
    """The roles that lead to administrator power, the nearest to it first. Their place in that order is their bit."""

    hops: WayHops

    @cached_property
    def arns(self) -> Sequence[str]:
        graph = self.hops.graph
        listed = (arn for arn in graph.account.targets if arn in graph.leads)
        return sorted(listed, key=lambda arn: (len(graph.chain_of(arn)[0]), self.hops.name_of(arn)))

    @cached_property
    def bit_of(self) -> Mapping[str, int]:
        return {arn: 1 << place for place, arn in enumerate(self.arns)}

    @cached_property
    def by_later_terms(self) -> RolesByTerms:
        """Map the terms of the steps after a role to the roles that have them."""
        found: defaultdict[AccessTerms, int] = defaultdict(int)
        for arn, bit in self.bit_of.items():
            found[self.hops.follow(arn).terms] |= bit
        return found

    def list_arns(self, bits: int, most: int) -> list[str]:
        """Return the first roles of a set."""
        listed: list[str] = []
        while bits and len(listed) < most:
            lowest = bits & -bits
            listed.append(self.arns[lowest.bit_length() - 1])
            bits ^= lowest
        return listed


def gather_assumptions(
    roles: LeadingRoles, subject: str, assumable: RolesByTerms, describe_first: DescribeFirst
) -> Iterator[AdminWay]:
    """Yield the ways that begin with assuming a role. subject: the name of the principal; `each` for several."""
    by_terms: defaultdict[AccessTerms, int] = defaultdict(int)
    for terms, bits in assumable.items():
        for later, leading in roles.by_later_terms.items():
            if bits & leading:
                by_terms[join_terms([terms, later])] |= bits & leading
    path = paths_by_id()[ASSUME_PATH]
    for terms, bits in by_terms.items():
        targets = roles.list_arns(bits, MAX_TARGETS)
        yield from _build_ways(roles.hops, _Ways(subject, path, terms, targets, bits.bit_count()), describe_first)


def gather_named(hops: WayHops, subject: str, principal: Principal, powers: Iterable[NamedPower]) -> Iterator[AdminWay]:
    """Yield the ways of a principal over single resources besides assuming a role."""
    by_terms: defaultdict[tuple[str, AccessTerms], dict[str, NamedPower]] = defaultdict(dict)
    for power in powers:
        terms = join_terms([hops.terms_of_power(principal, power), _follow(hops, power.path, power.target).terms])
        by_terms[power.path.id, terms][power.target] = power
    for (path_id, terms), found in by_terms.items():
        path = paths_by_id()[path_id]
        targets = sorted(found, key=lambda arn: (len(_chain_of(hops, path, arn)[0]), hops.name_of(arn)))
        ways = _Ways(subject, path, terms, targets[:MAX_TARGETS], len(targets))
        yield from _build_ways(hops, ways, partial(_describe_named, hops, principal, found))


def _describe_named(hops: WayHops, principal: Principal, powers: Mapping[str, NamedPower], arn: str) -> WayHop:
    return hops.describe_named(principal, powers[arn])


@dataclass(frozen=True)
class _Ways:
    """Ways of one path on the same terms. targets: the first ARNs that it takes over. count: the number of all."""

    subject: str
    path: EscalationPath
    terms: AccessTerms
    targets: Sequence[str]
    count: int


def _build_ways(hops: WayHops, ways: _Ways, describe_first: DescribeFirst) -> Iterator[AdminWay]:
    """Yield each way; more than five become one with a count, described by the nearest."""
    if ways.count <= _MAX_SINGLE:
        for arn in ways.targets:
            yield _build_way(hops, ways, arn, describe_first(arn))
        return
    nearest = _build_way(hops, ways, ways.targets[0], describe_first(ways.targets[0]))
    yield replace(
        nearest,
        power=f"{ways.path.name} on {ways.count} {ways.path.resource_word}s",
        targets=tuple(map(hops.name_of, ways.targets)),
        reason=f"{nearest.reason}, and so for {ways.count - 1} more",
        count=ways.count,
    )


def _build_way(hops: WayHops, ways: _Ways, arn: str, first: WayHop) -> AdminWay:
    path = ways.path
    chain, end = _chain_of(hops, path, arn)
    names = list(map(hops.name_of, chain))
    steps = (first, *_follow(hops, path, arn).hops[: MAX_STEPS - 1])
    reason, targets = describe_way(ways.subject, path, names, end), tuple(shorten_names(names, MAX_TARGETS))
    return AdminWay(path.id, f"{path.name} on {names[0]}", path.actions, targets, reason, ways.terms, steps, 1)


def _chain_of(hops: WayHops, path: EscalationPath, arn: str) -> tuple[list[str], str]:
    return ([arn], "") if path.named == "any" else hops.graph.chain_of(arn)


def _follow(hops: WayHops, path: EscalationPath, arn: str) -> LaterSteps:
    return LaterSteps() if path.named == "any" else hops.follow(arn)
