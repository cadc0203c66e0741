"""Why a statement does or does not hold for a request: whom it names, and which of its conditions fail.

The evaluator decides; this shows its work, statement by statement, for those who have to change one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.access.compiled_policies import CompiledPolicies, CompiledStatement
from reconciler.access.context import Context
from reconciler.access.principal import Principal, PrincipalMatch
from reconciler.access.principal_matching import match_principal
from reconciler.access.verdicts import YES, StatementSource, Ternary, all_of, any_of
from reconciler.model.document import Condition


@dataclass(frozen=True, slots=True)
class StatementMatch:
    """One statement that speaks of the action and of the resource.

    `principal_matches`: how it names the principal; empty where it does not, or where it has no Principal.
    `matches_principal` is
    whether it means the principal. `failing_conditions` and `undecided_conditions`: conditions that do not hold, and
    that may or may not.
    """

    source: StatementSource
    effect: str
    matches_principal: Ternary
    holds: Ternary
    principal_matches: frozenset[PrincipalMatch] = frozenset()
    failing_conditions: tuple[Condition, ...] = ()
    undecided_conditions: tuple[Condition, ...] = ()


def match_statements(
    policies: CompiledPolicies, action: str, resource: str, context: Context
) -> tuple[StatementMatch, ...]:
    """Statements of identity policies, of a boundary or of a session policy."""
    part = policies.statements_for(action)
    speaking = (item for item in part.statements if item.resources.matches(resource, context).value is not False)
    return tuple(_match_statement(item, YES, frozenset(), resource, context) for item in speaking)


def match_trust_statements(
    trust: CompiledPolicies, principal: Principal, action: str, resource: str, context: Context
) -> tuple[StatementMatch, ...]:
    """Statements of a trust policy, also those that do not name the principal."""
    found = []
    for item in trust.statements_for(action).statements:
        ways = list(match_principal(item, principal))
        named = any_of(truth for _, truth in ways)
        found.append(_match_statement(item, named, (naming for naming, _ in ways), resource, context))
    return tuple(found)


def _match_statement(
    item: CompiledStatement, named: Ternary, ways: Iterable[PrincipalMatch], resource: str, context: Context
) -> StatementMatch:
    failing: list[Condition] = []
    undecided: list[Condition] = []
    written = sorted(item.statement.conditions, key=lambda one: (one.operator, one.key))
    for condition, compiled in zip(written, item.conditions, strict=True):
        truth = compiled.holds(context).value
        if truth is not True:
            (undecided if truth is None else failing).append(condition)
    return StatementMatch(
        item.source,
        item.statement.effect,
        named,
        all_of((named, item.applies_to(resource, context))),
        frozenset(ways),
        tuple(failing),
        tuple(undecided),
    )
