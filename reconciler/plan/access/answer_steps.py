"""List the steps of an evaluation: explicit denies, identity policies, boundary, trust, each with its statements.

The order is that of the IAM User Guide, "Policy evaluation logic". A statement that covers the action and still does
not apply is listed with the reason, because it is often the one to change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reconciler.access import (
    Context,
    Principal,
    PrincipalMatch,
    StatementMatch,
    StatementSource,
    Target,
    match_statements,
    match_trust_statements,
)
from reconciler.access.compiled_policies import CompiledPolicies, CompiledStatement
from reconciler.access.principal_answers import PrincipalAnswers, collect_answers
from reconciler.access.principal_matching import TrustAnswers
from reconciler.access.role_assumption import SET_SOURCE_IDENTITY, evaluate_assumption
from reconciler.access.verdicts import Ternary, any_of, negate
from reconciler.model.access_answers import (
    AccessAnswer,
    AccessSide,
    AnswerSteps,
    DecidingStatement,
    EvaluationStep,
    ExplainedStatement,
    StepName,
)
from reconciler.model.address import Address
from reconciler.model.document import Condition
from reconciler.plan.access.answer import find_assumed_role, find_resource_keys
from reconciler.plan.access.assume_words import describe_dependency, shorten_policy
from reconciler.plan.access.statement_sources import describe_statement_source

_SUMMARIES: dict[StepName, tuple[str, str, str]] = {
    StepName.DENY: ("no Deny applies", "a Deny applies: it wins over every Allow", "a Deny may apply"),
    StepName.IDENTITY: ("they allow it", "none allows it", "they may allow it"),
    StepName.BOUNDARY: ("it allows it", "it does not allow it", "it may allow it"),
    StepName.SERVICE_CONTROL: ("it allows it", "it does not allow it", "it may allow it"),
    StepName.TRUST: ("it lets the principal in", "it does not let the principal in", "it may let the principal in"),
}
"""The words for a step that is passed, not passed, or depends."""

_ENOUGH = (PrincipalMatch.DIRECT, PrincipalMatch.ROLE, PrincipalMatch.BY_ARN)
"""Ways to name a principal of the same account after which its own policies need not allow the call."""


def explain_answer(
    side: AccessSide, principal: Principal, address: Address, answer: AccessAnswer, context: Context
) -> AnswerSteps:
    """Return the steps of an answer. context: the known keys of the request."""
    target = find_assumed_role(side, answer.action, answer.resource)
    known = find_resource_keys(side, answer.action, answer.resource)
    others = (known, context) if target is None else (target.resource_context, context)
    full = principal.request_context.with_fallbacks(*others)
    return AnswerSteps(answer, tuple(_StepBuilder(side, principal, address, answer, full).build_steps(target)))


@dataclass(frozen=True)
class _StepBuilder:
    """Builds the steps of one answer. context: all known keys of the request."""

    side: AccessSide
    principal: Principal
    address: Address
    answer: AccessAnswer
    context: Context

    def build_steps(self, target: Target | None) -> Iterator[EvaluationStep]:
        action, resource = self.answer.action, self.answer.resource
        own = collect_answers(self.principal, action, resource, self.context)
        trust = None
        if target is not None:
            trust = evaluate_assumption(self.principal, target, action, self.context).trust
        yield self._build_deny_step(own, trust, target)
        yield self._build_step(
            StepName.IDENTITY, own.identity.truth, self._list_allows(self.principal.compiled_policies)
        )
        if self.principal.boundary is None:
            yield EvaluationStep(StepName.BOUNDARY, True, "there is none")
        else:
            label = shorten_policy(self.principal.boundary.label)
            yield self._build_step(
                StepName.BOUNDARY, own.boundary.truth, self._list_allows(self.principal.compiled_boundary), f"{label}: "
            )
        levels = zip(self.principal.service_controls, self.principal.compiled_service_controls, strict=True)
        for (level, policies), allowed in zip(levels, own.service_controls, strict=True):
            names = ", ".join(policy.label for policy in level)
            yield self._build_step(StepName.SERVICE_CONTROL, allowed.truth, self._list_allows(policies), f"{names}: ")
        if target is not None and trust is not None:
            yield self._build_trust_step(target, trust)

    def _build_step(
        self,
        name: StepName,
        truth: Ternary,
        statements: Iterable[ExplainedStatement],
        before: str = "",
        after: str = "",
    ) -> EvaluationStep:
        passed, refused, unsure = _SUMMARIES[name]
        words = unsure if truth.value is None else passed if truth.value else refused
        return EvaluationStep(name, truth.value, f"{before}{words}{after}", tuple(statements))

    def _build_deny_step(
        self, own: PrincipalAnswers, trust: TrustAnswers | None, target: Target | None
    ) -> EvaluationStep:
        truths = [answer.truth for answer in own.denies]
        statements = [one for policies in self.principal.policy_sets for one in self._list_statements(policies, "Deny")]
        if trust is not None and target is not None:
            controls = target.compiled_controls
            denial = controls.statements_for(self.answer.action).evaluate_denies(self.answer.resource, self.context)
            truths += [trust.deny.truth, denial.truth]
            statements += [*self._list_trust_statements(target, "Deny"), *self._list_statements(controls, "Deny")]
        return self._build_step(StepName.DENY, negate(any_of(truths)), statements)

    def _build_trust_step(self, target: Target, trust: TrustAnswers) -> EvaluationStep:
        truth = any_of(answer.truth for answer in trust.allows.values())
        open_ways = [naming for naming, answer in trust.allows.items() if answer.truth.value is not False]
        after = f" ({', '.join(naming.value for naming in open_ways)})" if open_ways else ""
        needs_both = self.principal.is_role and self.answer.action.lower() == SET_SOURCE_IDENTITY.lower()
        is_enough = any(naming in _ENOUGH for naming in open_ways) and self.principal.account == target.account
        if is_enough and not needs_both:
            after += "; its own policies need not allow it"
        return self._build_step(StepName.TRUST, truth, self._list_trust_statements(target, "Allow"), after=after)

    def _list_allows(self, policies: CompiledPolicies | None) -> list[ExplainedStatement]:
        return self._list_statements(policies, "Allow")

    def _list_statements(self, policies: CompiledPolicies | None, effect: str) -> list[ExplainedStatement]:
        """Return the statements with an effect that cover the action, those that apply first."""
        if policies is None:
            return []
        part = policies.statements_for(self.answer.action)
        matches = {
            id(match.source): match
            for match in match_statements(policies, self.answer.action, self.answer.resource, self.context)
        }
        unknown = part.unknown_allows if effect == "Allow" else part.unknown_denies
        explained = [
            self._explain(one, matches.get(id(one.source))) for one in part.statements if one.statement.effect == effect
        ]
        explained += [ExplainedStatement(self._describe(one), None, ("its content is not known",)) for one in unknown]
        return sorted(explained, key=_rank_of)

    def _list_trust_statements(self, target: Target, effect: str) -> list[ExplainedStatement]:
        matches = match_trust_statements(
            target.compiled_trust, self.principal, self.answer.action, target.arn, self.context
        )
        explained = [
            ExplainedStatement(self._describe(one.source), one.holds.value, tuple(_list_reasons(one)))
            for one in matches
            if one.effect == effect
        ]
        return sorted(explained, key=_rank_of)

    def _explain(self, statement: CompiledStatement, match: StatementMatch | None) -> ExplainedStatement:
        described = self._describe(statement.source)
        if match is None:
            return ExplainedStatement(described, False, ("it covers other resources",))
        reasons = [*_list_reasons(match), *([describe_dependency(statement.ceiling)] if statement.ceiling else [])]
        return ExplainedStatement(described, match.holds.value, tuple(reasons))

    def _describe(self, source: StatementSource) -> DecidingStatement:
        return describe_statement_source(source, self.address, self.side.state)


def _list_reasons(match: StatementMatch) -> Iterator[str]:
    if match.matches_principal.value is False:
        yield "it does not name the principal"
        return
    spell = match.source.statement.spelling_of if match.source.statement else str
    for verb, conditions in (("is not met", match.failing_conditions), ("is not known", match.undecided_conditions)):
        yield from (f"{_format_condition(one, spell(one.key))} {verb}" for one in conditions)


def _format_condition(condition: Condition, key: str) -> str:
    return f"{condition.operator} {key} {', '.join(sorted(condition.values))}"


def _rank_of(one: ExplainedStatement) -> int:
    return {True: 0, None: 1, False: 2}[one.applies]
