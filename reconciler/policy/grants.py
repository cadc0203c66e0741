"""What a change of documents gives and takes, so that a step lands in the phase its content calls for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from reconciler.model.document import Document, Statement
from reconciler.model.plan import Phase

Statements = frozenset[Statement]
NOTHING: Statements = frozenset()


def statements_of(documents: Iterable[Document]) -> Statements:
    return frozenset(statement for document in documents for statement in document.statements)


@dataclass(frozen=True, slots=True)
class Shift:
    """What a change gives and takes, as Allow statements; `denies`: the Denies that it adds, `lifts`: that go."""

    gives: Statements
    takes: Statements
    denies: Statements
    lifts: Statements

    @property
    def phase(self) -> Phase:
        """Taking an Allow away waits for what replaces it; a new Deny goes on before new Allows.

        One call that gives an Allow, and takes another or lifts a Deny, stands between the two: after all that
        only give, before all that only take. One that denies and takes waits as well: losing access for a moment
        is an outage. A Deny that goes is last, when the Allow that it held back may be gone too.
        """
        if self.gives:
            if self.takes or self.lifts:
                return Phase.SWAP
            return Phase.GUARDED if self.denies else Phase.WIDEN
        if self.takes:
            return Phase.UNGUARDED if self.lifts else Phase.NARROW
        if self.lifts:
            return Phase.RELEASE
        return Phase.RESTRICT if self.denies else Phase.WIDEN


def shift_of(before: Statements, after: Statements) -> Shift:
    gone, new = before - after, after - before
    return Shift(
        gives=uncovered((item for item in new if item.effect == "Allow"), before),
        takes=uncovered((item for item in gone if item.effect == "Allow"), after),
        denies=_denies(new, gone),
        lifts=_denies(gone, new),
    )


def _denies(some: Statements, others: Statements) -> Statements:
    """The Denies of one side; those that only change their Sid are none."""
    bare = {replace(item, sid="") for item in others}
    return frozenset(item for item in some if item.effect == "Deny" and replace(item, sid="") not in bare)


def phase_of(before: Statements, after: Statements) -> Phase:
    return shift_of(before, after).phase


def uncovered(some: Iterable[Statement], others: Statements) -> Statements:
    """What some statements say and no other one does: those of their actions, and of the resources of these."""
    by_action = (part for one in some if not covered(one, others) for part in _by_action(one))
    missing = (one for one in by_action if not covered(one, others))
    by_resource = (part for one in missing for part in _by_resource(one))
    return frozenset(one for one in by_resource if not covered(one, others))


def _by_action(one: Statement) -> list[Statement]:
    divided = not one.not_action and len(one.actions) > 1
    return [replace(one, actions=frozenset([action])) for action in one.actions] if divided else [one]


def _by_resource(one: Statement) -> list[Statement]:
    resources = one.resources or frozenset()
    divided = not one.not_resource and len(resources) > 1
    return [replace(one, resources=frozenset([resource])) for resource in resources] if divided else [one]


def covered(old: Statement, candidates: Statements) -> bool:
    """True where one candidate of the same effect says at least all of `old`: the same shape, no element smaller."""
    return any(
        new.effect == old.effect
        and (new.not_principal, new.not_action, new.not_resource) == (False, False, False)
        and (old.not_principal, old.not_action, old.not_resource) == (False, False, False)
        and old.actions <= new.actions
        and (old.resources or frozenset()) <= (new.resources or frozenset())
        and (old.principals or frozenset()) <= (new.principals or frozenset())
        and new.conditions <= old.conditions
        for new in candidates
    )
