"""Documents made ready once and asked many times: statements by action, patterns compiled, answers in two halves.

A statement is compiled when first an action is asked for that it speaks of: most speak of none that anybody asks for.

A document whose content is not known answers "unknown" for Allow. For Deny it does so too, unless it is a policy
of AWS: of the 1,582 that AWS had published by September 2026, the 44 that deny anything are named in `known.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from reconciler.access.aws_policies import find_aws_policy, may_deny
from reconciler.access.conditions import CompiledCondition, compile_condition
from reconciler.access.context import Context
from reconciler.access.statement_scope import ResourceMatcher, covers_action
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
from reconciler.model.document import Document, Statement


class CompiledStatement:
    """`ceiling` is the key to report where the statement only bounds what its document may allow, else empty."""

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
        """All that it asks of a request beside action and resource: the keys of its conditions and its variables."""
        return self.resources.variables.union(*({item.key, *item.variables} for item in self.conditions))

    @cached_property
    def picks_by_arn(self) -> bool:
        """Return True if a condition says which ARNs of principals it means (aws:PrincipalArn), not which ones not."""
        return any(
            item.key == "aws:principalarn"
            and item.operator is not None
            and item.operator.type in ("String", "Arn")
            and not item.negated
            for item in self.conditions
        )

    @cached_property
    def equivalence_key(self) -> tuple[object, ...]:
        """Equal for statements that answer alike to an action of which they speak, whichever policies they are of."""
        said = self.statement
        who, what = (said.principals, said.not_principal), (said.resources, said.not_resource)
        return said.effect, who, what, said.conditions, self.version, self.ceiling

    def applies_to(self, resource: str, context: Context) -> Ternary:
        """Whether it speaks of the resource and its conditions hold; its action is known to match."""
        found = self.resources.matches(resource, context)
        if self.conditions and found.value is not False:
            found = all_of((found, *(condition.holds(context) for condition in self.conditions)))
        if self.ceiling and found.value is not False:
            return depends_on(self.ceiling)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class ActionStatements:
    """The statements that speak of one action, and the keys of documents that may speak of it unseen."""

    allows: tuple[CompiledStatement, ...] = ()
    denies: tuple[CompiledStatement, ...] = ()
    unknown_allows: tuple[StatementSource, ...] = ()
    unknown_denies: tuple[StatementSource, ...] = ()

    @property
    def statements(self) -> tuple[CompiledStatement, ...]:
        return self.allows + self.denies

    @property
    def equivalence_key(self) -> tuple[frozenset[object], ...]:
        """Equal for what answers alike, whichever policies it is of; but a policy that is not known has a name."""
        said = (frozenset(item.equivalence_key for item in side) for side in (self.allows, self.denies))
        return (*said, frozenset(self.unknown_allows), frozenset(self.unknown_denies))

    def filter_statements(self, wanted: Callable[[CompiledStatement], bool]) -> ActionStatements:
        """Without the statements that are not wanted."""
        if all(map(wanted, self.statements)):
            return self
        allows, denies = tuple(filter(wanted, self.allows)), tuple(filter(wanted, self.denies))
        return ActionStatements(allows, denies, self.unknown_allows, self.unknown_denies)

    @property
    def may_allow(self) -> bool:
        return bool(self.allows or self.unknown_allows)

    def evaluate_allows(
        self, resource: str, context: Context, reason: VerdictReason = VerdictReason.IMPLICIT
    ) -> Answer:
        return _evaluate_statements(self.allows, self.unknown_allows, resource, context, reason)

    def evaluate_denies(self, resource: str, context: Context) -> Answer:
        return _evaluate_statements(self.denies, self.unknown_denies, resource, context, VerdictReason.EXPLICIT)


_NO_ANSWERS: dict[VerdictReason, Answer] = {why: Answer(NO, (), why) for why in VerdictReason}


def _evaluate_statements(
    statements: tuple[CompiledStatement, ...],
    unseen: tuple[StatementSource, ...],
    resource: str,
    context: Context,
    reason: VerdictReason,
) -> Answer:
    if not statements and not unseen:
        return _NO_ANSWERS[reason]
    sure: list[StatementSource] = []
    open_sources = list(unseen)
    truths = [depends_on(f"policy:{source.label}") for source in unseen]
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
    """One policy. `document` None stands for a content that is not known."""

    def __init__(self, source: PolicySource) -> None:
        document, ceiling = source.document, ""
        if document is None:
            document, exact = find_aws_policy(source.label)
            ceiling = "" if exact else f"policy:{source.label}"
        unseen: tuple[StatementSource, ...] = ()
        if document is None or document.opaque:
            unseen = (StatementSource(source.label),)
            document = Document(version="", statements=frozenset())
        self._label, self._document, self._ceiling = source.label, document, ceiling
        self._no_statements = (
            ActionStatements((), (), unseen, unseen if may_deny(source.label) else ()) if unseen else _EMPTY
        )
        self._services = _services_of(document)
        self._statements: dict[Statement, CompiledStatement] = {}
        self._slices: dict[str, ActionStatements] = {}

    def statements_for(self, action: str) -> ActionStatements:
        """What speaks of an action, given in lower case."""
        if self._services is not None and action.partition(":")[0] not in self._services:
            return self._no_statements
        found = self._slices.get(action)
        if found is None:
            speaking = [
                self._compile_statement(item) for item in self._sorted_statements if covers_action(item, action)
            ]
            found = self._slices[action] = (
                replace(
                    self._no_statements,
                    allows=tuple(item for item in speaking if item.statement.effect == "Allow"),
                    denies=tuple(item for item in speaking if item.statement.effect == "Deny"),
                )
                if speaking
                else self._no_statements
            )
        return found

    @cached_property
    def _sorted_statements(self) -> list[Statement]:
        return sorted(self._document.statements, key=lambda item: (item.sid, sorted(item.actions)))

    def _compile_statement(self, statement: Statement) -> CompiledStatement:
        found = self._statements.get(statement)
        if found is None:
            source = StatementSource(self._label, statement)
            found = CompiledStatement(source, statement, self._document.version, self._ceiling)
            self._statements[statement] = found
        return found


def _services_of(document: Document) -> frozenset[str] | None:
    """The services of whose actions it can speak at all; None where it may be any."""
    found = set()
    for statement in document.statements:
        for action in statement.actions:
            service, colon, _ = action.partition(":")
            if statement.not_action or not colon or "*" in service or "?" in service:
                return None
            found.add(service)
    return frozenset(found)


class CompiledPolicies:
    """Several policies that count together, such as all that a user has."""

    def __init__(self, documents: Iterable[CompiledDocument]) -> None:
        self.documents = tuple(documents)
        self._slices: dict[str, ActionStatements] = {}

    def statements_for(self, action: str) -> ActionStatements:
        """What speaks of an action; letter case ignored."""
        found = self._slices.get(action)
        if found is None:
            lower = action.lower()
            parts = [part for item in self.documents if (part := item.statements_for(lower)) is not _EMPTY]
            found = self._slices[action] = _merge_statements(parts)
        return found


def _merge_statements(parts: list[ActionStatements]) -> ActionStatements:
    if len(parts) < 2:
        return parts[0] if parts else _EMPTY
    return ActionStatements(
        tuple(item for part in parts for item in part.allows),
        tuple(item for part in parts for item in part.denies),
        tuple(item for part in parts for item in part.unknown_allows),
        tuple(item for part in parts for item in part.unknown_denies),
    )


@lru_cache(maxsize=16384)
def _compile_document(source: PolicySource) -> CompiledDocument:
    return CompiledDocument(source)


def compile_policies(documents: Iterable[PolicySource]) -> CompiledPolicies:
    """Policies ready to be asked; each document is compiled once, however many principals share it."""
    return CompiledPolicies(_compile_document(source) for source in documents)
