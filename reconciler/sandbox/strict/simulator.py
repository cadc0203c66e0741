"""The policy simulator, answered by this project's evaluator.

Sources: IAM API Reference, SimulatePrincipalPolicy, SimulateCustomPolicy, GetContextKeysForPrincipalPolicy and
GetContextKeysForCustomPolicy, with the data types EvaluationResult and ResourceSpecificResult. With one resource, real
AWS tells its result twice, for the action and for the resource (recorded); with several, once for each resource, and
for the action the most restrictive. There AWS names the resource by the template of its type, which is not known here:
"*" stands for it. Keys that a policy asks for and nobody gave are absent, and listed in MissingContextValues.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reconciler.access import ResourceEvaluation, StatementSource, Verdict, VerdictReason, evaluate_resource
from reconciler.access.compiled_policies import CompiledStatement
from reconciler.sandbox.query_protocol import Content, Entries, Refusal, Reply, build_reply
from reconciler.sandbox.strict.api_call import ActionRules, ApiCall
from reconciler.sandbox.strict.paging import build_page, read_marker, read_page_size
from reconciler.sandbox.strict.parameters import require_parameters
from reconciler.sandbox.strict.scenario import Scenario, find_entity, holders_of, read_scenario
from reconciler.sandbox.strict.statement_positions import place_statements
from reconciler.sandbox.strict.written_policies import (
    BOUNDARY,
    IDENTITY,
    RESOURCE,
    WrittenPolicy,
    read_given_policies,
    read_policies,
)

ALLOWED, EXPLICIT_DENY, IMPLICIT_DENY = "allowed", "explicitDeny", "implicitDeny"
BY_STRICTNESS = (EXPLICIT_DENY, IMPLICIT_DENY, ALLOWED)
VARIABLE = re.compile(r"\$\{\s*([^,{}\s]+)[^{}]*\}")


@dataclass(frozen=True, slots=True)
class SimulationOutcome:
    """One action on one resource."""

    resource: str
    evaluation: ResourceEvaluation
    decision: str
    matched_statements: list[Content]
    missing_keys: list[str]


def simulate_principal(call: ApiCall) -> Reply:
    require_parameters(call, "PolicySourceArn")
    return _simulate(call, read_scenario(call, find_entity(call, "PolicySourceArn")))


def simulate_custom(call: ApiCall) -> Reply:
    if not call.get_list("PolicyInputList"):
        raise Refusal(
            "ValidationError", "1 validation error detected: Value null at 'policyInputList' must not be null"
        )
    return _simulate(call, read_scenario(call, None))


def _simulate(call: ApiCall, scenario: Scenario) -> Reply:
    read_page_size(call)
    read_marker(call)
    results = [_build_result(scenario, action) for action in scenario.actions]
    return build_page(call, {"EvaluationResults": results})


def _build_result(scenario: Scenario, action: str) -> dict[str, Content]:
    outcomes = [_simulate_one(scenario, action, resource) for resource in scenario.resources]
    first = outcomes[0]
    told: dict[str, Content] = {
        "EvalActionName": action,
        "EvalResourceName": first.resource if len(outcomes) == 1 else "*",
        "EvalDecision": _strictest_of(one.decision for one in outcomes),
        "MatchedStatements": first.matched_statements if len(outcomes) == 1 else [],
        "MissingContextValues": list(dict.fromkeys(key for one in outcomes for key in one.missing_keys)),
        **_build_details(scenario, [one.evaluation for one in outcomes]),
    }
    if scenario.levels:
        within = all(one.evaluation.organization for one in outcomes)
        told["OrganizationsDecisionDetail"] = {"AllowedByOrganizations": within}
    if scenario.resources != ("*",):
        told["ResourceSpecificResults"] = [_build_resource_result(scenario, one) for one in outcomes]
    return told


def _build_resource_result(scenario: Scenario, outcome: SimulationOutcome) -> dict[str, Content]:
    return {
        "EvalResourceName": outcome.resource,
        "EvalResourceDecision": outcome.decision,
        "MatchedStatements": outcome.matched_statements,
        "MissingContextValues": list(outcome.missing_keys),
        **_build_details(scenario, [outcome.evaluation]),
    }


def _build_details(scenario: Scenario, evaluations: Sequence[ResourceEvaluation]) -> dict[str, Content]:
    """The decision of each type of policy, of a request to another account alone, and the boundary's."""
    told: dict[str, Content] = {}
    if scenario.resources != ("*",):
        told["EvalDecisionDetails"] = Entries(_decide_by_type(scenario, evaluations))
    if scenario.principal.compiled_boundary is not None:
        told["PermissionsBoundaryDecisionDetail"] = {
            "AllowedByPermissionsBoundary": all(one.boundary for one in evaluations)
        }
    return told


