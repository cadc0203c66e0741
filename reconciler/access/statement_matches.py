"""Show for each statement why it does or does not apply to a request: whom it names, and which conditions fail.

`reconcile assume --explain` uses this to name the line to change. The verdict itself comes from `role_assumption`.
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
    """One statement that covers the action and the resource of a request.

    source: the statement and its policy. effect: Allow or Deny.
    matches_principal: does it mean the principal?
    holds: does it apply to the request?
    principal_matches: the ways in which it names the principal; empty if it does not, or has no Principal.
    failing_conditions: conditions that do not hold.
    undecided_conditions: conditions with an unknown key.
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
    """Return the matches of statements of identity policies, of a boundary or of a session policy."""
    statements = policies.statements_for(action).statements
    relevant = (item for item in statements if item.resources.matches(resource, context).value is not False)
    return tuple(_match_statement(item, YES, frozenset(), resource, context) for item in relevant)


def match_trust_statements(
    trust: CompiledPolicies, principal: Principal, action: str, resource: str, context: Context
) -> tuple[StatementMatch, ...]:
    """Return the matches of all statements of a trust policy, including those that do not name the principal."""
    matches = []
    for item in trust.statements_for(action).statements:
        ways = list(match_principal(item, principal))
        names_principal = any_of(truth for _, truth in ways)
        matches.append(_match_statement(item, names_principal, (naming for naming, _ in ways), resource, context))
    return tuple(matches)


def _match_statement(
    item: CompiledStatement, is_named: Ternary, ways: Iterable[PrincipalMatch], resource: str, context: Context
) -> StatementMatch:
    failing: list[Condition] = []
    undecided: list[Condition] = []
    written = sorted(item.statement.conditions, key=lambda condition: (condition.operator, condition.key))
    for condition, compiled in zip(written, item.conditions, strict=True):
        truth = compiled.holds(context).value
        if truth is not True:
            (undecided if truth is None else failing).append(condition)
    return StatementMatch(
        item.source,
        item.statement.effect,
        is_named,
        all_of((is_named, item.applies_to(resource, context))),
        frozenset(ways),
        tuple(failing),
        tuple(undecided),
    )
