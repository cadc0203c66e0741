"""Arrange the steps of a plan: make them, let each wait for those that must come before it, and sort them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from reconciler.kinds.plan_context import PlanContext
from reconciler.kinds.steps import order_fact_of
from reconciler.model.effects import Create, WriteDocument
from reconciler.model.exposure import Exposure
from reconciler.model.live import State
from reconciler.model.plan import Step
from reconciler.plan.compare.renames import wait_for_renames
from reconciler.plan.order.constraints import Edge, Solution, UnresolvedHazard, solve_constraints
from reconciler.plan.order.effects import PlanEffects
from reconciler.plan.order.hazards import HazardFinder
from reconciler.plan.order.made_steps import MadeSteps
from reconciler.plan.order.schedule import stages_of
from reconciler.plan.order.sort import Deferral, find_order, mark_deferred


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The steps in the order of an apply, and the exposures while it runs."""

    steps: tuple[Step, ...]
    exposures: tuple[Exposure, ...]


def arrange_steps(made: MadeSteps, after: State, is_deferred: Deferral) -> Arrangement:
    """Return the steps in their order. after: the account when the plan is done.

    If the order needs it, some steps are made again, for documents that are written in stages and new roles that are
    created closed.
    """
    finder = HazardFinder()
    while True:
        solution = _solve(made.list_all(), made.context, after, finder)
        if not solution.documents_to_stage and not solution.roles_to_close:
            break
        made = made.remake(solution.documents_to_stage, solution.roles_to_close)
    steps = mark_deferred(solution.steps, is_deferred)
    order = find_order(steps)
    unresolved = _place_hazards(order, solution.unresolved)
    steps = _wait_for_avoided([steps[index] for index in order], order, unresolved)
    return Arrangement(tuple(steps), tuple(_find_exposures(unresolved)))


def _solve(steps: list[Step], context: PlanContext, after: State, finder: HazardFinder) -> Solution:
    steps = wait_for_renames(steps, context.renames)
    effects = PlanEffects(steps, context.baseline.entities, after.entities, context)
    created = {step.effect.target for step in steps if isinstance(step.effect, Create)}
    new_roles = {role for role in created if role.kind == "role" and role not in context.cyclic_roles}
    hazards, openings = list(finder.find_hazards(effects)), _find_opening_edges(steps, effects, context)
    return solve_constraints(steps, hazards, openings, context.staged_documents, new_roles)


def _find_opening_edges(steps: list[Step], effects: PlanEffects, context: PlanContext) -> Iterator[Edge]:
    """Yield the edges that let a role, which is created closed, be opened after all that the plan gives it.

    Nobody can assume the role before that step, so no order of the others exposes anybody.
    """
    for index, step in enumerate(steps):
        effect = step.effect
        if isinstance(effect, WriteDocument) and effect.is_trust and effect.target in context.cyclic_roles:
            yield from ((other, index) for other in effects.find_steps_about(effect.target))


def _wait_for_avoided(steps: list[Step], order: Sequence[int], unresolved: Sequence[UnresolvedHazard]) -> list[Step]:
    """Let steps of one stage wait for each other if their order happens to avoid a hazard."""
    stages = stages_of(steps)
    for one in unresolved:
        first, then = one.hazard.first, one.hazard.then
        if first < then and stages[first] == stages[then]:
            fact = order_fact_of(order[first])
            steps[first] = replace(steps[first], makes=steps[first].makes | {fact})
            steps[then] = replace(steps[then], needs=steps[then].needs | {fact})
    return steps


def _find_exposures(unresolved: Iterable[UnresolvedHazard]) -> Iterator[Exposure]:
    """Yield an exposure for each hazard that the order does not avoid, from the call that comes too early.

    It lasts until the call that should have come first, or ends before.
    """
    for one in sorted(unresolved, key=lambda one: one.hazard.then):
        first, then, hazard = one.hazard.first, one.hazard.then, one.hazard
        if then < first:
            unread = hazard.unread_policies
            yield Exposure(then, first, hazard.severity, hazard.principal, hazard.statements, then, one.cycle, unread)


def _place_hazards(order: Sequence[int], unresolved: Sequence[UnresolvedHazard]) -> list[UnresolvedHazard]:
    """Return the hazards with the indices of the final order."""
    places = {index: place for place, index in enumerate(order)}
    return [
        UnresolvedHazard(
            one.hazard._replace(first=places[one.hazard.first], then=places[one.hazard.then]),
            tuple(sorted(places[index] for index in one.cycle)),
        )
        for one in unresolved
    ]
