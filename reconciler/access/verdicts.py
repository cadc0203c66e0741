"""The result of an evaluation: allow, deny, or "depends" with the keys that decide, and the deciding statements.

Three-valued logic after Kleene: what is not known never turns into yes or no, and never hides a fact that decides
without it. Standard library and `reconciler.model` only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.document import Document, Statement

NO_KEYS: frozenset[str] = frozenset()


class Decision(StrEnum):
    """The outcome of a request. DEPENDS: facts are missing that would decide it."""

    ALLOW = "allow"
    DENY = "deny"
    DEPENDS = "depends"


class VerdictReason(StrEnum):
    """The reason for a verdict. All but ALLOWED, EXPLICIT and UNKNOWN are implicit denies."""

    ALLOWED = "allowed"
    EXPLICIT = "explicitly denied"
    IMPLICIT = "no policy allows it"
    BOUNDARY = "the permissions boundary does not allow it"
    SESSION = "the session policy does not allow it"
    SERVICE_CONTROL = "the service control policies of one level do not allow it"
    TRUST = "the trust policy does not let the principal in"
    ROOT = "a root user cannot assume roles"
    UNKNOWN = "depends on what is not known"


@dataclass(frozen=True, slots=True)
class Ternary:
    """Yes, no, or unknown (value None) with the keys that would decide."""

    value: bool | None
    keys: frozenset[str] = NO_KEYS


YES = Ternary(True)
NO = Ternary(False)


def depends_on(*keys: str) -> Ternary:
    """Return "unknown" with the keys that would decide."""
    return Ternary(None, frozenset(keys))


def negate(item: Ternary) -> Ternary:
    """Return Kleene's not."""
    if item.value is None:
        return item
    return NO if item.value else YES


def all_of(items: Iterable[Ternary]) -> Ternary:
    """Return Kleene's and; YES if there are no items."""
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
    """Return Kleene's or; NO if there are no items."""
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
    """Return the value on which all items agree; if they differ, unknown until `key` and their own keys are known."""
    distinct_items = set(items)
    if len(distinct_items) == 1:
        return distinct_items.pop()
    return Ternary(None, frozenset({key}).union(*(item.keys for item in distinct_items)))


@dataclass(frozen=True, slots=True)
class PolicySource:
    """A policy that counts for a principal.

    label: its name: the ARN of a managed policy, or a text such as `user/a inline policy b`.
    document: its content; None if it is not known. `aws_policies.py` then supplies well-known policies of AWS.
    """

    label: str
    document: Document | None


@dataclass(frozen=True, slots=True)
class StatementSource:
    """One statement of a policy. statement: None means the whole policy, if its content is not known."""

    label: str
    statement: Statement | None = None

    def __str__(self) -> str:
        if self.statement is None:
            return self.label
        return f"{self.label} statement {self.statement.sid}" if self.statement.sid else self.label


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a request, with its reason and the statements that decided.

    keys: the facts on which a DEPENDS waits. Each is a condition key in lower case, or one of these:

    `policy:LABEL`: the content of a policy is not known.
    `boundary:LABEL`: does this boundary limit a principal that the trust does not name by its account?
    `session:policy`: does the session policy limit a principal that the trust lets in as everyone?
    `principal:ARN`: is the caller this session of a role, or this member of an account?
    `not-principal:LABEL`: does NotPrincipal exclude the caller?
    `operator:NAME`: this operator is not known here.
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
    """The answer of one set of statements to one question.

    sources: the statements behind it. reason: the reason for the verdict if the answer is no.
    """

    truth: Ternary
    sources: tuple[StatementSource, ...] = ()
    reason: VerdictReason = VerdictReason.IMPLICIT


Route = tuple[Answer, ...]
"""One way to be allowed: the request is allowed if all of these answers are yes."""


def reach_verdict(denies: Iterable[Answer], routes: Iterable[Route]) -> Verdict:
    """Return the verdict by an explicit deny, else by an open route (IAM User Guide, "Policy evaluation logic")."""
    denied = [answer for answer in denies if answer.truth.value is not False]
    if any(answer.truth.value for answer in denied):
        certain = tuple(source for answer in denied if answer.truth.value for source in answer.sources)
        return Verdict(Decision.DENY, NO_KEYS, certain, VerdictReason.EXPLICIT)
    evaluated = [(all_of([answer.truth for answer in route]), route) for route in routes]
    granted = any_of(truth for truth, _ in evaluated)
    if granted.value is False:
        return Verdict(Decision.DENY, NO_KEYS, (), _find_refusal_reason([route for _, route in evaluated]))
    open_sources = [source for answer in denied for source in answer.sources]
    if granted.value:
        open_route = next(route for truth, route in evaluated if truth.value)
        sources = _drop_repeats([source for answer in open_route for source in answer.sources])
        if not denied:
            return Verdict(Decision.ALLOW, NO_KEYS, sources, VerdictReason.ALLOWED)
    for truth, route in evaluated:
        if granted.value is None and truth.value is None:
            open_sources += [source for answer in route if answer.truth.value is None for source in answer.sources]
    keys = granted.keys.union(*(answer.truth.keys for answer in denied))
    return Verdict(Decision.DEPENDS, keys, _drop_repeats(open_sources), VerdictReason.UNKNOWN)


def _drop_repeats(sources: list[StatementSource]) -> tuple[StatementSource, ...]:
    return tuple(sources) if len(sources) < 2 else tuple(dict.fromkeys(sources))


def _find_refusal_reason(routes: list[Route]) -> VerdictReason:
    """Return the reason why the route with the fewest missing answers did not hold."""
    lacking = [[answer.reason for answer in route if answer.truth.value is False] for route in routes]
    return min(lacking, key=len)[0] if lacking else VerdictReason.IMPLICIT


def require_all(verdicts: Iterable[Verdict]) -> Verdict:
    """Return one verdict for requests that must all be allowed: the first denial, else all keys they depend on."""
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
