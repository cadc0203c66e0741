"""What a trust policy says to one principal, by the way in which it names it.

IAM User Guide, "AWS JSON policy elements: Principal" and "…: NotPrincipal". Names match whole: no wildcards but a
lone `*`, which is everyone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from reconciler.access.compiled_policies import ActionStatements, CompiledStatement
from reconciler.access.context import Context
from reconciler.access.principal import Principal, PrincipalMatch
from reconciler.access.verdicts import YES, Answer, StatementSource, Ternary, VerdictReason, all_of, any_of, depends_on


@dataclass(slots=True)
class _AnswerBuilder:
    truths: list[Ternary] = field(default_factory=list)
    sure: list[StatementSource] = field(default_factory=list)
    open_sources: list[StatementSource] = field(default_factory=list)

    def add(self, truth: Ternary, source: StatementSource) -> None:
        self.truths.append(truth)
        if truth.value is not False:
            (self.sure if truth.value else self.open_sources).append(source)

    def build(self, reason: VerdictReason) -> Answer:
        return Answer(any_of(self.truths), tuple(self.sure or self.open_sources), reason)


@dataclass(frozen=True, slots=True)
class TrustAnswers:
    """`allows` holds only the ways in which the trust may let the principal in."""

    allows: dict[PrincipalMatch, Answer]
    deny: Answer


def collect_trust_answers(
    part: ActionStatements, principal: Principal, resource: str, context: Context
) -> TrustAnswers:
    found: dict[PrincipalMatch, _AnswerBuilder] = {}
    for statement in part.allows:
        for naming, named in match_principal(statement, principal):
            truth = all_of((named, statement.applies_to(resource, context)))
            found.setdefault(naming, _AnswerBuilder()).add(truth, statement.source)
    denied = _AnswerBuilder()
    for statement in part.denies:
        for _, named in match_principal(statement, principal):
            denied.add(all_of((named, statement.applies_to(resource, context))), statement.source)
    for source in part.unknown_allows:
        found.setdefault(PrincipalMatch.DIRECT, _AnswerBuilder()).add(depends_on(f"policy:{source.label}"), source)
    for source in part.unknown_denies:
        denied.add(depends_on(f"policy:{source.label}"), source)
    answers = {naming: collected.build(VerdictReason.TRUST) for naming, collected in found.items()}
    allowed = {naming: answer for naming, answer in answers.items() if answer.truth.value is not False}
    return TrustAnswers(allowed, denied.build(VerdictReason.EXPLICIT))


def match_principal(statement: CompiledStatement, principal: Principal) -> Iterator[tuple[PrincipalMatch, Ternary]]:
    """How the statement names the principal, and whether it does for certain."""
    named = statement.statement.principals or frozenset()
    if statement.statement.not_principal:
        yield from _match_not_principal(statement, principal)
        return
    for name in principal.names.keys() & named:
        naming = principal.names[name]
        yield PrincipalMatch.BY_ARN if naming is PrincipalMatch.EVERYONE and statement.picks_by_arn else naming, YES
    if principal.possible_name_prefixes:
        for kind, value in named:
            if (
                kind == "AWS"
                and value.startswith(principal.possible_name_prefixes)
                and (kind, value) not in principal.names
            ):
                yield PrincipalMatch.DIRECT, depends_on(f"principal:{value}")


def _match_not_principal(
    statement: CompiledStatement, principal: Principal
) -> Iterator[tuple[PrincipalMatch, Ternary]]:
    """NotPrincipal leaves a principal out for certain where it names it, its role and its account.

    Naming only some of these "might" not be enough (IAM User Guide, "…: NotPrincipal").
    """
    named = statement.statement.principals or frozenset()
    listed = {naming for name, naming in principal.names.items() if name in named}
    wanted = set(principal.names.values()) - {PrincipalMatch.EVERYONE}
    if not listed:
        yield PrincipalMatch.EVERYONE, YES
    elif PrincipalMatch.EVERYONE not in listed and wanted - listed:
        yield PrincipalMatch.EVERYONE, depends_on(f"not-principal:{statement.source.label}")
