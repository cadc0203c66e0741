"""Prepare policy documents once for many questions: index statements by action, and compile their patterns.

A statement is compiled when somebody first asks about an action that it covers, because most are never needed.

A document whose content is not known answers "unknown" to Allow. It answers the same to Deny, unless it is a policy of
AWS: `aws_policies.py` names the 44 that deny anything, of the 1,582 that AWS had published by September 2026.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from reconciler.access.aws_policies import find_aws_policy, may_deny
from reconciler.access.conditions import CompiledCondition, compile_condition
from reconciler.access.context import Context
from reconciler.access.statement_scope import ResourceMatcher, covers_action, select_covered
from reconciler.access.verdicts import (
    NO,
    YES,
    Answer,
    PolicySource,
    StatementSource,
    Ternary,
    VerdictReason,
    all_of,
    any_of,
    depends_on,
)
from reconciler.model.account_caches import cache_for_account
from reconciler.model.document import Document, Statement


class CompiledStatement:
    """One statement, prepared for many questions.

    version: the Version of its document.
    ceiling: empty, unless the statement is only an upper bound of what its policy allows (`aws_policies.py`); then
        the key to report.
    """

    def __init__(self, source: StatementSource, statement: Statement, version: str, ceiling: str = "") -> None:
        self.source = source
        self.statement = statement
        self.version = version
        self.ceiling = ceiling
        self.resources = ResourceMatcher(statement, version)
        self.conditions: tuple[CompiledCondition, ...] = tuple(
            compile_condition(item, version)
            for item in sorted(statement.conditions, key=lambda item: (item.operator, item.key))
        )

    @cached_property
    def keys(self) -> frozenset[str]:
        """Return the keys of a request that it tests: those of its conditions and of its variables."""
        return self.resources.variables.union(*({item.key, *item.variables} for item in self.conditions))

    @cached_property
    def picks_by_arn(self) -> bool:
        """Return whether a condition names the ARNs of the principals that it means (aws:PrincipalArn), not negated."""
        return any(
            item.key == "aws:principalarn"
            and item.operator is not None
            and item.operator.type in ("String", "Arn")
            and not item.negated
            for item in self.conditions
        )

    @cached_property
    def equivalence_key(self) -> tuple[object, ...]:
        """Return a key that is equal for statements with the same answers to an action that they cover."""
        statement = self.statement
        principals = (statement.principals, statement.not_principal)
        resources = (statement.resources, statement.not_resource)
        return statement.effect, principals, resources, statement.conditions, self.version, self.ceiling

    def applies_to(self, resource: str, context: Context) -> Ternary:
        """Return whether it covers the resource and its conditions hold; the action must be one that it covers."""
        truth = self.resources.matches(resource, context)
        if self.conditions and truth.value is not False:
            truth = all_of((truth, *(condition.holds(context) for condition in self.conditions)))
        if self.ceiling and truth.value is not False:
            return depends_on(self.ceiling)
        return truth


@dataclass(frozen=True, slots=True, eq=False)
class ActionStatements:
    """The statements that cover one action.

    unknown_allows, unknown_denies: policies of unknown content that may allow or deny the action.
    """

    allows: tuple[CompiledStatement, ...] = ()
    denies: tuple[CompiledStatement, ...] = ()
    unknown_allows: tuple[StatementSource, ...] = ()
    unknown_denies: tuple[StatementSource, ...] = ()

    @property
    def statements(self) -> tuple[CompiledStatement, ...]:
        return self.allows + self.denies

    @property
    def equivalence_key(self) -> tuple[frozenset[object], ...]:
        """Return a key that is equal for statements with the same answers; policies of unknown content keep a name."""
        statement_keys = (frozenset(item.equivalence_key for item in side) for side in (self.allows, self.denies))
        return (*statement_keys, frozenset(self.unknown_allows), frozenset(self.unknown_denies))

    def filter_statements(self, test: Callable[[CompiledStatement], bool]) -> ActionStatements:
        """Return only the statements that pass a test."""
        if all(map(test, self.statements)):
            return self
        allows, denies = tuple(filter(test, self.allows)), tuple(filter(test, self.denies))
        return ActionStatements(allows, denies, self.unknown_allows, self.unknown_denies)

    @property
    def may_allow(self) -> bool:
        return bool(self.allows or self.unknown_allows)

    def evaluate_allows(
        self, resource: str, context: Context, reason: VerdictReason = VerdictReason.IMPLICIT
    ) -> Answer:
        """Return whether an Allow applies to the request. reason: of the verdict, if none does."""
        return _evaluate_statements(self.allows, self.unknown_allows, resource, context, reason)

    def evaluate_denies(self, resource: str, context: Context) -> Answer:
        """Return whether a Deny applies to the request."""
        return _evaluate_statements(self.denies, self.unknown_denies, resource, context, VerdictReason.EXPLICIT)


_NO_ANSWERS: dict[VerdictReason, Answer] = {reason: Answer(NO, (), reason) for reason in VerdictReason}


def _evaluate_statements(
    statements: tuple[CompiledStatement, ...],
    unknown: tuple[StatementSource, ...],
    resource: str,
    context: Context,
    reason: VerdictReason,
) -> Answer:
    if not statements and not unknown:
        return _NO_ANSWERS[reason]
    sure: list[StatementSource] = []
    open_sources = list(unknown)
    truths = [depends_on(f"policy:{source.label}") for source in unknown]
    for statement in statements:
        truth = statement.applies_to(resource, context)
        if truth.value:
            sure.append(statement.source)
        elif truth.value is None:
            open_sources.append(statement.source)
            truths.append(truth)
    if sure:
        return Answer(YES, tuple(sure), reason)
    return Answer(any_of(truths), tuple(open_sources), reason)


_EMPTY = ActionStatements()


class CompiledDocument:
    """One policy, prepared for many questions. Its content may be unknown."""

    def __init__(self, source: PolicySource) -> None:
        document, ceiling = source.document, ""
        if document is None:
            document, exact = find_aws_policy(source.label)
            ceiling = "" if exact else f"policy:{source.label}"
        unknown: tuple[StatementSource, ...] = ()
        if document is None or document.opaque:
            unknown = (StatementSource(source.label),)
            document = Document(version="", statements=frozenset())
        self._label, self._document, self._ceiling = source.label, document, ceiling
        self._no_statements = (
            ActionStatements((), (), unknown, unknown if may_deny(source.label) else ()) if unknown else _EMPTY
        )
        self._services = _services_of(document)
        self._statements: dict[Statement, CompiledStatement] = {}
        self._by_action: dict[str, ActionStatements] = {}

    def find_allowed_actions(self, actions: frozenset[str]) -> frozenset[str]:
        """Return those of the actions, which are in lower case, that a statement of known content allows."""
        allows = (item for item in self._document.statements if item.effect == "Allow")
        return frozenset[str]().union(*(select_covered(item, actions) for item in allows))

    def statements_for(self, action: str) -> ActionStatements:
        """Return the statements that cover an action, which is in lower case."""
        if self._services is not None and action.partition(":")[0] not in self._services:
            return self._no_statements
        statements = self._by_action.get(action)
        if statements is None:
            covering = [
                self._compile_statement(item) for item in self._sorted_statements if covers_action(item, action)
            ]
            statements = self._by_action[action] = (
                replace(
                    self._no_statements,
                    allows=tuple(item for item in covering if item.statement.effect == "Allow"),
                    denies=tuple(item for item in covering if item.statement.effect == "Deny"),
                )
                if covering
                else self._no_statements
            )
        return statements

    @cached_property
    def statements(self) -> tuple[CompiledStatement, ...]:
        """Return all statements; empty if the content is not known."""
        return tuple(map(self._compile_statement, self._sorted_statements))

    @property
    def unknown_content(self) -> ActionStatements:
        """Return what is not known of every action: empty if the content is known."""
        return self._no_statements

    @cached_property
    def _sorted_statements(self) -> list[Statement]:
        return sorted(self._document.statements, key=lambda item: (item.sid, sorted(item.actions)))

    def _compile_statement(self, statement: Statement) -> CompiledStatement:
        compiled_statement = self._statements.get(statement)
        if compiled_statement is None:
            source = StatementSource(self._label, statement)
            compiled_statement = CompiledStatement(source, statement, self._document.version, self._ceiling)
            self._statements[statement] = compiled_statement
        return compiled_statement


def _services_of(document: Document) -> frozenset[str] | None:
    """Return the services whose actions a document can cover; None if it may be any service."""
    services = set()
    for statement in document.statements:
        for action in statement.actions:
            service, colon, _ = action.partition(":")
            if statement.not_action or not colon or "*" in service or "?" in service:
                return None
            services.add(service)
    return frozenset(services)


class CompiledPolicies:
    """Several policies that count together, such as all policies of a user.

    ignores_unread_allows: True if policies of unknown content allow nothing.
    """

    def __init__(self, documents: Iterable[CompiledDocument], ignores_unread_allows: bool = False) -> None:
        self.documents = tuple(documents)
        self._ignores_unread_allows = ignores_unread_allows
        self._by_action: dict[str, ActionStatements] = {}

    def statements_for(self, action: str) -> ActionStatements:
        """Return the statements that cover an action; letter case does not count."""
        statements = self._by_action.get(action)
        if statements is None:
            lower = action.lower()
            parts = [part for item in self.documents if (part := item.statements_for(lower)) is not _EMPTY]
            statements = _merge_statements(parts)
            if self._ignores_unread_allows and statements.unknown_allows:
                statements = replace(statements, unknown_allows=())
            self._by_action[action] = statements
        return statements


def _merge_statements(parts: list[ActionStatements]) -> ActionStatements:
    if len(parts) < 2:
        return parts[0] if parts else _EMPTY
    return ActionStatements(
        tuple(item for part in parts for item in part.allows),
        tuple(item for part in parts for item in part.denies),
        tuple(item for part in parts for item in part.unknown_allows),
        tuple(item for part in parts for item in part.unknown_denies),
    )


@cache_for_account(maxsize=16384)
def _compile_document(source: PolicySource) -> CompiledDocument:
    return CompiledDocument(source)


def compile_policies(documents: Iterable[PolicySource]) -> CompiledPolicies:
    """Prepare policies; a document is prepared once, however many principals share it."""
    return CompiledPolicies(_compile_document(source) for source in documents)
