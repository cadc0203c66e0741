"""Find the guardrails that stop what a principal's own policies allow, and those that limit it.

AWS Organizations User Guide, "SCP evaluation": a request needs an Allow at every level, and no Deny at any. The answers
are on the safe side: a guardrail stops only what it surely stops.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from reconciler.access.policy_statements import ALL_ACTIONS, IDENTITY, PolicyStatement, list_control_statements
from reconciler.access.principal import Principal
from reconciler.access.role_assumption import ASSUME_ACTIONS, Target, evaluate_assumption
from reconciler.access.statement_coverage import may_meet, surely_covers
from reconciler.access.verdicts import PolicySource
from reconciler.model.guardrails import GuardrailEffect, name_of_guardrail

_EVERYTHING = PolicyStatement(IDENTITY, True, ALL_ACTIONS)


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

    @cached_property
    def _sorted_levels(self) -> tuple[_Level, ...]:
        return tuple(
            _Level(
                tuple(policy.label for policy in policies),
                tuple(one for one in statements if one.allows),
                tuple(sorted((one for one in statements if not one.allows), key=lambda one: one.sort_key)),
            )
            for statements, policies in zip(self.levels, self.policies, strict=True)
        )

    def judge(self, allows: Iterable[PolicyStatement]) -> GuardrailEffect:
        """Return the effect on what these Allows give together."""
        listed = list(allows)
        stops = [[label for level in self._sorted_levels for label in level.find_stops(one)] for one in listed]
        if stops and all(stops):
            return GuardrailEffect(_name_all(label for labels in stops for label in labels))
        limits = (label for one in listed for level in self._sorted_levels for label in level.find_limits(one))
        return GuardrailEffect((), _name_all(limits))


@dataclass(frozen=True)
class _Level:
    """One level of service control policies. labels: of all its policies."""

    labels: tuple[str, ...]
    allows: tuple[PolicyStatement, ...]
    denies: tuple[PolicyStatement, ...]

    @cached_property
    def _allows_everything(self) -> bool:
        return any(surely_covers(one, _EVERYTHING) for one in self.allows)

    def find_stops(self, allow: PolicyStatement) -> Iterator[str]:
        """Yield the labels of the policies that stop all that an Allow gives."""
        if not self._allows_everything and not any(may_meet(one, allow) for one in self.allows):
            yield from self.labels
        for one in self.denies:
            if surely_covers(one, allow):
                yield one.source.label

    def find_limits(self, allow: PolicyStatement) -> Iterator[str]:
        """Yield the labels of the policies that may stop some of what an Allow gives."""
        if not self._allows_everything and not any(surely_covers(one, allow) for one in self.allows):
            yield from self.labels
        for one in self.denies:
            if may_meet(one, allow):
                yield one.source.label


def _name_all(labels: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(name_of_guardrail, labels)))
