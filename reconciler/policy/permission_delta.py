"""Find the permissions that a change of documents gives and takes, and the phase of a plan that it belongs to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

from reconciler.model.document import Document, Statement
from reconciler.model.effects import PermissionDelta, Statements
from reconciler.model.plan import Phase


def statements_of(documents: Iterable[Document]) -> Statements:
    return frozenset(statement for document in documents for statement in document.statements)


def phase_of_delta(delta: PermissionDelta) -> Phase:
    """Return the phase of a call that makes this change."""
    return _choose_phase(bool(delta.gives), bool(delta.takes), bool(delta.denies), bool(delta.lifts))


def _choose_phase(gives: bool, takes: bool, denies: bool, lifts: bool) -> Phase:
    """Return the phase of a call by its effects.

    A call that removes an Allow waits for the calls that replace it. A call that adds a Deny comes before calls that
    add Allows. A call that gives an Allow, and takes another or lifts a Deny, comes between: after all calls that only
    give, before all that only take. A call that denies and takes waits too, because losing access for a moment is an
    outage. A call that lifts a Deny comes last, when the Allow that the Deny held back may be gone too.
    """
    if gives:
        if takes or lifts:
            return Phase.SWAP
        return Phase.GUARDED if denies else Phase.WIDEN
    if takes:
        return Phase.UNGUARDED if lifts else Phase.NARROW
    if lifts:
        return Phase.RELEASE
    return Phase.RESTRICT if denies else Phase.WIDEN


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
    return frozenset(item for item in some if item.effect == "Deny" and replace(item, sid="") not in bare)


def phase_of(before: Statements, after: Statements) -> Phase:
    """Return the phase of `diff_statements(before, after)`; faster, because it builds no delta."""
    removed, added = before - after, after - before
    gives = any(True for _ in _iter_uncovered((item for item in added if item.effect == "Allow"), before))
    takes = any(True for _ in _iter_uncovered((item for item in removed if item.effect == "Allow"), after))
    return _choose_phase(gives, takes, bool(_subtract_denies(added, removed)), bool(_subtract_denies(removed, added)))


def find_uncovered(some: Iterable[Statement], others: Statements) -> Statements:
    """Return the parts of some statements, by action and resource, that none of the others covers."""
    return frozenset(_iter_uncovered(some, others))


def _iter_uncovered(some: Iterable[Statement], others: Statements) -> Iterator[Statement]:
    for one in some:
        if is_covered(one, others):
            continue
        for by_action in _split_by_action(one):
            if not is_covered(by_action, others):
                yield from (part for part in _split_by_resource(by_action) if not is_covered(part, others))


@lru_cache(maxsize=16384)
def _split_by_action(one: Statement) -> tuple[Statement, ...]:
    divided = not one.not_action and len(one.actions) > 1
    return tuple(replace(one, actions=frozenset([action])) for action in one.actions) if divided else (one,)


@lru_cache(maxsize=16384)
def _split_by_resource(one: Statement) -> tuple[Statement, ...]:
    resources = one.resources or frozenset()
    divided = not one.not_resource and len(resources) > 1
    return tuple(replace(one, resources=frozenset([resource])) for resource in resources) if divided else (one,)


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


@lru_cache(maxsize=4096)
def _index_by_action(statements: Statements) -> Mapping[tuple[str, str], list[Statement]]:
    """Map effect and action to the plain statements that name the action; the action "" maps to all of them."""
    found: defaultdict[tuple[str, str], list[Statement]] = defaultdict(list)
    for one in filter(_is_plain, statements):
        for action in (*one.actions, ""):
            found[one.effect, action].append(one)
    return found


def _is_plain(statement: Statement) -> bool:
    return not (statement.not_principal or statement.not_action or statement.not_resource)
