"""Why a statement does or does not hold for a request: whom it names, and which of its conditions fail.

The evaluator decides; this shows its work, statement by statement, for those who have to change one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.access.compiled import Compiled, CompiledStatement
from reconciler.access.context import Context
from reconciler.access.naming import namings
from reconciler.access.principal import Naming, Principal
from reconciler.access.values import YES, Source, Ternary, all_of, any_of
from reconciler.model.document import Condition


@dataclass(frozen=True, slots=True)
class Reason:
    """One statement that speaks of the action and of the resource.

    `namings`: how it names the principal; empty where it does not, or where it has no Principal. `named` is
    whether it means the principal. `failing` and `open`: conditions that do not hold, and that may or may not.
    """

    source: Source
    effect: str
    named: Ternary
    holds: Ternary
    namings: frozenset[Naming] = frozenset()
    failing: tuple[Condition, ...] = ()
    open: tuple[Condition, ...] = ()


def reasons(policies: Compiled, action: str, resource: str, context: Context) -> tuple[Reason, ...]:
    """Statements of identity policies, of a boundary or of a session policy."""
    part = policies.slice(action)
    speaking = (item for item in part.statements if item.resources.matches(resource, context).value is not False)
    return tuple(_reason(item, YES, frozenset(), resource, context) for item in speaking)


def trust_reasons(
    trust: Compiled, principal: Principal, action: str, resource: str, context: Context
) -> tuple[Reason, ...]:
    """Statements of a trust policy, also those that do not name the principal."""
    found = []
    for item in trust.slice(action).statements:
        ways = list(namings(item, principal))
        named = any_of(truth for _, truth in ways)
        found.append(_reason(item, named, (naming for naming, _ in ways), resource, context))
    return tuple(found)


def _reason(item: CompiledStatement, named: Ternary, ways: Iterable[Naming], resource: str, context: Context) -> Reason:
    failing: list[Condition] = []
    undecided: list[Condition] = []
    written = sorted(item.statement.conditions, key=lambda one: (one.operator, one.key))
    for condition, compiled in zip(written, item.conditions, strict=True):
        truth = compiled.holds(context).value
        if truth is not True:
            (undecided if truth is None else failing).append(condition)
    return Reason(
        item.source,
        item.statement.effect,
        named,
        all_of((named, item.applies(resource, context))),
        frozenset(ways),
        tuple(failing),
        tuple(undecided),
    )
