"""Put the breaches of an assertion into problems: one for all principals that break it in the same way."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.model.access_answers import DecidingStatement
from reconciler.model.address import Address
from reconciler.model.assertions import Assertion, AssertionForm
from reconciler.model.problem import Level, Place, Problem
from reconciler.model.sentence import format_counted, format_list, is_external
from reconciler.plan.assertions.account import MFA
from reconciler.plan.assertions.allowed_names import FLAG
from reconciler.plan.assertions.breach import Breach

_MAX_NAMED = 3


def describe_breaches(
    assertion: Assertion,
    breaches: Iterable[Breach],
    places: Mapping[Address, Place],
    *,
    allowed: bool,
    broken_before: frozenset[str],
) -> Iterator[Problem]:
    """Yield a problem for each way in which an assertion fails, or cannot be decided.

    places: the lines that declare the principals. allowed: a flag allows it this once.
    broken_before: the principals that broke it before the plan, too.
    """
    ways: defaultdict[object, list[Breach]] = defaultdict(list)
    for breach in breaches:
        ways[replace(breach, principal=""), breach.principal in broken_before].append(breach)
    for alike in ways.values():
        names = [breach.principal for breach in alike]
        first = _add_own_place(alike[0], places) if len(alike) == 1 else alike[0]
        if not first.is_certain:
            yield _build_warning(assertion, first, names)
        else:
            yield _build_failure(assertion, first, names, allowed, first.principal in broken_before)


def _add_own_place(breach: Breach, places: Mapping[Address, Place]) -> Breach:
    """Return a breach whose statements without a line have that of the principal, which holds their policies."""
    place = None if is_external(breach.principal) else places.get(Address.parse(breach.principal))
    return replace(breach, statements=tuple(replace(one, place=one.place or place) for one in breach.statements))


def _build_failure(
    assertion: Assertion, breach: Breach, names: Sequence[str], allowed: bool, was_broken: bool
) -> Problem:
    details = [f"The reason for the assertion: {assertion.why}."] if assertion.why else []
    detail = " ".join([*details, *(["It was broken before this plan, too."] if was_broken else [])])
    access, place = _describe_access(assertion, breach, names), assertion.place
    if allowed:
        summary = f"Assertion {assertion.name} fails, but --allow-assertion allows it this once: {access}."
        return Problem(Level.WARNING, "assertion-allowed", summary, detail, "", place, *_find_addresses(names, ""))
    summary, flag = f"Assertion {assertion.name} fails: {access}.", f"{FLAG} {shlex.quote(assertion.name)}"
    hint = _advise(assertion, flag)
    return Problem(Level.ERROR, "assertion-failed", summary, detail, hint, place, *_find_addresses(names, flag))


def _build_warning(assertion: Assertion, breach: Breach, names: Sequence[str]) -> Problem:
    access = _describe_access(assertion, replace(breach, facts=(), is_certain=True), names, maybe=True)
    facts = format_list(breach.facts or ("what is not known",), _MAX_NAMED)
    summary = f"Assertion {assertion.name} cannot be decided: {access}, depending on {facts}."
    hint = "Write `with_mfa: true` if it is about requests with MFA." if breach.facts == (MFA,) else ""
    detail = f"The reason for the assertion: {assertion.why}." if assertion.why else ""
    return Problem(
        Level.WARNING, "assertion-depends", summary, detail, hint, assertion.place, *_find_addresses(names, "")
    )


def _find_addresses(names: Sequence[str], flag: str) -> tuple[Address | None, str, tuple[Address, ...]]:
    """Return the address, the flag and the addresses of a problem about some principals."""
    own = tuple(Address.parse(name) for name in names if not is_external(name))
    return (own[0], flag, ()) if len(own) == 1 and len(names) == 1 else (None, flag, own)


def _describe_access(assertion: Assertion, breach: Breach, names: Sequence[str], *, maybe: bool = False) -> str:
    """Return `user/bob can iam:CreateUser on * by policy/admin (roles.yaml:41)`."""
    demands = assertion.form is AssertionForm.CAN
    verb = ("may not be able to" if maybe else "cannot") if demands else ("may be able to" if maybe else "can")
    what = f"{'use ' if maybe else ''}{breach.action} on {breach.resource}"
    if breach.action == "sts:AssumeRole" and breach.resource.startswith("role/"):
        what = f"assume {breach.resource}"
    text = f"{format_counted(names)} {verb} {what}"
    if breach.chain and assertion.form is not AssertionForm.CAN:
        start = names[:1] if len(names) == 1 else []
        text += f" by way of {' → '.join([*start, *breach.chain])}"
    if breach.terms:
        text += f", {', '.join(breach.terms)},"
    if breach.reason:
        return f"{text}: {breach.reason}{_list_statements(breach.statements, ' by ')}"
    cause = " because of " if demands else " by "
    return f"{text}{_list_statements(breach.statements, cause)}".removesuffix(",")


def _list_statements(statements: Sequence[DecidingStatement], before: str) -> str:
    """Return the policies that decide, each with the line of its statement."""
    texts = dict.fromkeys(map(_name_statement, statements))
    return f"{before}{format_list(texts, _MAX_NAMED)}" if texts else ""


def _name_statement(statement: DecidingStatement) -> str:
    name = f"{statement.policy} statement {statement.sid}" if statement.sid else statement.policy
    return f"{name} ({statement.place.file}:{statement.place.line})" if statement.place else name


def _advise(assertion: Assertion, flag: str) -> str:
    key = "`assumable_only_by`" if assertion.form is AssertionForm.ENTRANTS else "`except`"
    change = "Grant this access" if assertion.form is AssertionForm.CAN else "Remove this access"
    return f"{change}, add the principal to {key}, or pass {flag} this once."
