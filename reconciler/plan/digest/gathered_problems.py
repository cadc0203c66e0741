"""Gather problems of files: those of one assertion, and those of one kind beyond a number that somebody would read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from reconciler.model.problem import Level, Problem
from reconciler.model.sentence import format_counted, format_list

MOST_WAYS = 3
"""The number of problems of one assertion, and of findings of one kind, up to which each is shown."""

_MOST_OF_A_KIND = 50
"""The number of problems of one kind up to which each is shown. A slip in a generated file may be made thousands of
times."""

_MOST_FILES = 3

OF_ASSERTIONS = ("assertion-failed", "assertion-allowed", "assertion-depends")


def gather_problems(problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems to show, in their order: of each kind the first ones, then one that counts the others."""
    shown: list[Problem | None] = [*gather_assertions(problems)]
    alike: defaultdict[tuple[Level, str], list[int]] = defaultdict(list)
    for index, problem in enumerate(shown):
        if problem and problem.place:
            alike[problem.level, problem.code].append(index)
    for indexes in alike.values():
        first, *others = indexes[_MOST_OF_A_KIND:] or [0]
        if others:
            shown[first] = _count([one for index in (first, *others) if (one := shown[index])])
            for index in others:
                shown[index] = None
    return [problem for problem in shown if problem]


def _count(problems: list[Problem]) -> Problem:
    level, code = problems[0].level, problems[0].code
    summary = f"{len(problems):,} more of this kind ({code}){name_files(problems)}."
    return Problem(level, code, summary, "", "`reconcile validate --format json` lists them.")


def name_files(problems: Iterable[Problem]) -> str:
    """Return ` in a.yaml, b.yaml and 3 more`; an empty text if no problem has a place."""
    files = dict.fromkeys(problem.place.file for problem in problems if problem.place)
    return f" in {format_list(files, _MOST_FILES)}" if files else ""


def gather_assertions(problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems; those of an assertion that many principals break in different ways become one."""
    alike: dict[object, list[Problem]] = {}
    for index, problem in enumerate(problems):
        key = (problem.level, problem.code, problem.place) if problem.code in OF_ASSERTIONS else index
        alike.setdefault(key, []).append(problem)
    return [one for ways in alike.values() for one in (ways if len(ways) <= MOST_WAYS else [_gather_ways(ways)])]


def _gather_ways(ways: list[Problem]) -> Problem:
    """Return one problem for several of one assertion: the first, and who else is concerned."""
    first, *others = ways
    addresses = dict.fromkeys(address for one in others for address in (one.addresses or filter(None, [one.address])))
    names = [str(address) for address in addresses]
    counted = f", for {format_counted(names)}" if names else ""
    more = f"The same assertion has {len(others)} more findings{counted}; --format json lists them."
    every = tuple(dict.fromkeys([*(first.addresses or filter(None, [first.address])), *addresses]))
    return replace(first, hint=f"{first.hint} {more}".strip(), address=None, addresses=every)
