"""What an evaluation says: allow, deny, or depends on keys, and which statement of which document decided.

Three-valued logic after Kleene: what is not known never turns into yes or no, and never hides what decides
without it. Standard library and `reconciler.model` only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.document import Document, Statement

NO_KEYS: frozenset[str] = frozenset()


class Decision(StrEnum):
    ALLOW = "allow"
    DENY = "deny"
    DEPENDS = "depends"


class VerdictReason(StrEnum):
    """The reason of a verdict; every one but ALLOWED, EXPLICIT and UNKNOWN is an implicit deny."""

    ALLOWED = "allowed"
    EXPLICIT = "explicitly denied"
    IMPLICIT = "no policy allows it"
    BOUNDARY = "the permissions boundary does not allow it"
    SESSION = "the session policy does not allow it"
    TRUST = "the trust policy does not let the principal in"
    ROOT = "a root user cannot assume roles"
    UNKNOWN = "depends on what is not known"


@dataclass(frozen=True, slots=True)
class Ternary:
    """Yes, no, or unknown (value None) with the keys that would tell."""

    value: bool | None
    keys: frozenset[str] = NO_KEYS


YES = Ternary(True)
NO = Ternary(False)


def depends_on(*keys: str) -> Ternary:
    return Ternary(None, frozenset(keys))


def negate(item: Ternary) -> Ternary:
    if item.value is None:
        return item
    return NO if item.value else YES


def all_of(items: Iterable[Ternary]) -> Ternary:
    """Kleene's and; YES for nothing."""
    keys = NO_KEYS
    undecided = False
    for item in items:
        if item.value is False:
            return NO
        if item.value is None:
            undecided = True
            keys |= item.keys
    return Ternary(None, keys) if undecided else YES


def any_of(items: Iterable[Ternary]) -> Ternary:
    """Kleene's or; NO for nothing."""
    keys = NO_KEYS
    undecided = False
    for item in items:
        if item.value is True:
            return YES
        if item.value is None:
            undecided = True
            keys |= item.keys
    return Ternary(None, keys) if undecided else NO


def consensus_of(items: Iterable[Ternary], key: str) -> Ternary:
    """What all say; where they differ, unknown for want of `key` (and of what they want themselves)."""
    found = set(items)
    if len(found) == 1:
        return found.pop()
    return Ternary(None, frozenset({key}).union(*(item.keys for item in found)))


@dataclass(frozen=True, slots=True)
class PolicySource:
    """A policy that counts for a principal. `label` names it: the ARN of a managed policy, or `user/a inline/b`.

    `document` None: its content is not known. A well-known policy of AWS is then taken from `known.py`.
    """

    label: str
    document: Document | None


@dataclass(frozen=True, slots=True)
class StatementSource:
    """One statement of one document; statement None: the document as a whole, its content being unknown."""

    label: str
    statement: Statement | None = None

    def __str__(self) -> str:
        if self.statement is None:
            return self.label
        return f"{self.label} statement {self.statement.sid}" if self.statement.sid else self.label


@dataclass(frozen=True, slots=True)
class Verdict:
    """`keys`: what a DEPENDS waits for. They are condition keys in lower case, or one of these:

    `policy:LABEL`: the content of a policy.
    `boundary:LABEL`: whether this boundary limits a principal that the trust lets in without its account.
    `principal:ARN`: whether it is this session of a role, this member of an account.
    `not-principal:LABEL`: whether NotPrincipal leaves it out.
    `operator:NAME`: an operator that is not known here.
    """

    decision: Decision
    keys: frozenset[str] = NO_KEYS
    deciding_statements: tuple[StatementSource, ...] = ()
    reason: VerdictReason = VerdictReason.IMPLICIT

    @property
    def allowed(self) -> bool:
        return self.decision is Decision.ALLOW

    @property
    def denied(self) -> bool:
        return self.decision is Decision.DENY


@dataclass(frozen=True, slots=True)
class Answer:
    """One question to one set of statements, with the statements behind it and the reason if it is no."""

    truth: Ternary
    sources: tuple[StatementSource, ...] = ()
    reason: VerdictReason = VerdictReason.IMPLICIT


Route = tuple[Answer, ...]
"""Answers that must all be yes for a request to be allowed this way."""


def reach_verdict(denies: Iterable[Answer], routes: Iterable[Route]) -> Verdict:
    """An explicit deny wins; else one route must hold (IAM User Guide, "Policy evaluation logic")."""
    denied = [answer for answer in denies if answer.truth.value is not False]
    if any(answer.truth.value for answer in denied):
        certain = tuple(source for answer in denied if answer.truth.value for source in answer.sources)
        return Verdict(Decision.DENY, NO_KEYS, certain, VerdictReason.EXPLICIT)
    weighed = [(all_of([answer.truth for answer in route]), route) for route in routes]
    granted = any_of(truth for truth, _ in weighed)
    if granted.value is False:
        return Verdict(Decision.DENY, NO_KEYS, (), _find_refusal_reason([route for _, route in weighed]))
    open_sources = [source for answer in denied for source in answer.sources]
    if granted.value:
        held = next(route for truth, route in weighed if truth.value)
        sources = _drop_repeats([source for answer in held for source in answer.sources])
        if not denied:
            return Verdict(Decision.ALLOW, NO_KEYS, sources, VerdictReason.ALLOWED)
    for truth, route in weighed:
        if granted.value is None and truth.value is None:
            open_sources += [source for answer in route if answer.truth.value is None for source in answer.sources]
    keys = granted.keys.union(*(answer.truth.keys for answer in denied))
    return Verdict(Decision.DEPENDS, keys, _drop_repeats(open_sources), VerdictReason.UNKNOWN)


def _drop_repeats(sources: list[StatementSource]) -> tuple[StatementSource, ...]:
    return tuple(sources) if len(sources) < 2 else tuple(dict.fromkeys(sources))


def _find_refusal_reason(routes: list[Route]) -> VerdictReason:
    """Why the route that lacked least did not hold."""
    lacking = [[answer.reason for answer in route if answer.truth.value is False] for route in routes]
    return min(lacking, key=len)[0] if lacking else VerdictReason.IMPLICIT


def require_all(verdicts: Iterable[Verdict]) -> Verdict:
    """Several requests that must all be allowed: the first denied one, else what all depend on."""
    listed = list(verdicts)
    for item in listed:
        if item.denied:
            return item
    deciding = _drop_repeats([source for item in listed for source in item.deciding_statements])
    undecided = [item for item in listed if not item.allowed]
    if not undecided:
        return Verdict(Decision.ALLOW, NO_KEYS, deciding, VerdictReason.ALLOWED)
    keys = NO_KEYS.union(*(item.keys for item in undecided))
    sources = _drop_repeats([source for item in undecided for source in item.deciding_statements])
    return Verdict(Decision.DEPENDS, keys, sources, VerdictReason.UNKNOWN)
