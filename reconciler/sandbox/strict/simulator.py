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

from reconciler.access import Source, Verdict, Weighed, Why, weigh
from reconciler.access.compiled import CompiledStatement
from reconciler.sandbox.strict.call import Call, Rules
from reconciler.sandbox.strict.paging import page_of, size, start
from reconciler.sandbox.strict.parameters import required
from reconciler.sandbox.strict.positions import place_statements
from reconciler.sandbox.strict.scenario import Scenario, find_entity, holders_of, read_scenario
from reconciler.sandbox.strict.written import BOUNDARY, IDENTITY, RESOURCE, WrittenPolicy, given_policies, policies_of
from reconciler.sandbox.wire import Content, Entries, Refusal, Reply, answer

ALLOWED, EXPLICIT, IMPLICIT = "allowed", "explicitDeny", "implicitDeny"
STRICTEST = (EXPLICIT, IMPLICIT, ALLOWED)
VARIABLE = re.compile(r"\$\{\s*([^,{}\s]+)[^{}]*\}")


@dataclass(frozen=True, slots=True)
class Outcome:
    """One action on one resource."""

    resource: str
    weighed: Weighed
    decision: str
    matched: list[Content]
    missing: list[str]


def simulate_principal(call: Call) -> Reply:
    required(call, "PolicySourceArn")
    return _simulate(call, read_scenario(call, find_entity(call, "PolicySourceArn")))


def simulate_custom(call: Call) -> Reply:
    if not call.items("PolicyInputList"):
        raise Refusal(
            "ValidationError", "1 validation error detected: Value null at 'policyInputList' must not be null"
        )
    return _simulate(call, read_scenario(call, None))


def _simulate(call: Call, scenario: Scenario) -> Reply:
    size(call)
    start(call)
    results = [_result(scenario, action) for action in scenario.actions]
    return page_of(call, {"EvaluationResults": results})


def _result(scenario: Scenario, action: str) -> dict[str, Content]:
    outcomes = [_outcome(scenario, action, resource) for resource in scenario.resources]
    first = outcomes[0]
    told: dict[str, Content] = {
        "EvalActionName": action,
        "EvalResourceName": first.resource if len(outcomes) == 1 else "*",
        "EvalDecision": _strictest(one.decision for one in outcomes),
        "MatchedStatements": first.matched if len(outcomes) == 1 else [],
        "MissingContextValues": list(dict.fromkeys(key for one in outcomes for key in one.missing)),
        **_details(scenario, [one.weighed for one in outcomes]),
    }
    if scenario.levels:
        within = all(one.weighed.organization for one in outcomes)
        told["OrganizationsDecisionDetail"] = {"AllowedByOrganizations": within}
    if scenario.resources != ("*",):
        told["ResourceSpecificResults"] = [_of_resource(scenario, one) for one in outcomes]
    return told


def _of_resource(scenario: Scenario, outcome: Outcome) -> dict[str, Content]:
    return {
        "EvalResourceName": outcome.resource,
        "EvalResourceDecision": outcome.decision,
        "MatchedStatements": outcome.matched,
        "MissingContextValues": list(outcome.missing),
        **_details(scenario, [outcome.weighed]),
    }


def _details(scenario: Scenario, weighed: Sequence[Weighed]) -> dict[str, Content]:
    """The decision of each type of policy, of a request to another account alone, and the boundary's."""
    told: dict[str, Content] = {}
    if scenario.resources != ("*",):
        told["EvalDecisionDetails"] = Entries(_by_type(scenario, weighed))
    if scenario.principal.limit is not None:
        told["PermissionsBoundaryDecisionDetail"] = {
            "AllowedByPermissionsBoundary": all(one.boundary for one in weighed)
        }
    return told


def _by_type(scenario: Scenario, weighed: Sequence[Weighed]) -> dict[str, str]:
    policy = scenario.resource_policy
    if policy is None or policy.account == scenario.principal.account:
        return {}
    found = {IDENTITY: _strictest(_decision(one.identity) for one in weighed)}
    found[RESOURCE] = _strictest(_decision(one.resource) for one in weighed if one.resource is not None)
    if scenario.principal.limit is not None:
        found[BOUNDARY] = ALLOWED if all(one.boundary for one in weighed) else IMPLICIT
    return found


