"""Documents made ready once and asked many times: statements by action, patterns compiled, answers in two halves.

A statement is compiled when first an action is asked for that it speaks of: most speak of none that anybody asks for.

A document whose content is not known answers "unknown" for Allow. For Deny it does so too, unless it is a policy
of AWS: of the 1,582 that AWS had published by September 2026, the 44 that deny anything are named in `known.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from reconciler.access.conditions import CompiledCondition, compiled_condition
from reconciler.access.context import Context
from reconciler.access.known import may_deny, well_known
from reconciler.access.matching import ResourceMatcher, speaks_of
from reconciler.access.values import NO, YES, Answer, PolicySource, Source, Ternary, Why, all_of, any_of, unknown
from reconciler.model.document import Document, Statement


class CompiledStatement:
    """`ceiling` is the key to report where the statement only bounds what its document may allow, else empty."""

    def __init__(self, source: Source, statement: Statement, version: str, ceiling: str = "") -> None:
        self.source = source
        self.statement = statement
        self.version = version
        self.ceiling = ceiling
        self.resources = ResourceMatcher(statement, version)
        self.conditions: tuple[CompiledCondition, ...] = tuple(
            compiled_condition(item, version)
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
    def meaning(self) -> tuple[object, ...]:
        """Equal for statements that answer alike to an action of which they speak, whichever policies they are of."""
        said = self.statement
        who, what = (said.principals, said.not_principal), (said.resources, said.not_resource)
        return said.effect, who, what, said.conditions, self.version, self.ceiling

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

    @property
    def meaning(self) -> tuple[frozenset[object], ...]:
        """Equal for what answers alike, whichever policies it is of; but a policy that is not known has a name."""
        said = (frozenset(item.meaning for item in side) for side in (self.allows, self.denies))
        return (*said, frozenset(self.allow_unseen), frozenset(self.deny_unseen))

    def only(self, wanted: Callable[[CompiledStatement], bool]) -> Slice:
        """Without the statements that are not wanted."""
        if all(map(wanted, self.statements)):
            return self
        allows, denies = tuple(filter(wanted, self.allows)), tuple(filter(wanted, self.denies))
        return Slice(allows, denies, self.allow_unseen, self.deny_unseen)

    @property
    def may_allow(self) -> bool:
        return bool(self.allows or self.allow_unseen)

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


_EMPTY = Slice()


class CompiledDocument:
    """One policy. `document` None stands for a content that is not known."""

    def __init__(self, source: PolicySource) -> None:
        document, ceiling = source.document, ""
        if document is None:
            document, exact = well_known(source.label)
            ceiling = "" if exact else f"policy:{source.label}"
        unseen: tuple[Source, ...] = ()
        if document is None or document.opaque:
            unseen = (Source(source.label),)
            document = Document(version="", statements=frozenset())
        self._label, self._document, self._ceiling = source.label, document, ceiling
        self._silent = Slice((), (), unseen, unseen if may_deny(source.label) else ()) if unseen else _EMPTY
        self._services = _services(document)
        self._statements: dict[Statement, CompiledStatement] = {}
        self._slices: dict[str, Slice] = {}

    def slice(self, action: str) -> Slice:
        """What speaks of an action, given in lower case."""
        if self._services is not None and action.partition(":")[0] not in self._services:
            return self._silent
        found = self._slices.get(action)
        if found is None:
            speaking = [self._compiled(item) for item in self._ordered if speaks_of(item, action)]
            found = self._slices[action] = (
                replace(
                    self._silent,
                    allows=tuple(item for item in speaking if item.statement.effect == "Allow"),
                    denies=tuple(item for item in speaking if item.statement.effect == "Deny"),
                )
                if speaking
                else self._silent
            )
        return found

    @cached_property
    def _ordered(self) -> list[Statement]:
        return sorted(self._document.statements, key=lambda item: (item.sid, sorted(item.actions)))

    def _compiled(self, statement: Statement) -> CompiledStatement:
        found = self._statements.get(statement)
        if found is None:
            source = Source(self._label, statement)
            found = CompiledStatement(source, statement, self._document.version, self._ceiling)
            self._statements[statement] = found
        return found


def _services(document: Document) -> frozenset[str] | None:
    """The services of whose actions it can speak at all; None where it may be any."""
    found = set()
    for statement in document.statements:
        for action in statement.actions:
            service, colon, _ = action.partition(":")
            if statement.not_action or not colon or "*" in service or "?" in service:
                return None
            found.add(service)
    return frozenset(found)


class Compiled:
    """Several policies that count together, such as all that a user has."""

    def __init__(self, documents: Iterable[CompiledDocument]) -> None:
        self.documents = tuple(documents)
        self._slices: dict[str, Slice] = {}

    def slice(self, action: str) -> Slice:
        """What speaks of an action; letter case ignored."""
        found = self._slices.get(action)
        if found is None:
            lower = action.lower()
            parts = [part for item in self.documents if (part := item.slice(lower)) is not _EMPTY]
            found = self._slices[action] = _joined(parts)
        return found


def _joined(parts: list[Slice]) -> Slice:
    if len(parts) < 2:
        return parts[0] if parts else _EMPTY
    return Slice(
        tuple(item for part in parts for item in part.allows),
        tuple(item for part in parts for item in part.denies),
        tuple(item for part in parts for item in part.allow_unseen),
        tuple(item for part in parts for item in part.deny_unseen),
    )


@lru_cache(maxsize=16384)
def _document(source: PolicySource) -> CompiledDocument:
    return CompiledDocument(source)


def compiled(documents: Iterable[PolicySource]) -> Compiled:
    """Policies ready to be asked; each document is compiled once, however many principals share it."""
    return Compiled(_document(source) for source in documents)
