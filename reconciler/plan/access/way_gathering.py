"""Make ways to administrator power of their first steps: those over many resources on the same terms are one way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from reconciler.access import NamedPower
from reconciler.model.admin_ways import AdminWay, WayHop
from reconciler.model.role_access import AccessTerms
from reconciler.plan.access.power_rows import MAX_TARGETS, describe_way, find_chain, shorten_names
from reconciler.plan.access.way_hops import MAX_STEPS, LaterSteps, WayHops, join_terms

_MAX_SINGLE = 5
"""A way over more resources on the same terms than this becomes one with a count."""

FirstStep = tuple[NamedPower, WayHop]
_Steps = tuple[WayHop, ...]


def gather_ways(hops: WayHops, subject: str, steps: Iterable[FirstStep]) -> Iterator[AdminWay]:
    """Yield the ways that begin with these steps. subject: the name of the principal; `each` for several."""
    by_terms: defaultdict[tuple[str, AccessTerms], list[tuple[NamedPower, _Steps]]] = defaultdict(list)
    for power, first in steps:
        later = LaterSteps() if power.path.named == "any" else hops.follow(power.target)
        terms = join_terms([first.terms, later.terms])
        by_terms[power.path.id, terms].append((power, (first, *later.hops[: MAX_STEPS - 1])))
    for (_, terms), listed in by_terms.items():
        listed.sort(key=lambda one: (len(one[1]), hops.name_of(one[0].target)))
        ways = [_build_way(hops, subject, power, way, terms) for power, way in listed[:_MAX_SINGLE]]
        if len(listed) > _MAX_SINGLE:
            path, nearest = listed[0][0].path, ways[0]
            ways = [
                AdminWay(
                    path.id,
                    f"{path.name} on {len(listed)} {path.resource_word}s",
                    path.actions,
                    tuple(hops.name_of(power.target) for power, _ in listed[:MAX_TARGETS]),
                    f"{nearest.reason}, and so for {len(listed) - 1} more",
                    terms,
                    nearest.hops,
                    len(listed),
                )
            ]
        yield from ways


def _build_way(hops: WayHops, subject: str, power: NamedPower, steps: _Steps, terms: AccessTerms) -> AdminWay:
    chain, end = find_chain(power, hops.graph)
    names, path = [hops.name_of(arn) for arn in chain], power.path
    return AdminWay(
        path.id,
        f"{path.name} on {names[0]}",
        path.actions,
        tuple(shorten_names(names, MAX_TARGETS)),
        describe_way(subject, path, names, end),
        terms,
        steps,
        1,
    )
