"""Find the users and roles of an account that may assume roles of other accounts, with the statements that decide.

Of each policy only the statements about assuming roles are kept, so that they take little memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.access import PolicySource, Principal
from reconciler.access.statement_scope import covers_action
from reconciler.model.access_answers import AccessSide
from reconciler.model.address import Address
from reconciler.model.document import Document, Statement
from reconciler.model.live import State
from reconciler.plan.access.side_principals import principals_of_side

ASSUME_ACTIONS = ("sts:assumerole", "sts:tagsession", "sts:setsourceidentity")
"""The actions of a call that assumes a role with the caller's own credentials (STS API, AssumeRole)."""


def find_callers(state: State, *, is_part: bool, ignored: frozenset[Address] = frozenset()) -> Mapping[str, Principal]:
    """Return the principals by ARN whose own policies allow such an action on a role of another account, or may do so.

    is_part: policies and groups may exist that the state lacks.
    ignored: users and roles whose own policies the state does not show.
    """
    narrowed = NarrowedPolicies()
    callers = {}
    for address, principal in principals_of_side(AccessSide("after", state, is_part)).items():
        policies = narrowed.narrow(principal.policies)
        if address in ignored:
            policies = (*policies, PolicySource(str(address), None))
        if any(_reaches_other_accounts(source, state.account) for source in policies):
            callers[principal.arn] = replace(
                principal,
                policies=policies,
                boundary=narrowed.narrow_one(principal.boundary) if principal.boundary else None,
                service_controls=tuple(map(narrowed.narrow, principal.service_controls)),
            )
    return callers


class NarrowedPolicies:
    """Policies without the statements that do not count. Many principals of an account share one."""

    def __init__(self) -> None:
        self._narrowed: dict[PolicySource, PolicySource] = {}
        self._together: dict[tuple[PolicySource, ...], tuple[PolicySource, ...]] = {}

    def narrow(self, sources: tuple[PolicySource, ...]) -> tuple[PolicySource, ...]:
        if sources not in self._together:
            self._together[sources] = tuple(map(self.narrow_one, sources))
        return self._together[sources]

    def narrow_one(self, source: PolicySource) -> PolicySource:
        if source.document is None or source.document.opaque:
            return source
        if source not in self._narrowed:
            self._narrowed[source] = replace(source, document=_narrow_document(source.document))
        return self._narrowed[source]


def _narrow_document(document: Document) -> Document:
    statements = frozenset(one for one in document.statements if _is_about_assuming(one))
    return replace(document, statements=statements, text="", listed=(), places=())


def _is_about_assuming(statement: Statement) -> bool:
    return any(covers_action(statement, action) for action in ASSUME_ACTIONS)


def _reaches_other_accounts(source: PolicySource, account: str) -> bool:
    """Return whether a policy allows something on roles of other accounts; yes, if its content is not known."""
    if source.document is None or source.document.opaque:
        return True
    return any(
        one.effect == "Allow"
        and (
            one.resources is None
            or one.not_resource
            or any(resource.split(":")[4:5] != [account] for resource in one.resources)
        )
        for one in source.document.statements
    )
