"""What a trust policy says to one principal, by the way in which it names it.

IAM User Guide, "AWS JSON policy elements: Principal" and "…: NotPrincipal". Names match whole: no wildcards but a
lone `*`, which is everyone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from reconciler.access.compiled import CompiledStatement, Slice
from reconciler.access.context import Context
from reconciler.access.principal import Naming, Principal
from reconciler.access.values import YES, Answer, Source, Ternary, Why, all_of, any_of, unknown


@dataclass(slots=True)
class _Collected:
    truths: list[Ternary] = field(default_factory=list)
    sure: list[Source] = field(default_factory=list)
    open_sources: list[Source] = field(default_factory=list)

    def add(self, truth: Ternary, source: Source) -> None:
        self.truths.append(truth)
        if truth.value is not False:
            (self.sure if truth.value else self.open_sources).append(source)

    def answer(self, why: Why) -> Answer:
        return Answer(any_of(self.truths), tuple(self.sure or self.open_sources), why)


@dataclass(frozen=True, slots=True)
class TrustAnswers:
    """`allowed` holds only the ways in which the trust may let the principal in."""

    allowed: dict[Naming, Answer]
    denied: Answer


def trust_answers(part: Slice, principal: Principal, resource: str, context: Context) -> TrustAnswers:
    found: dict[Naming, _Collected] = {}
    for statement in part.allows:
        for naming, named in namings(statement, principal):
            truth = all_of((named, statement.applies(resource, context)))
            found.setdefault(naming, _Collected()).add(truth, statement.source)
    denied = _Collected()
    for statement in part.denies:
        for _, named in namings(statement, principal):
            denied.add(all_of((named, statement.applies(resource, context))), statement.source)
    for source in part.allow_unseen:
        found.setdefault(Naming.DIRECT, _Collected()).add(unknown(f"policy:{source.label}"), source)
    for source in part.deny_unseen:
        denied.add(unknown(f"policy:{source.label}"), source)
    answers = {naming: collected.answer(Why.TRUST) for naming, collected in found.items()}
    allowed = {naming: answer for naming, answer in answers.items() if answer.truth.value is not False}
    return TrustAnswers(allowed, denied.answer(Why.EXPLICIT))


def namings(statement: CompiledStatement, principal: Principal) -> Iterator[tuple[Naming, Ternary]]:
    """How the statement names the principal, and whether it does for certain."""
    named = statement.statement.principals or frozenset()
    if statement.statement.not_principal:
        yield from _all_but(statement, principal)
        return
    for name in principal.names.keys() & named:
        naming = principal.names[name]
        yield Naming.BY_ARN if naming is Naming.EVERYONE and statement.picks_by_arn else naming, YES
    if principal.perhaps:
        for kind, value in named:
            if kind == "AWS" and value.startswith(principal.perhaps) and (kind, value) not in principal.names:
                yield Naming.DIRECT, unknown(f"principal:{value}")


def _all_but(statement: CompiledStatement, principal: Principal) -> Iterator[tuple[Naming, Ternary]]:
    """NotPrincipal leaves a principal out for certain where it names it, its role and its account.

    Naming only some of these "might" not be enough (IAM User Guide, "…: NotPrincipal").
    """
    named = statement.statement.principals or frozenset()
    listed = {naming for name, naming in principal.names.items() if name in named}
    wanted = set(principal.names.values()) - {Naming.EVERYONE}
    if not listed:
        yield Naming.EVERYONE, YES
    elif Naming.EVERYONE not in listed and wanted - listed:
        yield Naming.EVERYONE, unknown(f"not-principal:{statement.source.label}")
