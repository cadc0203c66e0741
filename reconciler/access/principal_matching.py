"""Collect the answers of a trust policy to one principal, one for each way in which the trust names it.

IAM User Guide, "AWS JSON policy elements: Principal" and "…: NotPrincipal". Names match as a whole. The only wildcard
is a lone `*`, which means everyone.
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
    """Collects the statements behind one answer: those that apply for sure, and those that may."""

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
    """The answers of a trust policy to one principal.

    allows: by the way of naming; ways in which the trust surely does not allow are left out.
    deny: the answer of its Deny statements.
    """

    allows: dict[PrincipalMatch, Answer]
    deny: Answer


def collect_trust_answers(
    part: ActionStatements, principal: Principal, resource: str, context: Context
) -> TrustAnswers:
    """Return the answers of the trust statements for one action to a principal."""
    builders: dict[PrincipalMatch, _AnswerBuilder] = {}
    for statement in part.allows:
        for naming, certainty in match_principal(statement, principal):
            truth = all_of((certainty, statement.applies_to(resource, context)))
            builders.setdefault(naming, _AnswerBuilder()).add(truth, statement.source)
    denied = _AnswerBuilder()
    for statement in part.denies:
        for _, certainty in match_principal(statement, principal):
            denied.add(all_of((certainty, statement.applies_to(resource, context))), statement.source)
    for source in part.unknown_allows:
        builders.setdefault(PrincipalMatch.DIRECT, _AnswerBuilder()).add(depends_on(f"policy:{source.label}"), source)
    for source in part.unknown_denies:
        denied.add(depends_on(f"policy:{source.label}"), source)
    answers = {naming: collected.build(VerdictReason.TRUST) for naming, collected in builders.items()}
    allowed = {naming: answer for naming, answer in answers.items() if answer.truth.value is not False}
    return TrustAnswers(allowed, denied.build(VerdictReason.EXPLICIT))


def match_principal(statement: CompiledStatement, principal: Principal) -> Iterator[tuple[PrincipalMatch, Ternary]]:
    """Yield each way in which a statement names the principal, and how certain that is."""
    principals = statement.statement.principals or frozenset()
    if statement.statement.not_principal:
        yield from _match_not_principal(statement, principal)
        return
    for name in principal.names.keys() & principals:
        naming = principal.names[name]
        yield PrincipalMatch.BY_ARN if naming is PrincipalMatch.EVERYONE and statement.picks_by_arn else naming, YES
    if principal.possible_name_prefixes:
        for kind, value in principals:
            if (
                kind == "AWS"
                and value.startswith(principal.possible_name_prefixes)
                and (kind, value) not in principal.names
            ):
                yield PrincipalMatch.DIRECT, depends_on(f"principal:{value}")


def _match_not_principal(
    statement: CompiledStatement, principal: Principal
) -> Iterator[tuple[PrincipalMatch, Ternary]]:
    """Yield the way in which a NotPrincipal statement means the principal.

    It surely excludes a principal if it names the principal, its role and its account. To name only some of these
    "might" not be enough. A Deny means every principal that has a boundary, whatever it names (IAM User Guide,
    "…: NotPrincipal").
    """
    if statement.statement.effect == "Deny" and principal.boundary is not None:
        yield PrincipalMatch.EVERYONE, YES
        return
    principals = statement.statement.principals or frozenset()
    listed = {naming for name, naming in principal.names.items() if name in principals}
    needed = set(principal.names.values()) - {PrincipalMatch.EVERYONE}
    if not listed:
        yield PrincipalMatch.EVERYONE, YES
    elif PrincipalMatch.EVERYONE not in listed and needed - listed:
        yield PrincipalMatch.EVERYONE, depends_on(f"not-principal:{statement.source.label}")
