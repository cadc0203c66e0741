"""The use cases of `reconcile access`: put a question to each side of a source."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from reconciler.access import Principal
from reconciler.model.access_answers import AccessAnswer, AccessQuestion, AccessSide, AccessSource, RoleEntrants
from reconciler.model.address import Address
from reconciler.plan.access.answer import answer_request
from reconciler.plan.access.question_words import QuestionReader, check_action
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
    return _ask_principal(
        source,
        words.find_principal(question.principal),
        lambda side, address, principal: answer_request(side, principal, address, action, resource, question.context),
    )


def _ask_principal(
    source: AccessSource, address: Address, answer: Callable[[AccessSide, Address, Principal], T]
) -> tuple[T | None, ...]:
    """Return the answer of each side; None if the principal is not there."""
    principals = [principals_of_side(side).get(address) for side in source.sides]
    return tuple(
        None if principal is None else answer(side, address, principal)
        for side, principal in zip(source.sides, principals, strict=True)
    )
