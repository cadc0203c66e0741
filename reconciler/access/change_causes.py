"""Find the statements that explain why the two sides of a cell differ, and the conditions of either side.

An Allow that is added explains by itself what it gives. A Deny or a boundary that comes off gives nothing: the Allow
that it held back does. So both are needed to say what a principal gains.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.access.conditions import CompiledCondition
from reconciler.access.permission_cells import PermissionCell
from reconciler.access.policy_statements import IDENTITY, PolicyStatement
from reconciler.access.request_parts import covers_resource_atom
from reconciler.access.statement_coverage import surely_covers
from reconciler.access.templates import to_policy_text
from reconciler.model.permissions import Terms
from reconciler.policy.global_keys import spell_key

Statements = frozenset[PolicyStatement]


def find_causes(cell: PermissionCell, differing: int, side: Statements, changed: Statements) -> Statements:
    """Return the statements by which the side with more allows more: its own Allows, else limits and Denies.

    differing: the combinations that only this side allows. changed: the statements that one side alone has.
    """
    covering = cell.actions.covering & changed
    active = {one for one in _select_active(cell, covering, differing) if (one in side) == one.allows}
    return frozenset(filter(_is_grant, active)) or frozenset(active)


def find_grant(cell: PermissionCell, differing: int, side: Statements, causes: Statements) -> Statements:
    """Return the Allow of a side that grants the requests; none if it is among the causes.

    It is the widest of several, so that few rows tell what a Deny or a boundary lets through or holds back.
    """
    if any(map(_is_grant, causes)):
        return frozenset()
    active = [one for one in _select_active(cell, cell.actions.covering & side, differing) if _is_grant(one)]
    widest = [one for one in active if not any(_is_part(one, other) for other in active)]
    return frozenset(sorted(widest, key=lambda one: (bool(one.unknown), one.sort_key))[:1])


def find_terms(cell: PermissionCell, side: Statements, allowed: int, every: int) -> Terms:
    """Return the conditions under which one side allows the requests of a cell."""
    if not allowed:
        return None
    if allowed == every:
        return ()
    terms = set()
    for one in _select_active(cell, cell.actions.covering & side, every):
        selected = cell.space.select(one) & every
        if selected == every:
            continue
        text = " and ".join(sorted(map(format_condition_test, one.conditions)) + sorted(one.unknown))
        if one.allows and selected & allowed:
            terms.add(text)
        elif not one.allows:
            terms.add(f"unless {text}")
    return tuple(sorted(terms))


def format_condition_test(condition: CompiledCondition) -> str:
    """Return a condition as a text: `StringEquals aws:RequestedRegion eu-west-1`."""
    values = (to_policy_text(template.fixed or _format_template(template.parts)) for template in condition.templates)
    return f"{condition.name} {spell_key(condition.key)} {', '.join(values)}"


def _format_template(parts: Iterable[object]) -> str:
    return "".join(part if isinstance(part, str) else f"${{{getattr(part, 'key', '')}}}" for part in parts)


def _select_active(cell: PermissionCell, statements: Statements, combinations: int) -> Iterator[PolicyStatement]:
    """Yield the statements that apply to the resource of a cell, under one of these combinations of keys."""
    for one in statements:
        if covers_resource_atom(one, cell.resource) and cell.space.select(one) & combinations:
            yield one


def _is_grant(statement: PolicyStatement) -> bool:
    return statement.allows and statement.layer == IDENTITY


def _is_part(one: PolicyStatement, other: PolicyStatement) -> bool:
    return surely_covers(other, one) and not surely_covers(one, other)
