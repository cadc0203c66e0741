"""The library's entry: the commands as functions, for a pipeline that is written in Python (`docs/library.md`).

Nothing is printed and nothing is read from a terminal. Only two groups of environment variables count: AWS's own, as
botocore reads them, and those that locate this user's folders.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from reconciler.app.access import answer_question, explain_question, find_capable, find_ways, show_permissions
from reconciler.app.access_sources import source_of
from reconciler.app.apply import ApplyResult as Result
from reconciler.app.apply_events import (
    ApplyEvent,
    CallEnded,
    CallStarted,
    LockAwaited,
    OnEvent,
    VerifyStarted,
    apply_exact_plan,
)
from reconciler.app.assume import AssumeRoleError, finish_chain, start_chain
from reconciler.app.assume_request import AssumeRequest
from reconciler.app.desired_files import DesiredFiles as Desired
from reconciler.app.desired_files import load_files
from reconciler.app.plan import ConnectedPlan as Plan
from reconciler.app.plan import plan_files
from reconciler.assume.credentials import Credentials
from reconciler.assume.mfa_codes import CodeSources
from reconciler.aws.borrowed_session import Session, connect_program, read_aws_variables
from reconciler.aws.retry import CallStatus
from reconciler.model.access_answers import (
    AccessAnswer,
    AccessQuestion,
    AnswerSteps,
    CapableChains,
    CapablePrincipals,
    DecidingStatement,
    EvaluationStep,
    HeldPermission,
    PrincipalPermissions,
    RoleChain,
    WhoCan,
)
from reconciler.model.access_answers import Outcome as AccessOutcome
from reconciler.model.address import Address
from reconciler.model.admin_ways import AdminWay, AdminWays, PrincipalWays, UnreadPower, WayHop
from reconciler.model.explanation import AssumeOutcome, Explanation
from reconciler.model.permissions import PermissionRow, PermissionRows
from reconciler.model.plan import AccessDelta, Action, Change, Step
from reconciler.model.problem import Level, Place, Problem, ReconcileError
from reconciler.model.risk import Risk, RiskCode, RiskLevel, RiskReason
from reconciler.model.role_access import Access, AccessTerms, RoleAccess
from reconciler.plan.access.account_access import find_account_access
from reconciler.plan.options import PlanOptions

__all__ = [
    "Access",
    "AccessAnswer",
    "AccessDelta",
    "AccessOutcome",
    "AccessTerms",
    "Action",
    "Address",
    "AdminWay",
    "AdminWays",
    "AnswerSteps",
    "ApplyEvent",
    "AssumeOutcome",
    "AssumeRoleError",
    "CallEnded",
    "CallStarted",
    "CallStatus",
    "CapableChains",
    "CapablePrincipals",
    "Change",
    "Credentials",
    "DecidingStatement",
    "Desired",
    "EvaluationStep",
    "Explanation",
    "HeldPermission",
    "Level",
    "LockAwaited",
    "PermissionRow",
    "PermissionRows",
    "Place",
    "Plan",
    "PlanOptions",
    "PrincipalPermissions",
    "PrincipalWays",
    "Problem",
    "ReconcileError",
    "Result",
    "Risk",
    "RiskCode",
    "RiskLevel",
    "RiskReason",
    "RoleAccess",
    "RoleChain",
    "Step",
    "UnreadPower",
    "VerifyStarted",
    "WayHop",
    "WhoCan",
    "access",
    "apply",
    "assume",
    "can",
    "explain",
    "load",
    "paths",
    "plan",
    "show",
    "who_can",
]

T = TypeVar("T")
ContextKeys = Mapping[str, str | Sequence[str]]
"""Known condition keys of a request, each with its value or values; an empty list if the request lacks the key."""

_NO_CONTEXT: ContextKeys = MappingProxyType({})
_NO_VARIABLES: Mapping[str, str] = MappingProxyType({})
_SAFE_OPTIONS = PlanOptions()


def load(*files: str | PathLike[str], variables: Mapping[str, str] = _NO_VARIABLES) -> Desired:
    """Read and check files, offline. Raises ReconcileError, whose `problems` list all that is wrong."""
    return load_files([fspath(file) for file in files], variables)


def plan(desired: Desired, session: Session | None = None, options: PlanOptions = _SAFE_OPTIONS) -> Plan:
    """Read the account of a session and compare. Writes nothing.

    session: None for the credentials that boto3 finds. Raises ReconcileError: no credentials, another account than the
    files are for, AWS out of reach. A plan that must not be applied is returned, with `is_safe` False.
    """
    return plan_files(desired, connect_program(session), options)


def apply(plan: Plan, on_event: OnEvent | None = None, journal: str | PathLike[str] | None = None) -> Result:
    """Make exactly the calls of a plan, with the session it was made with, then read the account again.

    on_event: called for each event, from the threads that make the calls, one at a time; if it raises, no further call
    is sent. journal: the file that records the calls for `reconcile undo`; None for one in this user's own folder.
    Raises ReconcileError before the first call: the plan is not safe, or the account has changed since. After that, the
    result says what failed.
    """
    return apply_exact_plan(plan, on_event, Path(journal) if journal is not None else None)


def assume(
    alias: str,
    desired: Desired,
    session: Session | None = None,
    *,
    duration: int | None = None,
    session_name: str | None = None,
    token_code: str | None = None,
    ask_code: Callable[[str], str] | None = None,
) -> Credentials:
    """Assume the role behind an alias, through every role on the way. Nothing is cached.

    session: assumes the first role; None for the alias's `source_profile`, else what boto3 finds. duration: in
    seconds. token_code: an MFA code; ask_code: called with a question if one is needed, up to three times. Raises
    AssumeRoleError, with an `explanation`, if AWS refuses the role; ReconcileError otherwise.
    """
    request = AssumeRequest(
        alias,
        duration=duration,
        session_name=session_name,
        codes=CodeSources(code=token_code, ask=ask_code),
        use_cache=False,
        loaded=desired,
        session=session,
    )
    return finish_chain(start_chain(request, read_aws_variables(), lambda line: None))


def access(desired_or_plan: Desired | Plan) -> Access:
    """Return who may assume which role: by the files alone, or in the account as it will be after a plan."""
    if isinstance(desired_or_plan, Plan):
        return find_account_access(desired_or_plan.after)
    return find_account_access(desired_or_plan.desired.state)


def can(
    asked: Desired | Plan,
    principal: str,
    action: str,
    resource: str | None = None,
    context: ContextKeys = _NO_CONTEXT,
) -> AccessAnswer:
    """Say if a principal may do something, by which statements, or on what that depends.

    asked: the files alone, or the account as it will be after a plan.
    principal: `user/NAME`, `role/NAME` or an ARN, also that of a session.
    resource: an ARN, or the address of an entity; None for `*`.
    Raises ReconcileError for a word that names nothing.
    """
    question = AccessQuestion(principal, action, resource, _read_context(context))
    return _take_only(answer_question(source_of(asked, (principal, resource or "")), question))


def explain(
    asked: Desired | Plan,
    principal: str,
    action: str,
    resource: str | None = None,
    context: ContextKeys = _NO_CONTEXT,
) -> AnswerSteps:
    """Answer the same as `can`, with each step of the evaluation. action: may also be a role that is to be assumed."""
    question = AccessQuestion(principal, action, resource, _read_context(context))
    return _take_only(explain_question(source_of(asked, (principal, action, resource or "")), question))


def who_can(asked: Desired | Plan, action: str, resource: str | None = None) -> WhoCan:
    """Return everybody who can do something, and how. resource: None for any. Raises ReconcileError."""
    return _take_only(find_capable(source_of(asked, (resource or "",)), action, resource))


def show(asked: Desired | Plan, principal: str) -> PrincipalPermissions:
    """Return everything that a principal can do, and the roles that it can take. Raises ReconcileError."""
    return _take_only(show_permissions(source_of(asked, (principal,)), principal))


def paths(asked: Desired | Plan, principal: str | None = None) -> AdminWays:
    """Return who is an administrator, and who can become one, how. principal: None for everybody."""
    return _take_only(find_ways(source_of(asked, (principal or "",)), principal))


def _take_only(answers: Sequence[T | None]) -> T:
    """Return the answer of the only side. A principal that this side lacks was refused before."""
    (answer,) = answers
    if answer is None:
        raise RuntimeError("a principal without an answer was accepted")
    return answer


def _read_context(context: ContextKeys) -> dict[str, tuple[str, ...]]:
    return {key: (values,) if isinstance(values, str) else tuple(values) for key, values in context.items()}
