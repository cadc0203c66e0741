"""Find out who may assume which role in a whole account, without evaluating every pair.

`role_assumption.can_assume` evaluates one pair. This module groups pairs that get the same answer, so that one of them
is evaluated for all. Principals share a group if the same statements apply to them and their requests carry the same
values for the keys that these test. Roles share a group if their trusts are the same and no statement of the principals
tells them apart. Pairs that are surely denied are left out: no trust names the principal, or none of its policies
covers the role.

A principal that a trust names itself is taken alone. The weak point: if only the role or the request can fill in a
variable, the roles are taken one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from reconciler.access.compiled_policies import ActionStatements, CompiledStatement
from reconciler.access.context import Alternative
from reconciler.access.principal import Principal, PrincipalMatch, PrincipalName
from reconciler.access.role_assumption import ASSUME_ACTIONS, Target
from reconciler.access.role_sets import RoleSets, TrustGroup, keys_of, refine_sets
from reconciler.model.document import Document, Statement

_EVERYONE: frozenset[PrincipalName] = frozenset({("*", "*"), ("AWS", "*")})


@dataclass(frozen=True, slots=True)
class EquivalentPairs:
    """Principals and roles whose pairs all get the same answer, whatever else the request carries.

    Only the labels of the deciding policies may differ.
    """

    principals: Sequence[Principal]
    roles: Sequence[Target]


def group_equivalent_pairs(principals: Iterable[Principal], targets: Iterable[Target]) -> Iterator[EquivalentPairs]:
    """Yield every pair that is not surely denied, each once. Root users are left out: they cannot assume roles."""
    roles = RoleSets(targets)
    by_action: dict[str, list[Principal]] = {}
    for principal in principals if roles.all_roles else ():
        if principal.kind != "root":
            by_action.setdefault(_assume_action_of(principal), []).append(principal)
    for action, listed in by_action.items():
        callers = _Callers(listed, roles)
        for trust_group in roles.group_by_trust(action, callers.may_be_named):
            for members, role_set in _find_pairs(callers, trust_group):
                yield EquivalentPairs(members, roles.list_targets(role_set))


def principal_key_of(principal: Principal, keys: Iterable[str]) -> tuple[object, ...]:
    """Return a key that is equal for principals with the same answers from every trust that tests only these keys."""
    slices = _assume_statements_of(principal)
    names = (principal.arn, principal.unique_id, principal.role_arn)
    return (
        *names,
        *_rights_key_of(principal, slices),
        _context_answers_of(principal, {*keys, *keys_of(filter(None, slices))}),
    )


def role_key_of(role: Target, keys: Iterable[str]) -> tuple[object, ...]:
    """Return a key that is equal for roles with the same answers to principals whose policies test only these keys."""
    actions = {"sts:AssumeRole", *ASSUME_ACTIONS.values()}
    tested = {*keys, *keys_of(part for action in actions for part in role.deciding_parts(action))}
    return role.arn, role.trust, frozenset((key, role.resource_context.find(key)) for key in tested)


def collect_trust_keys(targets: Iterable[Target], principals: Sequence[Principal]) -> frozenset[str]:
    """Return all keys that the trusts test which may name one of these principals."""
    trusts: dict[Document, Target] = {}
    for target in targets:
        trusts.setdefault(target.trust, target)
    names = _NameIndex(principals)
    relevant = [target for trust, target in trusts.items() if names.may_be_allowed_by(trust)]
    actions = {_assume_action_of(principal) for principal in principals}
    return keys_of(part for target in relevant for action in actions for part in target.deciding_parts(action))


def collect_caller_keys(principals: Iterable[Principal]) -> frozenset[str]:
    """Return all keys that the policies of these principals test when they assume a role."""
    return keys_of(part for principal in principals for part in _assume_statements_of(principal) if part is not None)


def _assume_action_of(principal: Principal) -> str:
    return ASSUME_ACTIONS.get(principal.kind, "sts:AssumeRole")


def _assume_statements_of(principal: Principal) -> tuple[ActionStatements | None, ...]:
    """Return the statements on assuming of each of its sets of policies; None for a limit that it lacks."""
    action = _assume_action_of(principal)
    return tuple(None if side is None else side.statements_for(action) for side in principal.policy_sets)


def _rights_key_of(principal: Principal, slices: Iterable[ActionStatements | None]) -> tuple[object, ...]:
    """Return a key of everything that decides, except its names and the keys of its requests."""
    boundary = principal.boundary and principal.boundary.label
    statements = tuple(None if part is None else part.equivalence_key for part in slices)
    return principal.kind, principal.account, principal.partition, boundary, statements


def _context_answers_of(principal: Principal, keys: Iterable[str]) -> frozenset[tuple[str, tuple[Alternative, ...]]]:
    """Return the values that every request of the principal carries for these keys."""
    return frozenset((key, principal.request_context.find(key)) for key in keys)


class _PrincipalGroup:
    """Principals of one kind and account with the same statements, and the same values for the keys these test."""

    def __init__(self, first: Principal, slices: tuple[ActionStatements | None, ...], roles: RoleSets) -> None:
        self.members: list[Principal] = []
        self.first = first
        self.root: PrincipalName = ("AWS", f"arn:{first.partition}:iam::{first.account}:root")
        self._statements = slices
        self._roles = roles
        self._groups_by_keys: dict[frozenset[str], list[list[Principal]]] = {}

    @cached_property
    def reachable_roles(self) -> int:
        """Return the set of roles that its own policies may allow."""
        identity = self._statements[0]
        if identity is None or identity.unknown_allows or not self.first.has_policies:
            return self._roles.all_roles
        roles = 0
        for statement in identity.allows:
            roles |= self._roles.find_covered(statement, self.first.request_context)
        return roles

    @cached_property
    def role_sets(self) -> list[int]:
        """Return sets of roles that its own policies do not tell apart."""
        statements = [item for part in self._statements if part is not None for item in part.statements]
        divisions = [self._roles.split_by_resource(item, self.first.request_context) for item in statements]
        divisions += [self._roles.split_by_key(key) for item in statements for key in item.keys]
        return refine_sets([self._roles.all_roles], dict.fromkeys(divisions))

    def group_members(self, keys: frozenset[str]) -> list[list[Principal]]:
        """Return its members, grouped by the values that their requests carry for these keys."""
        member_groups = self._groups_by_keys.get(keys)
        if member_groups is None:
            groups: dict[object, list[Principal]] = {}
            for member in self.members:
                groups.setdefault(_context_answers_of(member, keys), []).append(member)
            member_groups = self._groups_by_keys[keys] = list(groups.values())
        return member_groups


class _NameIndex:
    """The names by which a trust can let some principals in."""

    def __init__(self, principals: Iterable[Principal]) -> None:
        self._names = {name for principal in principals for name in principal.names}
        self._possible_prefixes = tuple(
            {prefix for principal in principals for prefix in principal.possible_name_prefixes}
        )

    def may_be_allowed_by(self, trust: Document) -> bool:
        """Return whether the trust may let one of them in."""
        return bool(trust.opaque) or any(map(self._may_allow, trust.statements))

    def _may_allow(self, statement: Statement) -> bool:
        principals = statement.principals or frozenset()
        return statement.effect == "Allow" and (
            statement.not_principal
            or not self._names.isdisjoint(principals)
            or any(name.startswith(self._possible_prefixes) for _, name in principals)
        )


class _Callers:
    """All principals that assume by one action, indexed by their names and grouped by their statements."""

    def __init__(self, principals: Sequence[Principal], roles: RoleSets) -> None:
        self._roles = roles
        self.may_be_named = _NameIndex(principals).may_be_allowed_by
        self._grouped = [principal for principal in principals if principal.kind != "account"]
        self._individuals = [principal for principal in principals if principal.kind == "account"]
        self._named: dict[PrincipalName, list[Principal]] = {}
        self._sessions: dict[str, list[Principal]] = {}
        for principal in self._grouped:
            for name, naming in principal.names.items():
                if naming in (PrincipalMatch.DIRECT, PrincipalMatch.ROLE):
                    self._named.setdefault(name, []).append(principal)
            for prefix in principal.possible_name_prefixes:
                self._sessions.setdefault(prefix, []).append(principal)

    def find_mentioned(self, part: ActionStatements) -> dict[int, Principal]:
        """Return the principals that the trust names themselves, in Allow or Deny, and those always taken alone."""
        principals = list(self._individuals)
        for statement in part.statements:
            for name in sorted(statement.statement.principals or ()):
                principals += self._named.get(name, ())
                session, slash, _ = name[1].rpartition("/")
                principals += self._sessions.get(session + slash, ())
        return {id(principal): principal for principal in principals}

    @cached_property
    def principal_groups(self) -> list[_PrincipalGroup]:
        groups: dict[tuple[object, ...], _PrincipalGroup] = {}
        for principal in self._grouped:
            slices = self._relevant_statements_of(principal)
            key = (*_rights_key_of(principal, slices), _context_answers_of(principal, keys_of(filter(None, slices))))
            if key not in groups:
                groups[key] = _PrincipalGroup(principal, slices, self._roles)
            groups[key].members.append(principal)
        return list(groups.values())

    def role_sets_for(self, principal: Principal) -> list[int]:
        return _PrincipalGroup(principal, self._relevant_statements_of(principal), self._roles).role_sets

    def _relevant_statements_of(self, principal: Principal) -> tuple[ActionStatements | None, ...]:
        """Return its statements on assuming, without those that cover none of the roles."""

        def is_relevant(item: CompiledStatement) -> bool:
            return bool(self._roles.find_covered(item, principal.request_context))

        return tuple(part and part.filter_statements(is_relevant) for part in _assume_statements_of(principal))


def _find_pairs(callers: _Callers, trust_group: TrustGroup) -> Iterator[tuple[Sequence[Principal], int]]:
    """Yield principals with a set of roles: every pair of them gets the same answer."""
    part = trust_group.statements
    if not part.may_allow:
        return
    mentioned = callers.find_mentioned(part)
    has_several_roles = trust_group.roles & (trust_group.roles - 1)
    for principal in mentioned.values():
        divisions = [callers.role_sets_for(principal)] if has_several_roles else []
        for roles in refine_sets([trust_group.roles], divisions):
            yield [principal], roles
    allowed = {name for item in part.allows for name in item.statement.principals or ()}
    everyone = bool(part.unknown_allows) or any(item.statement.not_principal for item in part.statements)
    everyone = everyone or not allowed.isdisjoint(_EVERYONE)
    account = trust_group.account
    for group in callers.principal_groups if everyone or any(name[1].endswith(":root") for name in allowed) else ():
        if not everyone and group.root not in allowed:
            continue
        trust_suffices = everyone and group.first.account in (account, "")
        reachable = trust_group.roles if trust_suffices else trust_group.roles & group.reachable_roles
        for members in group.group_members(trust_group.keys) if reachable else ():
            others = [item for item in members if id(item) not in mentioned] if mentioned else members
            for roles in refine_sets([reachable], [group.role_sets]) if others else ():
                yield others, roles
