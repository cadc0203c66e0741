"""A program that uses reconcile as a library, with every name of `reconciler.api` in the place where its type counts.

`tests/contract/test_typed_client.py` has mypy read it; nobody runs it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import boto3

from reconciler import api


def tell(event: api.ApplyEvent) -> None:
    if isinstance(event, api.CallStarted):
        print("→", event.index, event.step.call.operation, event.step.address)
    elif isinstance(event, api.CallEnded) and event.status is not api.CallStatus.DONE and event.problem is not None:
        print("✗", event.problem.summary)
    elif isinstance(event, api.LockAwaited | api.VerifyStarted):
        print("…")


def count_deletions(changes: tuple[api.Change, ...]) -> int:
    return sum(change.action is api.Action.DELETE for change in changes)


def list_gains(delta: api.AccessDelta) -> list[str]:
    return [f"{access.principal} → {access.role}" for access in delta.gained]


def list_calls(steps: tuple[api.Step, ...]) -> list[str]:
    return [step.call.operation for step in steps]


def describe(problem: api.Problem) -> str:
    place: api.Place | None = problem.place
    where = f"{place.file}:{place.line}" if place else str(problem.address or "")
    return f"{problem.level.value} {problem.code} {where} {problem.message} {problem.flag}"


def run(files: list[Path], session: boto3.Session) -> int:
    try:
        desired: api.Desired = api.load(*files, "extra.yaml", variables={"stage": "test"})
        options = api.PlanOptions(allow_deletes=True, targets=frozenset([api.Address("role", "admin")]))
        plan: api.Plan = api.plan(desired, session, options)
    except api.ReconcileError as failed:
        print(*map(describe, failed.problems), sep="\n")
        return 1
    errors = [finding for finding in plan.findings if finding.level is api.Level.ERROR]
    if not plan.is_safe or count_deletions(plan.changes) > 3:
        print(*map(describe, errors), *list_gains(plan.access), *list_calls(plan.steps), sep="\n")
        return 1
    result: api.Result = api.apply(plan, tell, journal=Path("calls.jsonl"))
    print(len(result.done), result.journal, *map(describe, result.problems))
    return 0 if result.is_converged else 1


def become(desired: api.Desired) -> api.Credentials:
    try:
        return api.assume("admin", desired, duration=3600, session_name="build", ask_code=input)
    except api.AssumeRoleError as refused:
        explanation: api.Explanation = refused.explanation
        print(explanation.summary, explanation.outcome is api.AssumeOutcome.NEEDS_MFA, file=sys.stderr)
        raise


def review(plan: api.Plan) -> list[str]:
    risk: api.Risk = plan.risk
    grave: list[api.RiskReason] = [reason for reason in risk.reasons if reason.code is not api.RiskCode.PERMISSIONS]
    permissions: api.PermissionRows = plan.access.permissions
    rows: tuple[api.PermissionRow, ...] = permissions.gained
    widened = [f"{row.principals} {row.actions} {row.resources}" for row in rows if row.widens]
    return [reason.message for reason in grave] if risk.level is api.RiskLevel.HIGH else widened


def audit(desired: api.Desired, plan: api.Plan) -> list[str]:
    after: api.Access = api.access(plan)
    entered: tuple[api.RoleAccess, ...] = after.to_role("role/admin") + api.access(desired).of_principal("user/alice")
    return [f"{access.principal} {access.role} {access.mfa} {access.conditions}" for access in entered]


def question(desired: api.Desired, plan: api.Plan) -> list[str]:
    answer: api.AccessAnswer = api.can(desired, "user/alice", "s3:GetObject", context={"aws:SourceIp": "203.0.113.7"})
    statement: api.DecidingStatement = answer.statements[0]
    steps: api.AnswerSteps = api.explain(plan, "user/alice", "role/admin", context={"aws:MultiFactorAuthPresent": []})
    first: api.EvaluationStep = steps.steps[0]
    held: api.PrincipalPermissions = api.show(plan, "role/admin")
    allows: tuple[api.HeldPermission, ...] = held.allows
    chains: tuple[api.RoleChain, ...] = held.chains
    everybody: api.WhoCan = api.who_can(plan, "iam:CreateUser")
    direct: tuple[api.CapablePrincipals, ...] = everybody.direct
    by_role: tuple[api.CapableChains, ...] = everybody.chains
    told = [*(one.row.service for one in allows), *(one.roles for one in chains), *(one.principals for one in direct)]
    told += [one.chain.roles for one in by_role]
    certain = answer.outcome is api.AccessOutcome.ALLOWED
    return [f"{certain} {statement.policy} {first.summary}", *map(str, told)]


def list_ways(desired: api.Desired) -> list[str]:
    ways: api.AdminWays = api.paths(desired)
    groups: tuple[api.PrincipalWays, ...] = ways.administrators + ways.ways
    unread: tuple[api.UnreadPower, ...] = ways.unread
    listed: list[api.AdminWay] = [way for group in groups for way in group.ways]
    hops: list[api.WayHop] = [hop for way in listed for hop in way.hops]
    terms: list[api.AccessTerms] = [way.terms for way in listed]
    return [*(hop.reason for hop in hops), *(str(one.mfa) for one in terms), *(one.policies[0] for one in unread)]
