"""Who may assume which role: single pairs, and groups of principals and roles on the same terms.

A large account has more pairs than anybody can read or keep. So a plan holds groups; a pair is made only when somebody
asks for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RoleAccess:
    """A principal that may assume a role.

    principal: an address, an ARN, `service:HOST` or `*`.
    mfa: True if only with MFA.
    conditions: keys, in lower case, on which the access depends; empty if it depends on nothing unknown.
    terms: the conditions on these keys as texts, with values; they do not count for equality.
    stopped_by: the guardrails that stop it, by their files; empty if none surely does.
    """

    principal: str
    role: str
    mfa: bool = False
    conditions: tuple[str, ...] = ()
    terms: frozenset[str] = field(default=frozenset(), compare=False)
    stopped_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AccessTerms:
    """The terms of an access. See `RoleAccess` for the fields."""

    mfa: bool = False
    conditions: tuple[str, ...] = ()
    terms: frozenset[str] = frozenset()
    stopped_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AccessGroup:
    """Principals that may each assume each of these roles on the same terms; both are sorted.

    before: the terms before the plan if the plan changes only these; else None.
    """

    principals: tuple[str, ...]
    roles: tuple[str, ...]
    terms: AccessTerms = AccessTerms()
    before: AccessTerms | None = None

    @property
    def pair_count(self) -> int:
        return len(self.principals) * len(self.roles)

    def list_pairs(self) -> Iterator[RoleAccess]:
        """Yield every pair, on the terms after the plan."""
        return self._list_pairs(self.terms)

    def list_changed_pairs(self) -> Iterator[tuple[RoleAccess, RoleAccess]]:
        """Yield every pair before and after the plan; none if the terms do not change."""
        return zip(self._list_pairs(self.before), self.list_pairs(), strict=True) if self.before else iter(())

    def _list_pairs(self, terms: AccessTerms) -> Iterator[RoleAccess]:
        return (
            RoleAccess(principal, role, terms.mfa, terms.conditions, terms.terms, terms.stopped_by)
            for principal in self.principals
            for role in self.roles
        )


AccessGroups = tuple[AccessGroup, ...]

_TermsOfBoth = tuple[AccessTerms, AccessTerms | None]
_Columns = dict[tuple[str, _TermsOfBoth], int]
"""Maps a role and terms to the set of its principals, a number with one bit for each."""

_MAX_REGROUPED = 2_000_000
"""The number of principals, counted in each group, up to which groups are also tried by principal."""


def group_pairs(pairs: Iterable[RoleAccess]) -> AccessGroups:
    """Return single pairs as groups."""
    return gather_groups(map(to_group, pairs))


def group_changed_pairs(pairs: Iterable[tuple[RoleAccess, RoleAccess]]) -> AccessGroups:
    """Return pairs, each before and after a plan, as groups."""
    return gather_groups(
        AccessGroup((after.principal,), (after.role,), terms_of_pair(after), terms_of_pair(before))
        for before, after in pairs
    )


def to_group(pair: RoleAccess) -> AccessGroup:
    return AccessGroup((pair.principal,), (pair.role,), terms_of_pair(pair))


def terms_of_pair(pair: RoleAccess) -> AccessTerms:
    return AccessTerms(pair.mfa, pair.conditions, pair.terms, pair.stopped_by)


def gather_groups(groups: Iterable[AccessGroup]) -> AccessGroups:
    """Merge groups as far as possible: roles with the same principals, or principals with the same roles.

    Of the two ways it takes the one that gives fewer groups. Equal pairs give equal groups, however they came.
    """
    names = _Names()
    return names.to_groups(names.to_columns(groups))


def compare_groups(
    before: Iterable[AccessGroup], after: Iterable[AccessGroup]
) -> tuple[AccessGroups, AccessGroups, AccessGroups]:
    """Return the pairs that are only after, only before, and on both sides but on other terms, as groups."""
    names = _Names()
    was, now = _by_role(names.to_columns(before)), _by_role(names.to_columns(after))
    gained: _Columns = {}
    lost: _Columns = {}
    changed: _Columns = {}
    for role in {**was, **now}:
        old, new = was.get(role, {}), now.get(role, {})
        held, holding = _unite(old.values()), _unite(new.values())
        for terms, principals in new.items():
            gained[role, (terms, None)] = principals & ~held if held else principals
            for earlier, others in old.items():
                if earlier != terms:
                    changed[role, (terms, earlier)] = principals & others
        for terms, principals in old.items():
            lost[role, (terms, None)] = principals & ~holding if holding else principals
    return names.to_groups(gained), names.to_groups(lost), names.to_groups(changed)


def _by_role(columns: _Columns) -> dict[str, dict[AccessTerms, int]]:
    by_role: dict[str, dict[AccessTerms, int]] = {}
    for (role, (terms, _)), principals in columns.items():
        by_role.setdefault(role, {})[terms] = principals
    return by_role


def _unite(sets: Iterable[int]) -> int:
    union = 0
    for one in sets:
        union |= one
    return union


class _Names:
    """The names of principals, each with the number of its bit."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._listed: list[str] = []

    def to_columns(self, groups: Iterable[AccessGroup]) -> _Columns:
        columns: _Columns = {}
        for group in groups:
            principals, terms = self._to_set(group.principals), (group.terms, group.before)
            for role in group.roles:
                columns[role, terms] = columns.get((role, terms), 0) | principals
        return columns

    def to_groups(self, columns: _Columns) -> AccessGroups:
        """Return the groups of columns, sorted."""
        roles_by_set: dict[tuple[int, _TermsOfBoth], list[str]] = {}
        for (role, terms), principals in columns.items():
            if principals:
                roles_by_set.setdefault((principals, terms), []).append(role)
        by_role = [
            AccessGroup(self._list_names(principals), tuple(sorted(roles)), *terms)
            for (principals, terms), roles in roles_by_set.items()
        ]
        return tuple(sorted(_regroup_by_principal(by_role), key=_sort_key_of))

    def _to_set(self, principals: Iterable[str]) -> int:
        numbers = [self._number_of(name) for name in principals]
        bits = bytearray(max(numbers, default=0) // 8 + 1)
        for number in numbers:
            bits[number // 8] |= 1 << number % 8
        return int.from_bytes(bits, "little")

    def _number_of(self, name: str) -> int:
        number = self._numbers.setdefault(name, len(self._listed))
        if number == len(self._listed):
            self._listed.append(name)
        return number

    def _list_names(self, principals: int) -> tuple[str, ...]:
        digits = bin(principals)[:1:-1]
        names, number = [], digits.find("1")
        while number >= 0:
            names.append(self._listed[number])
            number = digits.find("1", number + 1)
        return tuple(sorted(names))


def _regroup_by_principal(by_role: list[AccessGroup]) -> list[AccessGroup]:
    """Return groups of principals with the same roles if these are fewer, or as many; else the argument."""
    if sum(len(group.principals) for group in by_role) > _MAX_REGROUPED:
        return by_role
    held: dict[tuple[str, _TermsOfBoth], list[int]] = {}
    for index, group in enumerate(by_role):
        for principal in group.principals:
            held.setdefault((principal, (group.terms, group.before)), []).append(index)
    principals_by_groups: dict[tuple[tuple[int, ...], _TermsOfBoth], list[str]] = {}
    for (principal, terms), indexes in held.items():
        principals_by_groups.setdefault((tuple(indexes), terms), []).append(principal)
    if len(principals_by_groups) > len(by_role):
        return by_role
    return [
        AccessGroup(tuple(sorted(principals)), _join_roles(by_role[index] for index in indexes), *terms)
        for (indexes, terms), principals in principals_by_groups.items()
    ]


def _join_roles(groups: Iterable[AccessGroup]) -> tuple[str, ...]:
    return tuple(sorted(role for group in groups for role in group.roles))


def _sort_key_of(group: AccessGroup) -> tuple[object, ...]:
    before = group.before or AccessTerms()
    return group.principals, group.roles, *_sort_key_of_terms(group.terms), *_sort_key_of_terms(before)


def _sort_key_of_terms(terms: AccessTerms) -> tuple[object, ...]:
    return terms.mfa, terms.conditions, sorted(terms.terms), terms.stopped_by


def list_sorted_pairs(groups: AccessGroups) -> tuple[RoleAccess, ...]:
    """Return every pair of some groups, sorted by principal and role."""
    pairs = (pair for group in groups for pair in group.list_pairs())
    return tuple(sorted(pairs, key=lambda one: (one.principal, one.role)))


def list_sorted_changes(groups: AccessGroups) -> tuple[tuple[RoleAccess, RoleAccess], ...]:
    """Return every pair of some groups before and after the plan, sorted by principal and role."""
    pairs = (pair for group in groups for pair in group.list_changed_pairs())
    return tuple(sorted(pairs, key=lambda one: (one[1].principal, one[1].role)))


@dataclass(frozen=True, slots=True)
class Access:
    """All access to the roles of an account, sorted by principal and role."""

    roles: tuple[RoleAccess, ...] = ()

    def to_role(self, role: str) -> tuple[RoleAccess, ...]:
        """Return who may assume one role (`role/admin`)."""
        return tuple(access for access in self.roles if access.role == role)

    def of_principal(self, principal: str) -> tuple[RoleAccess, ...]:
        """Return what one principal may assume (`user/alice`, `service:ec2.amazonaws.com`, an ARN)."""
        return tuple(access for access in self.roles if access.principal == principal)


def gather_by_principals(groups: Sequence[AccessGroup]) -> Iterator[tuple[list[str], list[str]]]:
    """Yield the principals of some groups, sorted, with the roles that exactly these may assume, on whatever terms.

    One list of principals is built at a time, so memory does not grow with the product of principals and roles.
    """
    groups_of: defaultdict[str, list[int]] = defaultdict(list)
    for number, group in enumerate(groups):
        for role in group.roles:
            groups_of[role].append(number)
    roles_of: defaultdict[tuple[int, ...], list[str]] = defaultdict(list)
    for role, numbers in sorted(groups_of.items()):
        roles_of[tuple(numbers)].append(role)
    for members, roles in roles_of.items():
        yield sorted({principal for number in members for principal in groups[number].principals}), roles
