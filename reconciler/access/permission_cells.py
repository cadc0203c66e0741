"""Compare the permissions of one principal before and after a change, part by part.

A cell is a class of actions on one atom of resources, with the keys for which each side allows it. Together the cells
hold every request whose answer differs. A broad Allow that is added or removed, such as one of `*`, becomes one row
instead, once a request proves that it decides: divided into cells by all other statements, nobody could read it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from reconciler.access.policy_statements import IDENTITY, PolicyStatement, count_layers, list_policy_statements
from reconciler.access.principal import Principal
from reconciler.access.principal_answers import evaluate
from reconciler.access.request_parts import (
    ActionClass,
    ChoiceSpace,
    covers_resource_atom,
    evaluate_statements,
    find_action_classes,
    find_resource_atoms,
)
from reconciler.access.statement_coverage import may_meet
from reconciler.access.text_atoms import TextAtom
from reconciler.access.verdicts import Decision

_MAX_TRIALS = 8
"""The number of requests of one cell, or of actions of one statement, that are tried as proof."""
_MANY_ACTIONS = 200
"""A statement with more patterns of actions than these is broad."""


StatementPair = tuple[frozenset[PolicyStatement], frozenset[PolicyStatement]]
"""The statements that decide, before and after."""


@dataclass(frozen=True, slots=True)
class PermissionCell:
    """The requests of one class and one atom, for which the two sides answer differently.

    before, after: the combinations of keys that each side allows, of `space`. proven: a request proves the difference.
    """

    actions: ActionClass
    resource: TextAtom
    space: ChoiceSpace
    before: int
    after: int
    proven: bool


def list_deciding_statements(before: Principal, after: Principal) -> StatementPair:
    """Return the statements that can decide about a difference, for each side; equal pairs have equal differences.

    A statement of both sides decides only about requests that a changed one covers, too. The others are left out, so
    that more principals have equal pairs.
    """
    old, new = list_policy_statements(before), list_policy_statements(after)
    changed = old ^ new
    shared = frozenset(one for one in old & new if any(may_meet(one, other) for other in changed))
    return (old - new) | shared, (new - old) | shared


@dataclass(frozen=True)
class PermissionComparer:
    """One principal before and after a change. statements: those that decide, as `list_deciding_statements` does."""

    before: Principal
    after: Principal
    statements: StatementPair

    @cached_property
    def broad_allows(self) -> tuple[PolicyStatement, ...]:
        """Return the broad Allows that are added or removed, and that a request proves to decide.

        Raises TooManyAtomsError.
        """
        old, new = self.statements
        return tuple(
            one
            for one in sorted(old ^ new, key=lambda one: one.sort_key)
            if one.layer == IDENTITY and one.allows and not one.unknown and _is_broad(one) and self._decides(one)
        )

    def _decides(self, statement: PolicyStatement) -> bool:
        """Return whether a request to an action that only this statement names gets another answer."""
        space = ChoiceSpace([statement], self.after.request_context)
        selected = space.select(statement) & space.known
        parts = [statement]
        if not statement.not_action:
            parts = [replace(statement, actions=frozenset([one])) for one in sorted(statement.actions)[:_MAX_TRIALS]]
        return any(
            covers_resource_atom(statement, atom) and self._is_proven(actions, atom, space, selected)
            for part in parts
            for actions in find_action_classes([part], [part])
            for atom in find_resource_atoms([statement])
        )

    def compare(self) -> Iterator[PermissionCell]:
        """Yield the cells in which the sides differ, without those of `broad_allows`. Raises TooManyAtomsError."""
        old, new = self.statements
        changed = (old ^ new).difference(self.broad_allows)
        if not changed:
            return
        layers = range(max(count_layers(side) for side in (self.before, self.after)))
        for actions in find_action_classes(old | new, changed):
            space = ChoiceSpace(actions.covering, self.after.request_context)
            masks = _select_masks(actions, space)
            for atom in find_resource_atoms(actions.covering):
                before = evaluate_statements(actions.covering & old, layers, atom, masks) & space.every
                after = evaluate_statements(actions.covering & new, layers, atom, masks) & space.every
                if before != after:
                    proven = self._is_proven(actions, atom, space, (before ^ after) & space.known)
                    yield PermissionCell(actions, atom, space, before, after, proven)

    def _is_proven(self, actions: ActionClass, resource: TextAtom, space: ChoiceSpace, combinations: int) -> bool:
        """Return whether one of these requests gets different answers."""
        for trial, context in enumerate(space.make_contexts(combinations)):
            if trial >= _MAX_TRIALS:
                break
            action = actions.atoms[0].example
            sides = (self.before, self.after)
            answers = {evaluate(side, action, resource.example, context).decision for side in sides}
            if answers == {Decision.ALLOW, Decision.DENY}:
                return True
        return False


def _select_masks(actions: ActionClass, space: ChoiceSpace) -> dict[PolicyStatement, int]:
    return {one: space.select(one) for one in actions.covering}


def _is_broad(statement: PolicyStatement) -> bool:
    """Return whether a statement covers actions of any service, or of very many."""
    if statement.not_action or len(statement.actions) > _MANY_ACTIONS:
        return True
    return any("*" in action.partition(":")[0] for action in statement.actions)
