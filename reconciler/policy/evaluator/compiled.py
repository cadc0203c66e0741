"""Documents made ready once and asked many times: statements by action, patterns compiled, answers in two halves.

A document whose content is not known answers "unknown" for Allow. For Deny it does so too, unless it is a policy
of AWS: of the 1,582 that AWS had published by September 2026, the 44 that deny anything are named in `known.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from reconciler.model.document import Document, Statement
from reconciler.policy.evaluator.conditions import CompiledCondition, compiled_condition
from reconciler.policy.evaluator.context import Context
from reconciler.policy.evaluator.known import may_deny, well_known
from reconciler.policy.evaluator.matching import ResourceMatcher, speaks_of
from reconciler.policy.evaluator.values import (
    NO,
    YES,
    Answer,
    PolicySource,
    Source,
    Ternary,
    Why,
    all_of,
    any_of,
    unknown,
)


class CompiledStatement:
    """`ceiling` is the key to report where the statement only bounds what its document may allow, else empty."""

    __slots__ = ("ceiling", "conditions", "resources", "source", "statement")

    def __init__(self, source: Source, statement: Statement, version: str, ceiling: str = "") -> None:
        self.source = source
        self.statement = statement
        self.ceiling = ceiling
        self.resources = ResourceMatcher(statement, version)
        self.conditions: tuple[CompiledCondition, ...] = tuple(
            compiled_condition(item, version)
            for item in sorted(statement.conditions, key=lambda item: (item.operator, item.key))
        )

    @property
    def keys(self) -> frozenset[str]:
        """The condition keys it asks for; `${}` among them where it has variables."""
        variables = self.resources.variables or any(item.variables for item in self.conditions)
        return frozenset(item.key for item in self.conditions) | frozenset(["${}"] if variables else [])

    def applies(self, resource: str, context: Context) -> Ternary:
        """Whether it speaks of the resource and its conditions hold; its action is known to match."""
        found = self.resources.matches(resource, context)
        if self.conditions and found.value is not False:
            found = all_of((found, *(condition.holds(context) for condition in self.conditions)))
        if self.ceiling and found.value is not False:
            return unknown(self.ceiling)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """The statements that speak of one action, and the keys of documents that may speak of it unseen."""

    allows: tuple[CompiledStatement, ...] = ()
    denies: tuple[CompiledStatement, ...] = ()
    allow_unseen: tuple[Source, ...] = ()
    deny_unseen: tuple[Source, ...] = ()

    @property
    def statements(self) -> tuple[CompiledStatement, ...]:
        return self.allows + self.denies

    def allowed(self, resource: str, context: Context, why: Why = Why.IMPLICIT) -> Answer:
        return _answer(self.allows, self.allow_unseen, resource, context, why)

    def denied(self, resource: str, context: Context) -> Answer:
        return _answer(self.denies, self.deny_unseen, resource, context, Why.EXPLICIT)


_NOTHING: dict[Why, Answer] = {why: Answer(NO, (), why) for why in Why}


def _answer(
    statements: tuple[CompiledStatement, ...], unseen: tuple[Source, ...], resource: str, context: Context, why: Why
) -> Answer:
    if not statements and not unseen:
        return _NOTHING[why]
    sure: list[Source] = []
    open_sources = list(unseen)
    truths = [unknown(f"policy:{source.label}") for source in unseen]
    for statement in statements:
        truth = statement.applies(resource, context)
        if truth.value:
            sure.append(statement.source)
        elif truth.value is None:
            open_sources.append(statement.source)
            truths.append(truth)
    if sure:
        return Answer(YES, tuple(sure), why)
    return Answer(any_of(truths), tuple(open_sources), why)


class CompiledDocument:
    """One policy. `document` None stands for a content that is not known."""

    def __init__(self, source: PolicySource) -> None:
        document, ceiling = source.document, ""
        if document is None:
            document, exact = well_known(source.label)
            ceiling = "" if exact else f"policy:{source.label}"
        self._unseen: tuple[Source, ...] = ()
        if document is None or document.opaque:
            self._unseen = (Source(source.label),)
            document = Document(version="", statements=frozenset())
        self._deny_unseen = self._unseen if may_deny(source.label) else ()
        self._statements = tuple(
            CompiledStatement(Source(source.label, statement), statement, document.version, ceiling)
            for statement in sorted(document.statements, key=lambda item: (item.sid, sorted(item.actions)))
        )
        self._slices: dict[str, Slice] = {}

    def slice(self, action: str) -> Slice:
        found = self._slices.get(action)
        if found is None:
            speaking = [item for item in self._statements if speaks_of(item.statement, action)]
            found = self._slices[action] = Slice(
                tuple(item for item in speaking if item.statement.effect == "Allow"),
                tuple(item for item in speaking if item.statement.effect == "Deny"),
                self._unseen,
                self._deny_unseen,
            )
        return found


class Compiled:
    """Several policies that count together, such as all that a user has."""

    def __init__(self, documents: Iterable[CompiledDocument]) -> None:
        self._documents = tuple(documents)
        self._slices: dict[str, Slice] = {}

    def slice(self, action: str) -> Slice:
        """What speaks of an action; letter case ignored."""
        found = self._slices.get(action)
        if found is None:
            parts = [item.slice(action.lower()) for item in self._documents]
            found = self._slices[action] = Slice(
                tuple(item for part in parts for item in part.allows),
                tuple(item for part in parts for item in part.denies),
                tuple(item for part in parts for item in part.allow_unseen),
                tuple(item for part in parts for item in part.deny_unseen),
            )
        return found


@lru_cache(maxsize=16384)
def _document(source: PolicySource) -> CompiledDocument:
    return CompiledDocument(source)


def compiled(documents: Iterable[PolicySource]) -> Compiled:
    """Policies ready to be asked; each document is compiled once, however many principals share it."""
    return Compiled(_document(source) for source in documents)
