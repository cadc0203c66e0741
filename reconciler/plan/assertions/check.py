"""Check all assertions of a file: on the file alone (`validate`), or on the account after a plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from reconciler.access import NOTHING_KNOWN
from reconciler.model.address import Address
from reconciler.model.assertions import Assertion, AssertionForm
from reconciler.model.desired import Desired
from reconciler.model.guardrails import Guardrails
from reconciler.model.live import State
from reconciler.model.permissions import ActionCatalogue
from reconciler.model.problem import Level, Place, Problem
from reconciler.plan.assertions.account import JudgedAccount, list_known_contexts
from reconciler.plan.assertions.allowed_names import find_unknown_names
from reconciler.plan.assertions.breach import Breach
from reconciler.plan.assertions.entrants import EntrantJudge
from reconciler.plan.assertions.judge import PermissionJudge
from reconciler.plan.assertions.words import describe_breaches
from reconciler.plan.guards.draft import Draft


def check_plan(draft: Draft, catalogue: ActionCatalogue | None) -> list[Problem]:
    """Return what is wrong with the assertions after a plan. A part of the account decides nothing: none is returned.

    catalogue: AWS's list of actions; None: only the patterns of policies are compared.
    """
    assertions, allowed = draft.desired.assertions, draft.options.allow_assertions
    names = [one.name for one in assertions]
    problems = [] if draft.options.is_of_many else list(find_unknown_names(names, allowed))
    if not assertions or draft.baseline.known_addresses is not None:
        return problems
    guardrails, places = draft.desired.state.guardrails, draft.desired.places
    choose_after = _choose_account(draft.after, guardrails, catalogue, places)
    choose_before = _choose_account(draft.live, guardrails, catalogue, {})
    old_names = {str(new): str(old) for new, old in draft.renames.items()}
    for one in assertions:
        after, before = choose_after(one), choose_before(one)
        breaches = _judge(one, after)
        failing = {breach.principal for breach in breaches if breach.is_certain}
        was = _find_broken(one, before, old_names, failing) if failing else frozenset[str]()
        problems += describe_breaches(one, breaches, after.places, allowed=one.name in allowed, broken_before=was)
        problems += _find_unused(one, after, is_whole=True)
    return problems


def check_files(
    desired: Desired, catalogue: ActionCatalogue | None, allowed: frozenset[str] = frozenset()
) -> list[Problem]:
    """Return what is wrong with the assertions of files, as far as the files show it.

    allowed: the names of those that may fail.
    """
    problems: list[Problem] = []
    choose = _choose_account(desired.state, desired.state.guardrails, catalogue, desired.places)
    for one in desired.assertions:
        account = choose(one)
        breaches = _judge(one, account)
        problems += describe_breaches(
            one, breaches, account.places, allowed=one.name in allowed, broken_before=frozenset()
        )
        problems += _find_unused(one, account, is_whole=False)
    return problems


def _choose_account(
    state: State, guardrails: Guardrails | None, catalogue: ActionCatalogue | None, places: Mapping[Address, Place]
) -> Callable[[Assertion], JudgedAccount]:
    """Return a function that gives the account that an assertion is judged on.

    Guardrails count for `can` alone: the same file names them, and must not satisfy an assertion by one.
    """
    free = JudgedAccount(replace(state, guardrails=None), catalogue, places)
    bound = JudgedAccount(replace(state, guardrails=guardrails), catalogue, places) if guardrails else free
    return lambda assertion: bound if assertion.form is AssertionForm.CAN else free


def _judge(assertion: Assertion, account: JudgedAccount) -> list[Breach]:
    """Return the breaches by all kinds of requests, each principal once; one that is certain wins."""
    judge = EntrantJudge if assertion.form is AssertionForm.ENTRANTS else PermissionJudge
    breaches: dict[str, Breach] = {}
    for known in list_known_contexts(assertion):
        for breach in judge(account, assertion, known).find_breaches():
            other = breaches.get(breach.principal)
            if other is None or (breach.is_certain and not other.is_certain):
                breaches[breach.principal] = breach
    return list(breaches.values())


def _find_broken(
    assertion: Assertion, before: JudgedAccount, old_names: Mapping[str, str], failing: set[str]
) -> frozenset[str]:
    """Return those of the failing principals that broke the assertion before the plan."""
    broken = {breach.principal for breach in _judge(assertion, before) if breach.is_certain}
    return frozenset(name for name in failing if old_names.get(name, name) in broken)


def _find_unused(assertion: Assertion, account: JudgedAccount, *, is_whole: bool) -> Iterator[Problem]:
    """Yield a warning for each pattern that means nobody and nothing.

    is_whole: the whole account is known. Files alone may leave out whom an exception means.
    """
    subjects = account.subjects
    about_roles = assertion.form is AssertionForm.ENTRANTS
    patterns = [] if about_roles else [("who", one) for one in subjects.find_unmatched(assertion.who)]
    if is_whole:
        key = "assumable_only_by" if about_roles else "except"
        patterns += [(key, one) for one in subjects.find_unmatched(assertion.outside) if not _is_outside(one)]
    key = "role" if about_roles else "on"
    found = subjects.find_resources(assertion.resources)
    patterns += [(key, pattern) for pattern, arns in found.items() if arns == ()]
    where = "in the account" if is_whole else "in the files"
    summaries = [f"{pattern!r} in `{key}` matches nothing {where}." for key, pattern in patterns]
    idle = [] if about_roles else _find_idle_resources(assertion, account)
    summaries += [f"none of its actions works on {pattern!r}." for pattern in idle if found[pattern] != ()]
    for summary in summaries:
        hint = "The assertion checks nothing by this pattern: correct it, or remove it."
        text = f"Assertion {assertion.name}: {summary}"
        yield Problem(Level.WARNING, "assertion-unused", text, "", hint, assertion.place)


def _find_idle_resources(assertion: Assertion, account: JudgedAccount) -> list[str]:
    """Return the resources that no action of the assertion can name, such as a bucket for s3:GetObject."""
    parts = ((one, replace(assertion, resources=(one,))) for one in assertion.resources)
    return [pattern for pattern, part in parts if not PermissionJudge(account, part, NOTHING_KNOWN).has_requests()]


def _is_outside(pattern: str) -> bool:
    """Return whether a pattern may mean a principal outside the account, which nothing here can show."""
    return "/" not in pattern or pattern.startswith(("arn:", "oidc-provider/", "saml-provider/"))
