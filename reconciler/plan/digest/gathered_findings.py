"""Gather findings of one kind, or of one assertion, about many entities into one, with three examples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from reconciler.model.plan import Plan
from reconciler.model.problem import Level, Problem
from reconciler.model.sentence import format_counted
from reconciler.plan.digest.detail import Detail

_MOST_ALIKE = 3
"""The number of findings of one kind up to which each is shown; errors have `_MOST_ERRORS`."""

_MOST_ERRORS = 20
_EXAMPLES = 3

_OF_ASSERTIONS = ("assertion-failed", "assertion-allowed", "assertion-depends")

_SENTENCES: Mapping[str, tuple[str, str]] = {
    "user-without-mfa-device": ("have no MFA device", "`reconcile mfa status` lists them."),
    "user-without-login-profile": ("have `console: true`, but no password", "`--full` lists them."),
}
"""Code → the words after "42 of 300 users", and the way to see all."""


def gather_findings(plan: Plan, detail: Detail) -> list[Problem]:
    """Return the findings to show: errors last, each kind at the place of its first finding."""
    if detail is Detail.FULL:
        return _put_errors_last(plan.findings)
    alike: dict[object, list[Problem]] = {}
    for index, finding in enumerate(gather_assertions(plan.findings)):
        key = (finding.level, finding.code) if finding.address and not finding.flag else index
        alike.setdefault(key, []).append(finding)
    shown: list[Problem] = []
    for findings in alike.values():
        most = _MOST_ERRORS if findings[0].level is Level.ERROR else _MOST_ALIKE
        shown += findings if len(findings) <= most else [_gather(findings, plan)]
    return _put_errors_last(shown)


def gather_assertions(problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems; those of an assertion that many principals break in different ways become one."""
    alike: dict[object, list[Problem]] = {}
    for index, problem in enumerate(problems):
        key = (problem.level, problem.code, problem.place) if problem.code in _OF_ASSERTIONS else index
        alike.setdefault(key, []).append(problem)
    return [one for ways in alike.values() for one in (ways if len(ways) <= _MOST_ALIKE else [_gather_ways(ways)])]


def _gather_ways(ways: list[Problem]) -> Problem:
    """Return one problem for several of one assertion: the first, and who else is concerned."""
    first, *others = ways
    addresses = dict.fromkeys(address for one in others for address in (one.addresses or filter(None, [one.address])))
    names = [str(address) for address in addresses]
    counted = f", for {format_counted(names)}" if names else ""
    more = f"The same assertion has {len(others)} more findings{counted}; --format json lists them."
    every = tuple(dict.fromkeys([*(first.addresses or filter(None, [first.address])), *addresses]))
    return replace(first, hint=f"{first.hint} {more}".strip(), address=None, addresses=every)


def _put_errors_last(findings: Sequence[Problem]) -> list[Problem]:
    return sorted(findings, key=lambda finding: finding.level is Level.ERROR)


def _gather(findings: list[Problem], plan: Plan) -> Problem:
    """Return one finding for several of one kind."""
    first = findings[0]
    addresses = tuple(dict.fromkeys(finding.address for finding in findings if finding.address))
    names = [address.name if address.kind == "user" else str(address) for address in addresses]
    if first.code in _SENTENCES and all(address.kind == "user" for address in addresses):
        words, hint = _SENTENCES[first.code]
        summary = f"{_count_users(len(addresses), plan)} {words}: {_list_examples(names)}."
        return replace(first, summary=summary, detail="", hint=hint, place=None, address=None, addresses=addresses)
    more = [str(address) for address in addresses if address != first.address]
    others = f" And {len(findings) - 1} more of this kind ({first.code}): {_list_examples(more)}; --full lists them."
    return replace(first, hint=f"{first.hint}{others}".strip(), addresses=addresses)


def _count_users(number: int, plan: Plan) -> str:
    known = plan.after.entities if plan.after and plan.after.known_addresses is None else ()
    total = sum(address.kind == "user" for address in known)
    return f"{number} of {total} users" if total >= number else f"{number} users"


def _list_examples(names: Sequence[str]) -> str:
    return f"{', '.join(names[:_EXAMPLES])}{' …' if len(names) > _EXAMPLES else ''}"