def _strictest(decisions: Iterable[str]) -> str:
    return min(decisions, key=STRICTEST.index)


def _outcome(scenario: Scenario, action: str, resource: str) -> Outcome:
    weighed = weigh(scenario.principal, action, resource, scenario.context, scenario.resource_policy, scenario.levels)
    decision = _decision(weighed.verdict)
    matched = _matched(scenario, weighed.verdict.deciding)
    return Outcome(resource, weighed, decision, matched, _missing(scenario, action, resource))


def _decision(verdict: Verdict) -> str:
    if verdict.allowed:
        return ALLOWED
    if verdict.denied:
        return EXPLICIT if verdict.why is Why.EXPLICIT else IMPLICIT
    keys = ", ".join(sorted(verdict.keys))
    raise Refusal("PolicyEvaluation", f"The policies could not be evaluated: the outcome depends on {keys}.", 500)


def _matched(scenario: Scenario, deciding: Sequence[Source]) -> list[Content]:
    """Tell the statements that decided, in the order of the policies and of their texts."""
    order = {label: number for number, label in enumerate(scenario.policies)}
    found = [
        (order[source.label], *scenario.policies[source.label].match(source))
        for source in deciding
        if source.label in order
    ]
    return [told for _, _, told in sorted(found, key=lambda one: one[:2])]


def _missing(scenario: Scenario, action: str, resource: str) -> list[str]:
    """The keys that statements ask for which speak of this action and this resource, in their authors' spelling."""
    found: dict[str, str] = {}
    for policies in scenario.asking:
        for statement in policies.slice(action).statements:
            if statement.resources.matches(resource, scenario.context).value is not False or _has_variables(statement):
                for key in statement.keys - scenario.known:
                    if key:
                        found.setdefault(key, _spelled(scenario, statement, key))
    return [found[key] for key in sorted(found)]


def _has_variables(statement: CompiledStatement) -> bool:
    """Return True if its resources depend on keys: one that is missing may be why it does not match."""
    return bool(statement.resources.variables)


def _spelled(scenario: Scenario, statement: CompiledStatement, key: str) -> str:
    written = statement.statement.spelled(key)
    policy = scenario.policies.get(statement.source.label)
    if written != key or policy is None:
        return written
    return next((name for name in VARIABLE.findall(policy.text) if name.lower() == key), key)


def context_keys_of_principal(call: Call) -> Reply:
    required(call, "PolicySourceArn")
    entity = find_entity(call, "PolicySourceArn")
    held = [policy for holder in holders_of(entity) for policy in policies_of(call, holder)]
    return _context_keys(call, held)


def context_keys_of_custom(call: Call) -> Reply:
    return _context_keys(call, [])


def _context_keys(call: Call, held: Sequence[WrittenPolicy]) -> Reply:
    policies = (*held, *given_policies(call.items("PolicyInputList"), "PolicyInputList"))
    found: dict[str, str] = {}
    for policy in policies:
        for placed in place_statements(policy.text):
            for key in _keys(placed.body):
                found.setdefault(key.lower(), key)
    return answer(call.action, {"ContextKeyNames": [found[key] for key in sorted(found)]})


def _keys(statement: dict[str, object]) -> Iterable[str]:
    condition = statement.get("Condition")
    for block in condition.values() if isinstance(condition, dict) else ():
        yield from block if isinstance(block, dict) else ()
    yield from (name for name in VARIABLE.findall(json.dumps(statement)) if name not in ("*", "?", "$"))


RULES = Rules(
    answers={
        "SimulatePrincipalPolicy": simulate_principal,
        "SimulateCustomPolicy": simulate_custom,
        "GetContextKeysForPrincipalPolicy": context_keys_of_principal,
        "GetContextKeysForCustomPolicy": context_keys_of_custom,
    }
)
