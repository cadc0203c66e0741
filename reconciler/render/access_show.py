"""Render everything that one principal can do, as text or JSON. It decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from reconciler.model.access_answers import AccessSource, HeldPermission, Limit, PrincipalPermissions, RoleChain
from reconciler.model.escape import escape_line
from reconciler.model.permissions import PermissionRows
from reconciler.model.wrap import wrap_line
from reconciler.plan.access.assume_words import describe_dependency, describe_terms
from reconciler.plan.access.permission_words import describe_permission_groups
from reconciler.render.access_answer import statement_to_dict
from reconciler.render.access_parts import render_sides, render_sides_json
from reconciler.render.paint import BOLD, paint_line

_Answers = Iterable[PrincipalPermissions | None]
_MAX_CHAINS = 20
"""The number of roles that the text names; the JSON names all."""


def render_permissions_text(
    source: AccessSource, answers: _Answers, *, color: bool = False, width: int | None = None
) -> str:
    """Return what the principal's policies allow and deny, what its boundary leaves, and the roles that it can take."""

    def render_answer(answer: PrincipalPermissions | None) -> Iterator[str]:
        if answer is None:
            yield "The principal does not exist."
            return
        yield paint_line(answer.principal, BOLD, color)
        for text in _list_lines(answer):
            indent = " " * (len(text) - len(text.lstrip()) + 4)
            yield from wrap_line(escape_line(text), width, indent)

    return render_sides(source, answers, render_answer, color)


def render_permissions_json(source: AccessSource, answers: _Answers) -> str:
    """Return the same as JSON; null for a side that lacks the principal."""
    return render_sides_json(source, answers, _to_dict)


def describe_chain(chain: RoleChain) -> str:
    """Return the roles of a chain with its terms: `role/ci → role/admin, with MFA`."""
    conditions = map(describe_dependency, chain.conditions)
    return f"{' → '.join(chain.roles)}{describe_terms(chain.mfa, conditions, chain.terms)}"


def chain_to_dict(chain: RoleChain) -> dict[str, Any]:
    """Return a chain for JSON."""
    return {
        "roles": list(chain.roles),
        "mfa": chain.mfa,
        "conditions": list(chain.conditions),
        "terms": sorted(chain.terms),
    }


def _list_lines(answer: PrincipalPermissions) -> Iterator[str]:
    if not answer.allows:
        yield "  Its policies allow nothing."
    yield from _list_permissions("  allows", answer.allows)
    yield from _list_permissions("  denies", answer.denies, "deny")
    if answer.boundary:
        yield from _list_permissions(f"  boundary {answer.boundary} allows at most", answer.boundary_allows)
    if answer.chains:
        yield "  can take these roles, whose permissions are their own:"
    yield from (f"    {describe_chain(chain)}" for chain in answer.chains[:_MAX_CHAINS])
    if len(answer.chains) > _MAX_CHAINS:
        yield f"    and {len(answer.chains) - _MAX_CHAINS} more; --format json lists all"


def _list_permissions(heading: str, permissions: tuple[HeldPermission, ...], effect: str = "allow") -> Iterator[str]:
    if permissions:
        yield f"{heading}:"
    by_statement = sorted(permissions, key=lambda one: repr(one.statement))
    groups = [tuple(group) for _, group in groupby(by_statement, key=lambda one: (one.statement, one.limit))]
    for group in sorted(groups, key=lambda group: permissions.index(group[0])):
        rows = PermissionRows(gained=tuple(one.row for one in group))
        note = f"  [{group[0].limit}]" if group[0].limit is not Limit.NONE else ""
        for _, _, text in describe_permission_groups(rows, effect):
            yield f"    {text.removeprefix(group[0].row.principals[0]).lstrip()}{note}"
        yield f"        by {_describe_statement(group[0])}"


def _describe_statement(permission: HeldPermission) -> str:
    statement = permission.statement
    sid = f" statement {statement.sid}" if statement.sid else ""
    place = f"  {statement.place}" if statement.place else ""
    return f"{statement.policy}{sid}{place}"


def _to_dict(answer: PrincipalPermissions) -> dict[str, Any]:
    return {
        "principal": answer.principal,
        "allows": [_permission_to_dict(one) for one in answer.allows],
        "denies": [_permission_to_dict(one) for one in answer.denies],
        "boundary": answer.boundary or None,
        "boundary_allows": [_permission_to_dict(one) for one in answer.boundary_allows],
        "chains": [chain_to_dict(one) for one in answer.chains],
    }


_LIMITS = {Limit.NONE: "none", Limit.PART: "part", Limit.ALL: "all"}


def _permission_to_dict(permission: HeldPermission) -> dict[str, Any]:
    row = permission.row
    return {
        "service": row.service,
        "levels": dict(row.counts),
        "actions": list(row.actions),
        "patterns": [{"pattern": one.pattern, "except": list(one.exceptions)} for one in row.patterns],
        "resources": list(row.resources),
        "not_resources": list(row.not_resources),
        "conditions": list(row.conditions),
        "data": row.has_data,
        "decided": row.decided,
        "limited": _LIMITS[permission.limit],
        "stopped_by": list(row.stopped_by),
        "limited_by": list(row.limited_by),
        "statement": statement_to_dict(permission.statement),
    }
