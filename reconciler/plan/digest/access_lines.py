"""Put the access that a plan gives and takes into lines: one for principals that gain the same on the same terms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from reconciler.model.durations import annotate_age
from reconciler.model.plan import Plan
from reconciler.model.role_access import AccessGroup, AccessGroups, AccessTerms
from reconciler.model.sentence import format_counted, format_list, is_external
from reconciler.plan.access.assume_words import describe_terms
from reconciler.plan.access.permission_words import describe_permission_groups, join_terms, name_refusals
from reconciler.plan.access.power_words import describe_powers
from reconciler.plan.access.risk import demands_more
from reconciler.plan.digest.detail import Detail, cut_list
from reconciler.plan.digest.tones import Tone, judge_permission_tone
from reconciler.policy.global_keys import spell_term

_MOST_EXTERNALS = 3
"""The external principals of a group that get a line each; more are counted."""

_MOST_GUARDRAILS = 3


@dataclass(frozen=True, slots=True)
class AccessLine:
    """A line about access. sign: + gained, - lost, ~ on other terms."""

    sign: str
    text: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class AccessLines:
    """The lines to show, and how many are left out of roles and of permissions."""

    roles: tuple[AccessLine, ...]
    permissions: tuple[AccessLine, ...]
    roles_left_out: int = 0
    permissions_left_out: int = 0


def list_access_lines(plan: Plan, detail: Detail) -> AccessLines:
    """Return the lines about roles and power, and those about permissions; the gravest if some are cut."""
    (roles, roles_left), (permissions, permissions_left) = (
        _keep_gravest(list(lines), detail) for lines in (_list_role_lines(plan), _list_permission_lines(plan))
    )
    return AccessLines(roles, permissions, roles_left, permissions_left)


def _keep_gravest(lines: list[AccessLine], detail: Detail) -> tuple[tuple[AccessLine, ...], int]:
    """Return the lines that are shown, in their order, and how many are left out."""
    gravest, left_out = cut_list(sorted(lines, key=lambda line: -line.tone), detail)
    kept = set(gravest)
    return tuple(line for line in lines if line in kept) if left_out else tuple(lines), left_out


def _list_role_lines(plan: Plan) -> Iterator[AccessLine]:
    delta = plan.access
    dangerous = {str(reason.address) for reason in plan.risk.reasons if reason.is_high}

    def judge_opening(group: AccessGroup) -> Tone:
        return Tone.WIDENS if dangerous.isdisjoint(group.roles) else Tone.DANGER

    for group in _separate_externals(delta.gained_groups):
        text = f"{_describe_pairs(group, 'may assume')}{_describe_terms(group.terms)}"
        yield AccessLine("+", text, judge_opening(group))
    for group in _separate_externals(delta.lost_groups):
        yield AccessLine("-", _describe_pairs(group, "may no longer assume"), Tone.SAFE)
    for group in _separate_externals(delta.changed_groups):
        narrows = group.before is not None and demands_more(group.before, group.terms)
        yield AccessLine("~", _describe_change(group), Tone.SAFE if narrows else judge_opening(group))
    yield from (AccessLine("+", text, Tone.DANGER) for _, text in describe_powers(delta.powers_gained, "gain"))
    yield from (AccessLine("-", text, Tone.SAFE) for _, text in describe_powers(delta.powers_lost, "lose"))


def _separate_externals(groups: AccessGroups) -> Iterator[AccessGroup]:
    """Yield the groups, with a few external principals (services, providers, other accounts) each on their own."""
    for group in groups:
        externals = tuple(filter(is_external, group.principals))
        if not externals or len(externals) > _MOST_EXTERNALS or len(group.principals) == 1:
            yield group
            continue
        yield from (replace(group, principals=(one,)) for one in externals)
        own = tuple(one for one in group.principals if one not in externals)
        if own:
            yield replace(group, principals=own)


def _list_permission_lines(plan: Plan) -> Iterator[AccessLine]:
    for sign, rows, text in describe_permission_groups(plan.access.permissions):
        yield AccessLine(sign, text, max(map(judge_permission_tone, rows)))


_DELETED = {"AIDA": "a deleted user", "AROA": "a deleted role"}
"""Prefix of a unique id → words for it. IAM shows the id in place of a deleted principal's ARN (IAM identifiers)."""


def _describe_pairs(group: AccessGroup, verb: str) -> str:
    """Return `812 users (alice, bob, carol …) may assume 14 roles (app-1, app-2, app-3 …)`."""
    return f"{format_counted(tuple(map(_note_deletion, group.principals)))} {verb} {format_counted(group.roles)}"


def _note_deletion(principal: str) -> str:
    """Return the principal, with a note if it is the unique id of a deleted one."""
    note = _DELETED.get(principal[:4]) if principal.isalnum() else None
    return f"{principal} ({note})" if note else principal


def _describe_change(group: AccessGroup) -> str:
    """Return a sentence with the terms of an access after and before the plan."""
    before, after = group.before or AccessTerms(), group.terms
    subject = _describe_pairs(group, "may assume")
    if replace(before, terms=frozenset()) != replace(after, terms=frozenset()):
        earlier = _describe_terms(before).removeprefix(", ") or "without condition"
        return f"{subject} now{_describe_terms(after) or ' without condition'} (before: {earlier})"
    return f"{subject}: {_describe_new_terms(before.terms, after.terms)}"


def _describe_new_terms(before: frozenset[str], after: frozenset[str]) -> str:
    """Return how the conditions of an access change, as permissions do: `no longer only if …`.

    A condition whose key stays with other values belongs to another statement: each of these statements is enough.
    """
    lost, added = (_spell_terms(terms) for terms in (before - after, after - before))
    if lost and added:
        return f"now {join_terms(added, '; ')} (before: {join_terms(lost, '; ')})"
    is_alternative = not {term.split(" ")[1] for term in before ^ after}.isdisjoint(
        term.split(" ")[1] for term in before & after
    )
    if lost:
        if refusals := name_refusals(lost):
            return f"now also if {refusals}"
        return f"no longer {join_terms(lost)}" if is_alternative else f"no longer only {join_terms(lost, ' and ')}"
    if refusals := name_refusals(added):
        return f"no longer if {refusals}"
    return f"now also {join_terms(added)}" if is_alternative else f"now only {join_terms(added, ' and ')}"


def _spell_terms(terms: Iterable[str]) -> list[str]:
    return [annotate_age(spell_term(term)) for term in sorted(terms)]


def _describe_terms(access: AccessTerms) -> str:
    """Return `, with MFA, until …, depending on … (stopped by org/root.json)`, as far as these apply."""
    stopped = f" (stopped by {format_list(access.stopped_by, _MOST_GUARDRAILS)})" if access.stopped_by else ""
    return f"{describe_terms(access.mfa, access.conditions, access.terms)}{stopped}"
