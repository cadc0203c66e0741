"""Find the permissions that a change of documents gives and takes, and the phase of a plan that it belongs to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from reconciler.model.account_caches import cache_for_account
from reconciler.model.document import Document, Statement
from reconciler.model.effects import PermissionDelta, Statements
from reconciler.model.plan import Phase


def statements_of(documents: Iterable[Document]) -> Statements:
    return frozenset(statement for document in documents for statement in document.statements)


def phase_of_delta(delta: PermissionDelta) -> Phase:
    """Return the phase of a call that makes this change.

    A call that removes an Allow or a Deny comes after the calls that may replace it. A call that also gives an Allow
    comes between those that only add and those that only remove.
    """
    if delta.takes or delta.lifts:
        return Phase.SWAP if delta.gives else Phase.NARROW
    return Phase.WIDEN


def diff_statements(before: Statements, after: Statements) -> PermissionDelta:
    """Return the effect of a change from one set of statements to another."""
    removed, added = before - after, after - before
    return PermissionDelta(
        gives=find_uncovered((item for item in added if item.effect == "Allow"), before),
        takes=find_uncovered((item for item in removed if item.effect == "Allow"), after),
        denies=_subtract_denies(added, removed),
        lifts=_subtract_denies(removed, added),
    )


def _subtract_denies(some: Statements, others: Statements) -> Statements:
    """Return the Denies of one side that the other side lacks; a change of the Sid alone does not count."""
    bare = {replace(item, sid="") for item in others}
    return frozenset(item for item in some if item.effect == "Deny" and not (bare and replace(item, sid="") in bare))


def find_uncovered(some: Iterable[Statement], others: Statements) -> Statements:
    """Return the parts of some statements, by action and resource, that none of the others covers."""
    if not others:
        return split_statements(frozenset(some))
    return frozenset(
        part
        for one in some
        if not is_covered(one, others)
        for by_action in _split_by_action(one)
        if not is_covered(by_action, others)
        for part in _split_by_resource(by_action)
        if not is_covered(part, others)
    )


@cache_for_account(maxsize=16384)
def _split_by_action(one: Statement) -> tuple[Statement, ...]:
    divided = not one.not_action and len(one.actions) > 1
    return tuple(replace(one, actions=frozenset([action])) for action in one.actions) if divided else (one,)


@cache_for_account(maxsize=16384)
def _split_by_resource(one: Statement) -> tuple[Statement, ...]:
    resources = one.resources or frozenset()
    divided = not one.not_resource and len(resources) > 1
    return tuple(replace(one, resources=frozenset([resource])) for resource in resources) if divided else (one,)


@cache_for_account(maxsize=16384)
def split_statements(statements: Statements) -> Statements:
    """Return one statement for each action and resource."""
    return frozenset(
        part for one in statements for by_action in _split_by_action(one) for part in _split_by_resource(by_action)
    )


def is_covered(old: Statement, candidates: Statements) -> bool:
    """Return whether one candidate with the same effect covers all of `old`: no element is smaller."""
    if not candidates or not _is_plain(old):
        return False
    return any(
        old.actions <= new.actions
        and (old.resources or frozenset()) <= (new.resources or frozenset())
        and (old.principals or frozenset()) <= (new.principals or frozenset())
        and new.conditions <= old.conditions
        for new in _index_by_action(candidates).get((old.effect, next(iter(old.actions), "")), ())
    )


@cache_for_account(maxsize=4096)
def _index_by_action(statements: Statements) -> Mapping[tuple[str, str], list[Statement]]:
    """Map effect and action to the plain statements that name the action; the action "" maps to all of them."""
    found: defaultdict[tuple[str, str], list[Statement]] = defaultdict(list)
    for one in filter(_is_plain, statements):
        for action in (*one.actions, ""):
            found[one.effect, action].append(one)
    return found


def _is_plain(statement: Statement) -> bool:
    return not (statement.not_principal or statement.not_action or statement.not_resource)
