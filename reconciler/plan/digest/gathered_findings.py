"""Gather findings of one kind, or of one assertion, about many entities into one, with three examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from reconciler.model.plan import Plan
from reconciler.model.problem import Level, Problem
from reconciler.plan.digest.detail import Detail
from reconciler.plan.digest.gathered_problems import MOST_WAYS, OF_ASSERTIONS, gather_assertions, name_files

_MOST_ERRORS = 20
"""The number of errors of one kind, and of assertions, up to which each is shown; other findings have `MOST_WAYS`."""

_EXAMPLES = 3

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
        is_placed = finding.address is not None or finding.place is not None
        key = (finding.level, finding.code) if is_placed and not finding.flag else index
        alike.setdefault(key, []).append(finding)
    shown: list[Problem] = []
    for findings in alike.values():
        is_each_read = findings[0].level is Level.ERROR or findings[0].code in OF_ASSERTIONS
        most = _MOST_ERRORS if is_each_read else MOST_WAYS
        shown += findings if len(findings) <= most else [_gather(findings, plan)]
    return _put_errors_last(shown)


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
    which = f": {_list_examples(more)}" if more else name_files(findings[1:])
    others = f" And {len(findings) - 1:,} more of this kind ({first.code}){which}; --full lists them."
    return replace(first, hint=f"{first.hint}{others}".strip(), addresses=addresses)


def _count_users(number: int, plan: Plan) -> str:
    total = plan.user_count
    return f"{number} of {total} users" if total is not None and total >= number else f"{number} users"


def _list_examples(names: Sequence[str]) -> str:
    return f"{', '.join(names[:_EXAMPLES])}{' …' if len(names) > _EXAMPLES else ''}"
