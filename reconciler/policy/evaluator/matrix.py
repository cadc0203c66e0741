"""Who may assume which role, for a whole account: every pair that is not denied.

One pair is `assume.can_assume`; this only saves asking what is clear. Principals whose policies say the same to
sts:AssumeRole, and whose own names and tags nobody asks for, are asked once for all; those a trust names
themselves, always one by one. Its weak point: a condition on the caller in a trust costs one question per caller.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reconciler.policy.evaluator.assume import ASSUME, Target, can_assume
from reconciler.policy.evaluator.compiled import Slice
from reconciler.policy.evaluator.context import NOTHING_KNOWN, Context
from reconciler.policy.evaluator.principal import Named, Naming, Principal
from reconciler.policy.evaluator.values import Verdict

_SHARED = ("sts:", "aws:multifactorauth", "aws:sourceip", "aws:currenttime", "aws:resource", "iam:resource")
"""Keys that are the same for all principals of one kind; `aws:resource…` describe the role."""


@dataclass(frozen=True, slots=True)
class Access:
    """A pair that is allowed or depends."""

    principal: Principal
    role: Target
    verdict: Verdict


class _Profile:
    """Principals of one kind and account to whom the same statements apply alike."""

    def __init__(self, first: Principal, part: Slice, context: Context) -> None:
        self.members = [first]
        self.account = first.account
        self.root: Named = ("AWS", f"arn:{first.partition}:iam::{first.account}:root")
        self._literal: set[str] = set()
        self._patterns: dict[re.Pattern[str], None] = {}
        self._anything = bool(part.allow_unseen)
        known = first.own.over(context)
        for statement in part.allows:
            reach = statement.resources.reach(known)
            if reach is None:
                self._anything = True
            else:
                self._literal |= reach[0]
                self._patterns |= dict.fromkeys(reach[1])

    def reaches(self, arn: str) -> bool:
        """False where no identity policy can allow this role."""
        return self._anything or arn in self._literal or any(item.fullmatch(arn) for item in self._patterns)


class _Index:
    """All principals that assume by one action, by the names a trust may use."""

    def __init__(self, principals: Iterable[Principal], action: str, context: Context) -> None:
        self.action = action
        self.named: dict[Named, list[Principal]] = {}
        self.sessions: dict[str, list[Principal]] = {}
        self.apart: list[Principal] = []
        profiles: dict[tuple[object, ...], _Profile] = {}
        for principal in principals:
            if principal.kind == "account":
                self.apart.append(principal)
                continue
            for name, naming in principal.names.items():
                if naming in (Naming.DIRECT, Naming.ROLE):
                    self.named.setdefault(name, []).append(principal)
            for prefix in principal.perhaps:
                self.sessions.setdefault(prefix, []).append(principal)
            part = principal.identity.slice(action)
            key = _profile_key(principal, part, action)
            if key in profiles:
                profiles[key].members.append(principal)
            else:
                profiles[key] = _Profile(principal, part, context)
        self.profiles = tuple(profiles.values())

    def mentioned(self, part: Slice) -> list[Principal]:
        """Those that the trust names themselves, to let them in or keep them out, and those asked one by one."""
        found = list(self.apart)
        for statement in part.statements:
            for name in sorted(statement.statement.principals or ()):
                found += self.named.get(name, ())
                session, slash, _ = name[1].rpartition("/")
                found += self.sessions.get(session + slash, ())
        return found


def _profile_key(principal: Principal, part: Slice, action: str) -> tuple[object, ...]:
    limits = [limit.slice(action) for limit in (principal.limit, principal.session_limit) if limit is not None]
    slices = [part, *limits]
    if not all(_is_shared(item) for item in slices):
        return (id(principal),)
    statements = tuple(
        (item.allows, item.denies, item.allow_unseen, item.deny_unseen) for item in slices
    )  # compared by identity: a document is compiled once
    absent = (principal.limit is None, principal.session_limit is None)
    return (principal.kind, principal.account, principal.boundary, absent, statements)


def _is_shared(part: Slice) -> bool:
    return all(key.startswith(_SHARED) for statement in part.statements for key in statement.keys)


def assumable(
    principals: Iterable[Principal], roles: Iterable[Target], context: Context = NOTHING_KNOWN
) -> Iterator[Access]:
    """Every pair of a principal and a role that is not denied, role by role."""
    by_action: dict[str, list[Principal]] = {}
    for principal in principals:
        if principal.kind != "root":
            by_action.setdefault(ASSUME.get(principal.kind, "sts:AssumeRole"), []).append(principal)
    indexes = [_Index(listed, action, context) for action, listed in by_action.items()]
    for role in roles:
        for index in indexes:
            for principal, verdict in _of_role(index, role, context):
                if not verdict.denied:
                    yield Access(principal, role, verdict)


def _of_role(index: _Index, role: Target, context: Context) -> Iterator[tuple[Principal, Verdict]]:
    part = role.compiled_trust.slice(index.action)
    if not part.allows and not part.allow_unseen:
        return
    allowed = {name for item in part.allows for name in item.statement.principals or ()}
    open_to_all = bool(part.allow_unseen) or any(item.statement.not_principal for item in part.statements)
    everyone = open_to_all or not allowed.isdisjoint({("*", "*"), ("AWS", "*")})
    one_by_one = open_to_all or not _is_shared(part)
    seen: set[int] = set()
    for principal in index.mentioned(part):
        if id(principal) not in seen:
            seen.add(id(principal))
            yield principal, can_assume(principal, role, context)
    for profile in index.profiles:
        if not everyone and profile.root not in allowed:
            continue
        if not (everyone and profile.account in (role.account, "")) and not profile.reaches(role.arn):
            continue
        yield from _of_profile([item for item in profile.members if id(item) not in seen], role, context, one_by_one)


def _of_profile(
    members: list[Principal], role: Target, context: Context, one_by_one: bool
) -> Iterator[tuple[Principal, Verdict]]:
    if one_by_one:
        yield from ((principal, can_assume(principal, role, context)) for principal in members)
    elif members:
        verdict = can_assume(members[0], role, context)
        yield from ((principal, verdict) for principal in members)