def _decide_by_type(scenario: Scenario, evaluations: Sequence[ResourceEvaluation]) -> dict[str, str]:
    policy = scenario.resource_policy
    if policy is None or policy.account == scenario.principal.account:
        return {}
    found = {IDENTITY: _strictest_of(_decision_of(one.identity) for one in evaluations)}
    found[RESOURCE] = _strictest_of(_decision_of(one.resource) for one in evaluations if one.resource is not None)
    if scenario.principal.compiled_boundary is not None:
        found[BOUNDARY] = ALLOWED if all(one.boundary for one in evaluations) else IMPLICIT_DENY
    return found


def _strictest_of(decisions: Iterable[str]) -> str:
    return min(decisions, key=BY_STRICTNESS.index)


def _simulate_one(scenario: Scenario, action: str, resource: str) -> SimulationOutcome:
    weighed = evaluate_resource(
        scenario.principal, action, resource, scenario.context, scenario.resource_policy, scenario.levels
    )
    decision = _decision_of(weighed.verdict)
    matched = _find_matched(scenario, weighed.verdict.deciding_statements)
    return SimulationOutcome(resource, weighed, decision, matched, _find_missing_keys(scenario, action, resource))


def _decision_of(verdict: Verdict) -> str:
    if verdict.allowed:
        return ALLOWED
    if verdict.denied:
        return EXPLICIT_DENY if verdict.reason is VerdictReason.EXPLICIT else IMPLICIT_DENY
    keys = ", ".join(sorted(verdict.keys))
    raise Refusal("PolicyEvaluation", f"The policies could not be evaluated: the outcome depends on {keys}.", 500)


def _find_matched(scenario: Scenario, deciding: Sequence[StatementSource]) -> list[Content]:
    """Tell the statements that decided, in the order of the policies and of their texts."""
    order = {label: number for number, label in enumerate(scenario.policies)}
    found = [
        (order[source.label], *scenario.policies[source.label].match_statement(source))
        for source in deciding
        if source.label in order
    ]
    return [told for _, _, told in sorted(found, key=lambda one: one[:2])]


def _find_missing_keys(scenario: Scenario, action: str, resource: str) -> list[str]:
    """The keys that statements ask for which speak of this action and this resource, in their authors' spelling."""
    found: dict[str, str] = {}
    for policies in scenario.policies_with_keys:
        for statement in policies.statements_for(action).statements:
            if statement.resources.matches(resource, scenario.context).value is not False or _has_variables(statement):
                for key in statement.keys - scenario.known_keys:
                    if key:
                        found.setdefault(key, _spelling_of(scenario, statement, key))
    return [found[key] for key in sorted(found)]


def _has_variables(statement: CompiledStatement) -> bool:
    """Return True if its resources depend on keys: one that is missing may be why it does not match."""
    return bool(statement.resources.variables)


def _spelling_of(scenario: Scenario, statement: CompiledStatement, key: str) -> str:
    written = statement.statement.spelling_of(key)
    policy = scenario.policies.get(statement.source.label)
    if written != key or policy is None:
        return written
    return next((name for name in VARIABLE.findall(policy.text) if name.lower() == key), key)


def list_principal_keys(call: ApiCall) -> Reply:
    require_parameters(call, "PolicySourceArn")
    entity = find_entity(call, "PolicySourceArn")
    held = [policy for holder in holders_of(entity) for policy in read_policies(call, holder)]
    return _list_context_keys(call, held)


def list_custom_keys(call: ApiCall) -> Reply:
    return _list_context_keys(call, [])


def _list_context_keys(call: ApiCall, held: Sequence[WrittenPolicy]) -> Reply:
    policies = (*held, *read_given_policies(call.get_list("PolicyInputList"), "PolicyInputList"))
    found: dict[str, str] = {}
    for policy in policies:
        for placed in place_statements(policy.text):
            for key in _iter_keys(placed.body):
                found.setdefault(key.lower(), key)
    return build_reply(call.action, {"ContextKeyNames": [found[key] for key in sorted(found)]})


def _iter_keys(statement: dict[str, object]) -> Iterable[str]:
    condition = statement.get("Condition")
    for block in condition.values() if isinstance(condition, dict) else ():
        yield from block if isinstance(block, dict) else ()
    yield from (name for name in VARIABLE.findall(json.dumps(statement)) if name not in ("*", "?", "$"))


RULES = ActionRules(
    answers={
        "SimulatePrincipalPolicy": simulate_principal,
        "SimulateCustomPolicy": simulate_custom,
        "GetContextKeysForPrincipalPolicy": list_principal_keys,
        "GetContextKeysForCustomPolicy": list_custom_keys,
    }
)
