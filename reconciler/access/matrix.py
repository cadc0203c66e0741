"""Who may assume which role, for a whole account, without asking every pair.

One pair is `assume.can_assume`. Here pairs that get the same answer are put together, so that one of them is asked for
all: principals to whom the same statements apply and whose requests say the same to all that these ask, and roles
whose trusts say the same and which no statement of the principals tells apart. Pairs that are denied for certain,
because no trust names the principal or no policy of its own speaks of the role, are left out.

Principals that a trust names themselves are taken one by one. Its weak point: a variable that only the role or the
request can fill in makes it take the roles one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from reconciler.access.assume import ASSUME, Target
from reconciler.access.compiled import CompiledStatement, Slice
from reconciler.access.context import Alternative
from reconciler.access.principal import Named, Naming, Principal
from reconciler.access.rolesets import Roles, Trusting, keys_of, refined
from reconciler.model.document import Document, Statement

_EVERYONE: frozenset[Named] = frozenset({("*", "*"), ("AWS", "*")})


@dataclass(frozen=True, slots=True)
class Alike:
    """Principals and roles of which every pair gets the same answer, whatever else is known of the request.

    The same but for the labels of the policies whose statements decide.
    """

    principals: Sequence[Principal]
    roles: Sequence[Target]


def alike(principals: Iterable[Principal], targets: Iterable[Target]) -> Iterator[Alike]:
    """Every pair that is not denied for certain, each once. Root users assume no roles."""
    roles = Roles(targets)
    by_action: dict[str, list[Principal]] = {}
    for principal in principals if roles.all else ():
        if principal.kind != "root":
            by_action.setdefault(_action(principal), []).append(principal)
    for action, listed in by_action.items():
        callers = _Callers(listed, roles)
        for trusting in roles.by_trust(action, callers.may_be_named):
            for members, found in _let_in(callers, trusting):
                yield Alike(members, roles.of(found))


def seen_by_trusts(principal: Principal, keys: Iterable[str]) -> tuple[object, ...]:
    """Equal where a principal gets the same answer from every trust that asks for no more than these keys."""
    slices = _slices(principal)
    named = (principal.arn, principal.unique_id, principal.role_arn)
    return (*named, *_rights(principal, slices), _answers(principal, {*keys, *keys_of(filter(None, slices))}))


def seen_by_callers(role: Target, keys: Iterable[str]) -> tuple[object, ...]:
    """Equal where a role gives the same answer to every principal whose policies ask for no more than these keys."""
    parts = (role.compiled_trust.slice(action) for action in {"sts:AssumeRole", *ASSUME.values()})
    asked = {*keys, *keys_of(parts)}
    return role.arn, role.trust, frozenset((key, role.own.find(key)) for key in asked)


def asked_by_trusts(targets: Iterable[Target], principals: Sequence[Principal]) -> frozenset[str]:
    """All keys for which a trust asks that may name one of these principals."""
    trusts: dict[Document, Target] = {}
    for target in targets:
        trusts.setdefault(target.trust, target)
    names = _Names(principals)
    asked = [target.compiled_trust for trust, target in trusts.items() if names.may_be_in(trust)]
    return keys_of(trust.slice(action) for trust in asked for action in {_action(one) for one in principals})


def asked_by_callers(principals: Iterable[Principal]) -> frozenset[str]:
    """All keys that their policies ask for when they assume a role."""
    return keys_of(part for principal in principals for part in _slices(principal) if part is not None)


def _action(principal: Principal) -> str:
    return ASSUME.get(principal.kind, "sts:AssumeRole")


def _slices(principal: Principal) -> tuple[Slice | None, ...]:
    """What its policies, its boundary and its session policy say to assuming a role; None for what it lacks."""
    action = _action(principal)
    sides = (principal.identity, principal.limit, principal.session_limit)
    return tuple(None if side is None else side.slice(action) for side in sides)


def _rights(principal: Principal, slices: Iterable[Slice | None]) -> tuple[object, ...]:
    """All that decides beside its names and the answers of its requests."""
    boundary = principal.boundary and principal.boundary.label
    said = tuple(None if part is None else part.meaning for part in slices)
    return principal.kind, principal.account, principal.partition, boundary, said


def _answers(principal: Principal, keys: Iterable[str]) -> frozenset[tuple[str, tuple[Alternative, ...]]]:
    """What the principal itself brings to these keys of a request."""
    return frozenset((key, principal.own.find(key)) for key in keys)


class _Profile:
    """Principals of one kind and account to whom the same statements apply, and whose requests answer these alike."""

    def __init__(self, first: Principal, slices: tuple[Slice | None, ...], roles: Roles) -> None:
        self.members: list[Principal] = []
        self.first = first
        self.root: Named = ("AWS", f"arn:{first.partition}:iam::{first.account}:root")
        self._slices = slices
        self._roles = roles
        self._groups: dict[frozenset[str], list[list[Principal]]] = {}

    @cached_property
    def reach(self) -> int:
        """The roles that its own policies may allow."""
        identity = self._slices[0]
        if identity is None or identity.allow_unseen or not self.first.has_policies:
            return self._roles.all
        found = 0
        for statement in identity.allows:
            found |= self._roles.spoken_of(statement, self.first.own)
        return found

    @cached_property
    def parts(self) -> list[int]:
        """Sets of roles that its own policies do not tell apart."""
        statements = [item for part in self._slices if part is not None for item in part.statements]
        divisions = [self._roles.parted_by(item, self.first.own) for item in statements]
        divisions += [self._roles.alike_in(key) for item in statements for key in item.keys]
        return refined([self._roles.all], dict.fromkeys(divisions))

    def answering(self, keys: frozenset[str]) -> list[list[Principal]]:
        """Its members by what their requests answer to these keys."""
        found = self._groups.get(keys)
        if found is None:
            groups: dict[object, list[Principal]] = {}
            for member in self.members:
                groups.setdefault(_answers(member, keys), []).append(member)
            found = self._groups[keys] = list(groups.values())
        return found


class _Names:
    """By what names a trust can let some principals in."""

    def __init__(self, principals: Iterable[Principal]) -> None:
        self._names = {name for principal in principals for name in principal.names}
        self._perhaps = tuple({prefix for principal in principals for prefix in principal.perhaps})

    def may_be_in(self, trust: Document) -> bool:
        """False where the trust lets in none of them for certain."""
        return bool(trust.opaque) or any(map(self._allows, trust.statements))

    def _allows(self, statement: Statement) -> bool:
        named = statement.principals or frozenset()
        return statement.effect == "Allow" and (
            statement.not_principal
            or not self._names.isdisjoint(named)
            or any(name.startswith(self._perhaps) for _, name in named)
        )


class _Callers:
    """All principals that assume by one action, by the names that a trust may use, and by what applies to them."""

    def __init__(self, principals: Sequence[Principal], roles: Roles) -> None:
        self._roles = roles
        self.may_be_named = _Names(principals).may_be_in
        self._grouped = [principal for principal in principals if principal.kind != "account"]
        self._apart = [principal for principal in principals if principal.kind == "account"]
        self._named: dict[Named, list[Principal]] = {}
        self._sessions: dict[str, list[Principal]] = {}
        for principal in self._grouped:
            for name, naming in principal.names.items():
                if naming in (Naming.DIRECT, Naming.ROLE):
                    self._named.setdefault(name, []).append(principal)
            for prefix in principal.perhaps:
                self._sessions.setdefault(prefix, []).append(principal)

    def mentioned(self, part: Slice) -> dict[int, Principal]:
        """Those that the trust names themselves, to let them in or keep them out, and those taken one by one."""
        found = list(self._apart)
        for statement in part.statements:
            for name in sorted(statement.statement.principals or ()):
                found += self._named.get(name, ())
                session, slash, _ = name[1].rpartition("/")
                found += self._sessions.get(session + slash, ())
        return {id(principal): principal for principal in found}

    @cached_property
    def profiles(self) -> list[_Profile]:
        found: dict[tuple[object, ...], _Profile] = {}
        for principal in self._grouped:
            slices = self._telling(principal)
            key = (*_rights(principal, slices), _answers(principal, keys_of(filter(None, slices))))
            if key not in found:
                found[key] = _Profile(principal, slices, self._roles)
            found[key].members.append(principal)
        return list(found.values())

    def parts(self, principal: Principal) -> list[int]:
        return _Profile(principal, self._telling(principal), self._roles).parts

    def _telling(self, principal: Principal) -> tuple[Slice | None, ...]:
        """Its slices without the statements that speak of none of the roles."""

        def speaks(item: CompiledStatement) -> bool:
            return bool(self._roles.spoken_of(item, principal.own))

        return tuple(part and part.only(speaks) for part in _slices(principal))


def _let_in(callers: _Callers, trusting: Trusting) -> Iterator[tuple[Sequence[Principal], int]]:
    """Principals, and those of the roles for which all of them get the same answer."""
    part = trusting.part
    if not part.may_allow:
        return
    mentioned = callers.mentioned(part)
    for principal in mentioned.values():
        for roles in refined(
            [trusting.roles], [callers.parts(principal)] if trusting.roles & (trusting.roles - 1) else []
        ):
            yield [principal], roles
    allowed = {name for item in part.allows for name in item.statement.principals or ()}
    everyone = bool(part.allow_unseen) or any(item.statement.not_principal for item in part.statements)
    everyone = everyone or not allowed.isdisjoint(_EVERYONE)
    account = trusting.account
    for profile in callers.profiles if everyone or any(name[1].endswith(":root") for name in allowed) else ():
        if not everyone and profile.root not in allowed:
            continue
        freely = everyone and profile.first.account in (account, "")
        reached = trusting.roles if freely else trusting.roles & profile.reach
        for members in profile.answering(trusting.keys) if reached else ():
            left = [item for item in members if id(item) not in mentioned] if mentioned else members
            for roles in refined([reached], [profile.parts]) if left else ():
                yield left, roles
