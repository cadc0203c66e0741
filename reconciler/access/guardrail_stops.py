"""Find the guardrails that stop what a principal's own policies allow, and those that limit it.

AWS Organizations User Guide, "SCP evaluation": a request needs an Allow at every level, and no Deny at any. The answers
are on the safe side: a guardrail stops only what it surely stops.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reconciler.access.policy_statements import PolicyStatement, list_control_statements
from reconciler.access.principal import Principal
from reconciler.access.role_assumption import ASSUME_ACTIONS, Target, evaluate_assumption
from reconciler.access.statement_coverage import may_meet, surely_covers
from reconciler.access.verdicts import PolicySource
from reconciler.model.guardrails import GuardrailEffect, name_of_guardrail


def find_assume_stops(principal: Principal, target: Target) -> tuple[str, ...]:
    """Return the files of the guardrails that surely keep a principal from assuming a role."""
    context = principal.request_context.with_fallbacks(target.resource_context)
    evaluation = evaluate_assumption(principal, target, ASSUME_ACTIONS.get(principal.kind, "sts:AssumeRole"), context)
    if not evaluation.verdict.denied:
        return ()
    listed = {policy.label for level in (*principal.service_controls, target.resource_controls) for policy in level}
    labels = [one.label for one in evaluation.verdict.deciding_statements if one.label in listed]
    answers = evaluation.caller.service_controls if evaluation.caller else ()
    for level, answer in zip(principal.service_controls, answers, strict=False):
        if answer.truth.value is False:
            labels += [policy.label for policy in level]
    return _name_all(labels)


@dataclass(frozen=True)
class ServiceControls:
    """The service control policies that bind a principal, its own keys filled in; levels in their order."""

    levels: tuple[frozenset[PolicyStatement], ...]
    policies: tuple[tuple[PolicySource, ...], ...]

    @classmethod
    def of(cls, principal: Principal) -> ServiceControls:
        return cls(list_control_statements(principal), principal.service_controls)

    def judge(self, allows: Iterable[PolicyStatement]) -> GuardrailEffect:
        """Return the effect on what these Allows give together."""
        listed = list(allows)
        stops = [dict.fromkeys(self._find_stops(one)) for one in listed]
        if listed and all(stops):
            return GuardrailEffect(_name_all(label for labels in stops for label in labels))
        return GuardrailEffect((), _name_all(label for one in listed for label in self._find_limits(one)))

    def _find_stops(self, allow: PolicyStatement) -> Iterator[str]:
        for statements, policies in zip(self.levels, self.policies, strict=True):
            if not any(one.allows and may_meet(one, allow) for one in statements):
                yield from (policy.label for policy in policies)
            for one in sorted(statements, key=lambda one: one.sort_key):
                if not one.allows and surely_covers(one, allow):
                    yield one.source.label

    def _find_limits(self, allow: PolicyStatement) -> Iterator[str]:
        yield from self._find_stops(allow)
        for statements, policies in zip(self.levels, self.policies, strict=True):
            if not any(one.allows and surely_covers(one, allow) for one in statements):
                yield from (policy.label for policy in policies)
            for one in sorted(statements, key=lambda one: one.sort_key):
                if not one.allows and may_meet(one, allow):
                    yield one.source.label


def _name_all(labels: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(name_of_guardrail, labels)))
