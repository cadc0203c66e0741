"""Name the policy that a deciding statement belongs to, and find its line in the file."""

from __future__ import annotations

from dataclasses import replace

from reconciler.access.verdicts import StatementSource
from reconciler.model.access_answers import DecidingStatement
from reconciler.model.address import Address
from reconciler.model.arns import address_of, policy_reference_of
from reconciler.model.document import Document
from reconciler.model.entity import Policy, Role
from reconciler.model.held_policies import Holder, boundary_of, list_groups
from reconciler.model.live import State
from reconciler.model.problem import Place
from reconciler.policy.statement_places import find_statement_place
from reconciler.policy.statement_words import describe_statement

_INLINE, _TRUST = " inline policy ", "trust of "
"""Parts of the labels that `access/account_principals.py` and `access/role_assumption.py` make."""


def describe_policy(label: str, principal: Address, state: State) -> str:
    """Return the policy with a label, and the group through which a user has it: `group/g policy/p`."""
    if label.startswith(_TRUST):
        return f"{_TRUST}{_find_trusting_role(label)}"
    if not label.startswith("arn:"):
        return label
    policy = str(address_of(label, state.account) or policy_reference_of(label, state.account))
    entity = state.entities.get(principal)
    holders = (entity, *list_groups(entity, state.entities.get)) if isinstance(entity, Holder) else ()
    for holder in holders:
        if label in holder.policies:
            return policy if holder.address == principal else f"{holder.address} {policy}"
        if label == boundary_of(holder):
            return f"boundary {policy}"
    return policy


def describe_statement_source(source: StatementSource, principal: Address, state: State) -> DecidingStatement:
    """Return a statement with its policy, its content in words and its line."""
    policy, statement = describe_policy(source.label, principal, state), source.statement
    if statement is None:
        return DecidingStatement(policy, "")
    conditions = sorted(statement.conditions, key=lambda one: (one.operator, one.key))
    return DecidingStatement(
        policy,
        statement.effect,
        statement.sid,
        describe_statement(replace(statement, conditions=frozenset()), state.account) if statement.resources else "",
        tuple(f"{one.operator} {statement.spelling_of(one.key)} {', '.join(sorted(one.values))}" for one in conditions),
        find_source_place(source, state),
    )


def find_source_place(source: StatementSource, state: State) -> Place | None:
    """Return the line of a statement; None if the file lacks it, or the state is not a file's."""
    document = _find_document(source.label, state)
    return find_statement_place(document, source.statement) if document else None


def _find_document(label: str, state: State) -> Document | None:
    """Return the document of a policy or a trust of the account, or of a guardrail, as the file has it."""
    guardrail = state.guardrails.find(label) if state.guardrails else None
    if guardrail is not None:
        return guardrail.document
    if label.startswith("arn:"):
        address = address_of(label, state.account)
        policy = state.entities.get(address) if address else None
        return policy.document if isinstance(policy, Policy) else None
    if label.startswith(_TRUST):
        role = state.entities.get(_find_trusting_role(label))
        return role.trust_policy if isinstance(role, Role) else None
    holder, _, name = label.partition(_INLINE)
    entity = state.entities.get(Address.parse(holder)) if "/" in holder else None
    return entity.inline_policies.get(name) if isinstance(entity, Holder) else None


def _find_trusting_role(label: str) -> Address:
    """Return the role of a trust's label, which has the role's path: `trust of role/team/app`."""
    return Address("role", label.rpartition("/")[2])
