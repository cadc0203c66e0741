"""The use cases of `reconcile access`: put a question to each side of a source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from reconciler.access import Principal
from reconciler.model.access_answers import (
    AccessAnswer,
    AccessQuestion,
    AccessSide,
    AccessSource,
    AnswerSteps,
    PrincipalPermissions,
    RoleEntrants,
    WhoCan,
)
from reconciler.model.access_graph import AccessGraph
from reconciler.model.address import Address
from reconciler.model.admin_ways import AdminWays
from reconciler.plan.access.access_graph import find_access_graph
from reconciler.plan.access.admin_ways import find_admin_ways
from reconciler.plan.access.answer import answer_request, make_request_context
from reconciler.plan.access.answer_steps import explain_answer
from reconciler.plan.access.capable_principals import find_capable_principals
from reconciler.plan.access.held_permissions import find_held_permissions
from reconciler.plan.access.question_words import QuestionReader, check_action, is_role
from reconciler.plan.access.role_chains import RoleChains
from reconciler.plan.access.role_entrants import find_role_entrants
from reconciler.plan.access.side_principals import principals_of_side

T = TypeVar("T")


def list_role_entrants(source: AccessSource) -> tuple[tuple[RoleEntrants, ...], ...]:
    """Return, for each side, who may assume each role."""
    return tuple(map(find_role_entrants, source.sides))


def answer_question(source: AccessSource, question: AccessQuestion) -> tuple[AccessAnswer | None, ...]:
    """Return the answer of each side; None if it lacks the principal. Raises ReconcileError for a wrong word."""
    action, words = check_action(question.action), QuestionReader(source)
    resource = words.find_resource(question.resource)
    address = words.find_principal(question.principal)
    return _ask_sides(
        source,
        address,
        lambda side, everybody: answer_request(side, everybody[address], address, action, resource, question.context),
    )


def explain_question(source: AccessSource, question: AccessQuestion) -> tuple[AnswerSteps | None, ...]:
    """Return the answer of each side with its steps; None if it lacks the principal. Raises ReconcileError.

    The action may be a role, as an address or an ARN: the question is then whether the principal may assume it.
    """
    if is_role(question.action) and question.resource is None:
        question = replace(question, action="sts:AssumeRole", resource=question.action)
    address, context = QuestionReader(source).find_principal(question.principal), make_request_context(question.context)
    answers = answer_question(source, question)
    everybody = [principals_of_side(side) for side in source.sides]
    return tuple(
        None if answer is None else explain_answer(side, principals[address], address, answer, context)
        for side, principals, answer in zip(source.sides, everybody, answers, strict=True)
    )


def show_permissions(source: AccessSource, principal: str) -> tuple[PrincipalPermissions | None, ...]:
    """Return, for each side, all that a principal can do; None if it lacks the principal. Raises ReconcileError."""
    from reconciler.desired.aws_names import AwsNames

    address = QuestionReader(source).find_principal(principal)
    return _ask_sides(
        source,
        address,
        lambda side, everybody: find_held_permissions(side, address, RoleChains(side, everybody), AwsNames()),
    )


def find_capable(source: AccessSource, action: str, resource: str | None) -> tuple[WhoCan, ...]:
    """Return, for each side, everybody who can do something. Raises ReconcileError for a wrong word."""
    action = check_action(action)
    arn = None if resource is None else QuestionReader(source).find_resource(resource)
    return tuple(
        find_capable_principals(side, principals_of_side(side), action, None if arn == "*" else arn)
        for side in source.sides
    )


def find_ways(source: AccessSource, principal: str | None = None) -> tuple[AdminWays | None, ...]:
    """Return, for each side, the ways to administrator power of everybody, or of one principal.

    None for a side that lacks the principal. Raises ReconcileError.
    """
    if principal is None:
        return tuple(map(find_admin_ways, source.sides))
    address = QuestionReader(source).find_principal(principal)
    return _ask_sides(source, address, lambda side, everybody: find_admin_ways(side, address))


def draw_graph(source: AccessSource) -> tuple[AccessGraph, ...]:
    """Return, for each side, the graph of who may assume which role."""
    return tuple(map(find_access_graph, source.sides))


def _ask_sides(
    source: AccessSource, address: Address, answer: Callable[[AccessSide, Mapping[Address, Principal]], T]
) -> tuple[T | None, ...]:
    """Return the answer of each side; None if the principal is not there."""
    principals = [principals_of_side(side) for side in source.sides]
    return tuple(
        answer(side, everybody) if address in everybody else None
        for side, everybody in zip(source.sides, principals, strict=True)
    )
