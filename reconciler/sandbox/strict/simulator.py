"""Answer the policy simulator of IAM with this project's evaluator.

For one resource, AWS returns the result twice, for the action and for the resource (recorded). For several, it returns
one for each resource, and the most restrictive one for the action. There AWS names the resource by the template of its
type, which is not known here; "*" stands for it. Keys that a policy tests and the request lacks are absent, and listed
in MissingContextValues.
Sources: IAM API Reference, SimulatePrincipalPolicy, SimulateCustomPolicy, GetContextKeysForPrincipalPolicy and
GetContextKeysForCustomPolicy, with the data types EvaluationResult and ResourceSpecificResult.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reconciler.access import ResourceEvaluation, StatementSource, Verdict, VerdictReason, evaluate_resource
from reconciler.access.compiled_policies import CompiledStatement
from reconciler.sandbox.query_protocol import AwsError, Content, Entries, Reply, build_reply
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
    """The result for one action on one resource. matched_statements: the statements that decided."""

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
        raise AwsError(
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
    result: dict[str, Content] = {
        "EvalActionName": action,
        "EvalResourceName": first.resource if len(outcomes) == 1 else "*",
        "EvalDecision": _strictest_of(outcome.decision for outcome in outcomes),
        "MatchedStatements": first.matched_statements if len(outcomes) == 1 else [],
        "MissingContextValues": list(dict.fromkeys(key for outcome in outcomes for key in outcome.missing_keys)),
        **_build_details(scenario, [outcome.evaluation for outcome in outcomes]),
    }
    if scenario.principal.service_controls:
        within = all(outcome.evaluation.organization for outcome in outcomes)
        result["OrganizationsDecisionDetail"] = {"AllowedByOrganizations": within}
    if scenario.resources != ("*",):
        result["ResourceSpecificResults"] = [_build_resource_result(scenario, outcome) for outcome in outcomes]
    return result


def _build_resource_result(scenario: Scenario, outcome: SimulationOutcome) -> dict[str, Content]:
    return {
        "EvalResourceName": outcome.resource,
        "EvalResourceDecision": outcome.decision,
        "MatchedStatements": outcome.matched_statements,
        "MissingContextValues": list(outcome.missing_keys),
        **_build_details(scenario, [outcome.evaluation]),
    }


def _build_details(scenario: Scenario, evaluations: Sequence[ResourceEvaluation]) -> dict[str, Content]:
    """Return the decision of the boundary and, for a request to another account, of each type of policy."""
    details: dict[str, Content] = {}
    if scenario.resources != ("*",):
        details["EvalDecisionDetails"] = Entries(_decide_by_type(scenario, evaluations))
    if scenario.principal.compiled_boundary is not None:
        details["PermissionsBoundaryDecisionDetail"] = {
            "AllowedByPermissionsBoundary": all(evaluation.boundary for evaluation in evaluations)
        }
    return details


def _decide_by_type(scenario: Scenario, evaluations: Sequence[ResourceEvaluation]) -> dict[str, str]:
    policy = scenario.resource_policy
    if policy is None or policy.account == scenario.principal.account:
        return {}
    decisions = {IDENTITY: _strictest_of(_decision_of(evaluation.identity) for evaluation in evaluations)}
    decisions[RESOURCE] = _strictest_of(
        _decision_of(evaluation.resource) for evaluation in evaluations if evaluation.resource is not None
    )
    if scenario.principal.compiled_boundary is not None:
        decisions[BOUNDARY] = ALLOWED if all(evaluation.boundary for evaluation in evaluations) else IMPLICIT_DENY
    return decisions


def _strictest_of(decisions: Iterable[str]) -> str:
    return min(decisions, key=BY_STRICTNESS.index)


def _simulate_one(scenario: Scenario, action: str, resource: str) -> SimulationOutcome:
    evaluation = evaluate_resource(scenario.principal, action, resource, scenario.context, scenario.resource_policy)
    decision = _decision_of(evaluation.verdict)
    matched = _find_matched(scenario, evaluation.verdict.deciding_statements)
    return SimulationOutcome(resource, evaluation, decision, matched, _find_missing_keys(scenario, action, resource))


def _decision_of(verdict: Verdict) -> str:
    if verdict.allowed:
        return ALLOWED
    if verdict.denied:
        return EXPLICIT_DENY if verdict.reason is VerdictReason.EXPLICIT else IMPLICIT_DENY
    keys = ", ".join(sorted(verdict.keys))
    raise AwsError("PolicyEvaluation", f"The policies could not be evaluated: the outcome depends on {keys}.", 500)


def _find_matched(scenario: Scenario, deciding: Sequence[StatementSource]) -> list[Content]:
    """Return the statements that decided, in the order of the policies and their texts."""
    order = {label: number for number, label in enumerate(scenario.policies)}
    matches = [
        (order[source.label], *scenario.policies[source.label].match_statement(source))
        for source in deciding
        if source.label in order
    ]
    return [content for _, _, content in sorted(matches, key=lambda match: match[:2])]


def _find_missing_keys(scenario: Scenario, action: str, resource: str) -> list[str]:
    """Return the unknown keys that statements on this action and resource test, as written in the policy."""
    spellings: dict[str, str] = {}
    for policies in scenario.policies_with_keys:
        for statement in policies.statements_for(action).statements:
            if statement.resources.matches(resource, scenario.context).value is not False or _has_variables(statement):
                for key in statement.keys - scenario.known_keys:
                    if key:
                        spellings.setdefault(key, _spelling_of(scenario, statement, key))
    return [spellings[key] for key in sorted(spellings)]


def _has_variables(statement: CompiledStatement) -> bool:
    """Return whether the resources of a statement use policy variables. A missing key may then prevent the match."""
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
    policies = [policy for holder in holders_of(entity) for policy in read_policies(call, holder)]
    return _list_context_keys(call, policies)


def list_custom_keys(call: ApiCall) -> Reply:
    return _list_context_keys(call, [])


def _list_context_keys(call: ApiCall, entity_policies: Sequence[WrittenPolicy]) -> Reply:
    policies = (*entity_policies, *read_given_policies(call.get_list("PolicyInputList"), "PolicyInputList"))
    spellings: dict[str, str] = {}
    for policy in policies:
        for placed in place_statements(policy.text):
            for key in _iter_keys(placed.body):
                spellings.setdefault(key.lower(), key)
    return build_reply(call.action, {"ContextKeyNames": [spellings[key] for key in sorted(spellings)]})


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
