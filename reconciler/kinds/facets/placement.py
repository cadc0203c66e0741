"""Plan a new name and path of an entity (UpdateUser, UpdateGroup, …). One call changes both, and nothing else."""

from __future__ import annotations

from reconciler.kinds.plan_context import PlanContext
from reconciler.kinds.steps import make_step, presence_elsewhere_of, presence_of
from reconciler.model.effects import Rename
from reconciler.model.entity import Entity
from reconciler.model.plan import Phase, Step


def plan_placement(noun: str, before: Entity, after: Entity, context: PlanContext) -> list[Step]:
    """Return the step that changes name and path; none if both stay.

    noun: as in the operation. before: has its new name already; the old one is in `context.renames`.
    """
    address = after.address
    old = context.renames.get(address)
    parameters: dict[str, object] = {f"{noun}Name": old.name if old else before.name}
    if old:
        parameters[f"New{noun}Name"] = after.name
    if before.path != after.path:
        parameters["NewPath"] = after.path
    if len(parameters) == 1:
        return []
    effect = Rename(address, f"Update{noun}", old or address)
    makes = (presence_of(address), presence_elsewhere_of(context.arn_of(address)))
    return [make_step(address, Phase.CREATE, effect, parameters, (), makes)]
