"""Let each call wait for others, so that no moment of an apply is worse than both of its ends.

Every hazard (`hazards.py`) is an edge between two steps. Facts that steps need are edges, too. If edges form a cycle,
this module breaks it. It asks for a document of the cycle to be written in stages, or for a new role of the cycle to be
created closed. Otherwise it gives up the mildest edge: a gap rather than an excess.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from reconciler.kinds.steps import order_fact_of
from reconciler.model.address import Address
from reconciler.model.effects import WriteDocument
from reconciler.model.plan import Fact, Phase, Step
from reconciler.plan.order.cycles import find_components
from reconciler.plan.order.hazards import Hazard
from reconciler.plan.order.sort import find_needed_steps

Edge = tuple[int, int]
"""Indices of two steps: the one that must come first, and the one that waits."""


@dataclass(frozen=True, slots=True)
class UnresolvedHazard:
    """A hazard that the constraints do not rule out.

    cycle: the steps that would have to wait for each other; () if a quota is the cause.
    """

    hazard: Hazard
    cycle: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Solution:
    """The steps with their constraints.

    steps: in the given order, with their final phases and needs. unresolved: the hazards that the constraints do not
    rule out. documents_to_stage, roles_to_close: if there are any, the other two are empty. The steps must be made
    again, with these documents written in stages and these roles created closed.
    """

    steps: tuple[Step, ...]
    unresolved: tuple[UnresolvedHazard, ...]
    documents_to_stage: frozenset[tuple[Address, str]]
    roles_to_close: frozenset[Address]


def solve_constraints(
    steps: Sequence[Step],
    hazards: Sequence[Hazard],
    openings: Iterable[Edge],
    staged: Collection[tuple[Address, str]],
    new_roles: Collection[Address],
) -> Solution:
    """Let each step wait for those that must come before it.

    openings: the edges to the steps that open closed roles; no step waits for those, so no cycle goes through them.
    staged: documents that are written in stages already. new_roles: roles that the plan creates open.
    """
    solver = _Solver(steps, hazards, openings, staged, new_roles)
    solver.break_cycles()
    documents, roles = frozenset(solver.documents_to_stage), frozenset(solver.roles_to_close)
    if documents or roles:
        return Solution((), (), documents, roles)
    return Solution(solver.add_needs(), tuple(solver.find_unresolved()), documents, roles)


class _Solver:
    """The constraints between the steps of one plan.

    _edges: edge → its hazards, beside the needs of the steps. _dropped: edge that was given up → its cycle.
    _graph: step → the steps that it waits for, by its needs and by the edges.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        hazards: Sequence[Hazard],
        openings: Iterable[Edge],
        staged: Collection[tuple[Address, str]],
        new_roles: Collection[Address],
    ) -> None:
        self.documents_to_stage: set[tuple[Address, str]] = set()
        self.roles_to_close: set[Address] = set()
        self._steps, self._hazards, self._staged, self._new_roles = steps, hazards, staged, new_roles
        self._needs = find_needed_steps(steps)
        self._dropped: dict[Edge, tuple[int, ...]] = {}
        self._edges: dict[Edge, list[Hazard]] = {edge: [] for edge in openings}
        for hazard in hazards:
            if not steps[hazard.then].forced_by:
                self._edges.setdefault((hazard.first, hazard.then), []).append(hazard)
        self._graph = {then: set(firsts) for then, firsts in self._needs.items()}
        for first, then in self._edges:
            self._graph.setdefault(then, set()).add(first)

    def break_cycles(self) -> None:
        groups = self._find_cyclic_groups(range(len(self._steps)))
        while groups:
            group = groups.pop()
            cycle = self._find_cycle(group)
            if cycle:
                self._break_cycle(cycle)
                groups += self._find_cyclic_groups(group)

    def _break_cycle(self, cycle: Sequence[int]) -> None:
        document = next((one for index in sorted(cycle) if (one := self._find_divisible_document(index))), None)
        around = [edge for edge in pairwise(cycle) if edge in self._edges]
        if document:
            self.documents_to_stage.add(document)
            given_up = [edge for edge in self._edges if any(self._document_of(index) == document for index in edge)]
        else:
            given_up = [min(around, key=lambda edge: (self._cost_of(edge), edge))]
            self.roles_to_close |= self._closable_roles_of(given_up[0])
        for edge in given_up:
            self._drop_edge(edge)
            self._dropped[edge] = tuple(sorted(set(cycle)))

    def _drop_edge(self, edge: Edge) -> None:
        first, then = edge
        del self._edges[edge]
        if first not in self._needs.get(then, ()):
            self._graph[then].discard(first)

    def _cost_of(self, edge: Edge) -> int:
        """Return the severity of giving an edge up; 0 if only new roles are exposed, which can be created closed."""
        return 0 if self._closable_roles_of(edge) else max(hazard.effective_severity for hazard in self._edges[edge])

    def _closable_roles_of(self, edge: Edge) -> set[Address]:
        exposed = {hazard.principal for hazard in self._edges[edge]}
        return exposed if exposed <= set(self._new_roles) else set()

    def _document_of(self, index: int) -> tuple[Address, str] | None:
        effect = self._steps[index].effect
        return effect.key if isinstance(effect, WriteDocument) and effect.after and not effect.is_trust else None

    def _find_divisible_document(self, index: int) -> tuple[Address, str] | None:
        effect, document = self._steps[index].effect, self._document_of(index)
        if document is None or document in self._staged or document in self.documents_to_stage:
            return None
        delta = effect.delta if isinstance(effect, WriteDocument) else None
        parts = sum(map(bool, (delta.gives, delta.takes, delta.denies, delta.lifts))) if delta else 0
        return document if parts > 1 else None

    def _build_subgraph(self, indices: Iterable[int]) -> dict[int, list[int]]:
        chosen = set(indices)
        return {index: sorted(self._graph.get(index, set()) & chosen) for index in sorted(chosen)}

    def _find_cyclic_groups(self, indices: Iterable[int]) -> list[list[int]]:
        """Return, among these steps, the groups whose steps wait for each other."""
        return [sorted(group) for group in find_components(self._build_subgraph(indices)) if len(group) > 1]

    def _find_cycle(self, indices: Iterable[int]) -> list[int]:
        try:
            TopologicalSorter(self._build_subgraph(indices)).prepare()
        except CycleError as error:
            cycle: list[int] = error.args[1]
            return cycle if any(edge in self._edges for edge in pairwise(cycle)) else []
        return []

    def add_needs(self) -> tuple[Step, ...]:
        """Return the steps with a need for each edge, each in the phase of the last step that it waits for."""
        phases = self._delay_phases()
        needs: defaultdict[int, set[Fact]] = defaultdict(set)
        makes: defaultdict[int, set[Fact]] = defaultdict(set)
        for first, then in self._edges:
            makes[first].add(order_fact_of(first))
            needs[then].add(order_fact_of(first))
        changed = {*needs, *makes, *(index for index, step in enumerate(self._steps) if step.phase != phases[index])}
        return tuple(
            replace(step, phase=phases[index], needs=step.needs | needs[index], makes=step.makes | makes[index])
            if index in changed
            else step
            for index, step in enumerate(self._steps)
        )

    def _delay_phases(self) -> list[Phase]:
        phases = [step.phase for step in self._steps]
        for then in TopologicalSorter(self._graph).static_order():
            for first in self._graph.get(then, ()):
                moved = phases[first] != self._steps[first].phase
                if moved or (first, then) in self._edges:
                    phases[then] = max(phases[then], phases[first])
        return phases

    def find_unresolved(self) -> Iterable[UnresolvedHazard]:
        """Yield the hazards of edges that were given up, and those that a quota causes."""
        for hazard in self._hazards:
            edge = hazard.first, hazard.then
            if edge in self._dropped or self._steps[hazard.then].forced_by:
                yield UnresolvedHazard(hazard, self._dropped.get(edge, ()))
