"""Say in words, and as rows of the plan, by which ways a principal comes to administrator power."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.access import (
    ASSUME_PATH,
    EscalationPath,
    NamedPower,
    Power,
    PowerGraph,
    Principal,
    Verdict,
    can_assume,
    load_paths,
)
from reconciler.model.plan import PrincipalPower
from reconciler.plan.access.assume_words import describe_dependency
from reconciler.plan.access.power_mfa import demands_mfa
from reconciler.policy.global_keys import MFA_KEYS

_MAX_ROWS = 5
"""A way over more resources than this becomes one row with a count."""
MAX_TARGETS = 50
_MAX_CHAIN_WORDS = 6
"""A longer chain is shortened in words."""

NameOf = Callable[[str], str]
"""Returns the name to show for an ARN."""


@dataclass(frozen=True, slots=True)
class NewWays:
    """The ways of one principal that the other side of a plan lacks.

    principal: None if it does not exist on this side. powers: on all resources of a type, or on its own.
    named: over single resources. assumable: the roles that lead to the power, as a set of bits of the graph.
    """

    principal: Principal
    powers: Sequence[Power]
    named: Sequence[NamedPower] = ()
    assumable: int = 0


def build_rows(ways: NewWays, graph: PowerGraph | None, name_of: NameOf) -> Iterator[PrincipalPower]:
    """Yield a row for each way; a way over at most five single resources has a row for each of them."""
    roles = graph.list_roles(ways.assumable) if graph is not None else []
    named = list(ways.named)
    assume = next(path for path in load_paths() if path.id == ASSUME_PATH)
    named += [NamedPower(assume, role.arn, can_assume(ways.principal, role)) for role in roles[:MAX_TARGETS]]
    for power in ways.powers:
        if power.path is not None:
            yield _build_broad_row(ways.principal, power, power.path, name_of)
    by_path: dict[str, list[NamedPower]] = {}
    for item in named:
        by_path.setdefault(item.path.id, []).append(item)
    for listed in by_path.values():
        if graph is not None:
            count = len(roles) if listed[0].path is assume else len(listed)
            yield from _build_named_rows(ways.principal, listed, count, graph, name_of)


def _build_broad_row(principal: Principal, power: Power, path: EscalationPath, name_of: NameOf) -> PrincipalPower:
    own = tuple(map(name_of, power.own_targets))
    own_target = power.own_targets[0] if power.own_targets else ""
    terms = _describe_keys(power.verdict, mfa=demands_mfa(principal, path, power.verdict, own_target))
    reason = describe_broad_way(name_of(principal.arn), path, own) + terms
    return PrincipalPower(name_of(principal.arn), path.name, str(path.grade), path.id, path.actions, own, reason)


def describe_broad_way(principal: str, path: EscalationPath, own: tuple[str, ...]) -> str:
    """Return a way on all resources of a type in words. own: those of the principal if it holds on these alone."""
    target = _join_names(own) or f"any {path.resource_word}"
    return path.reason.replace("{target}", "itself" if own == (principal,) else target)


def _build_named_rows(
    principal: Principal, listed: list[NamedPower], count: int, graph: PowerGraph, name_of: NameOf
) -> Iterator[PrincipalPower]:
    path = listed[0].path
    if count <= _MAX_ROWS:
        for item in listed:
            chain, end = find_chain(item, graph)
            names = list(map(name_of, chain))
            yield PrincipalPower(
                name_of(principal.arn),
                f"{path.name} on {names[0]}",
                str(path.grade),
                path.id,
                path.actions,
                tuple(shorten_names(names, MAX_TARGETS)),
                describe_way(name_of(principal.arn), path, names, end) + _describe_terms(principal, item, graph),
            )
        return
    names = sorted(name_of(item.target) for item in listed)
    nearest = min(listed, key=lambda item: (len(find_chain(item, graph)[0]), name_of(item.target)))
    chain, end = find_chain(nearest, graph)
    shown = describe_way(name_of(principal.arn), path, list(map(name_of, chain)), end)
    only_administrators = all(find_chain(item, graph) == ([item.target], "") for item in listed)
    noun = "administrators" if only_administrators and path.named != "any" else f"{path.resource_word}s"
    yield PrincipalPower(
        name_of(principal.arn),
        f"{path.name} on {count} {noun}",
        str(path.grade),
        path.id,
        path.actions,
        tuple(names[:MAX_TARGETS]),
        f"{shown}, and so for {count - 1} more{_describe_terms(principal, nearest, graph)}",
    )


def find_chain(item: NamedPower, graph: PowerGraph) -> tuple[list[str], str]:
    """Return the ARNs from the target of a way to the last one, and the path of the last one, if any."""
    return ([item.target], "") if item.path.named == "any" else graph.chain_of(item.target)


def describe_way(principal: str, path: EscalationPath, names: list[str], end: str) -> str:
    """Return the way in words. names: from the target to the last one. end: the path of the last one, if any."""
    tail = f", which {describe_end(end)}" if end else ""
    if path.id == ASSUME_PATH:
        return " → ".join(shorten_names([principal, *names], _MAX_CHAIN_WORDS)) + tail
    words = path.reason.replace("{target}", names[0])
    if len(names) > 1:
        return f"{words}: {' → '.join(shorten_names(names, _MAX_CHAIN_WORDS))}{tail}"
    return words + tail


def describe_end(path_id: str) -> str:
    path = next(path for path in load_paths() if path.id == path_id)
    return f"{path.reason.replace('{target}', f'any {path.resource_word}')} ({path.id})"


def shorten_names(names: Sequence[str], most: int) -> list[str]:
    """Return the names; of too many, the first and the last ones with a count between them."""
    if len(names) <= most:
        return list(names)
    first, last = (most - 1) // 2 + (most - 1) % 2, (most - 1) // 2
    return [*names[:first], f"… {len(names) - first - last} more …", *names[len(names) - last :]]


def _join_names(names: Sequence[str]) -> str:
    return ", ".join(shorten_names(names, _MAX_CHAIN_WORDS))


def _describe_terms(principal: Principal, power: NamedPower, graph: PowerGraph) -> str:
    role = graph.account.targets.get(power.target) if power.path.id == ASSUME_PATH else None
    mfa = demands_mfa(principal, power.path, power.verdict, role or power.target)
    return _describe_keys(power.verdict, mfa=mfa)


def _describe_keys(verdict: Verdict, *, mfa: bool) -> str:
    """Return `, with MFA, depending on …`, as far as these apply. mfa: the way is open with MFA only."""
    keys = sorted(map(describe_dependency, verdict.keys - MFA_KEYS if mfa else verdict.keys))
    depending = f", depending on {', '.join(keys)}" if keys else ""
    return f", with MFA{depending}" if mfa else depending


def name_targets(names: Mapping[str, str]) -> NameOf:
    """Return the function that names ARNs. names: maps the ARNs of users, roles and groups to the names to show."""

    def name_of(arn: str) -> str:
        known = names.get(arn)
        if known is not None:
            return known
        kind, _, rest = arn.split(":", 5)[-1].partition("/")
        return f"{kind}/{rest.rpartition('/')[2]}"

    return name_of
