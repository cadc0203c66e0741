"""Make the steps of the differences of a plan, and make only those anew for which the order asks for other calls."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from reconciler.kinds.plan_context import PlanContext
from reconciler.kinds.registry import KINDS_BY_NAME
from reconciler.model.address import Address
from reconciler.model.plan import Step
from reconciler.plan.compare.diff import Difference


@dataclass(frozen=True)
class MadeSteps:
    """The steps of all differences of a plan, made once: a plan may have tens of thousands.

    steps: for each difference, its own.
    """

    differences: Sequence[Difference]
    context: PlanContext
    steps: Sequence[list[Step]]

    @classmethod
    def make(cls, differences: Sequence[Difference], context: PlanContext) -> MadeSteps:
        return cls(differences, context, [_make_steps(item, context) for item in differences])

    def list_all(self) -> list[Step]:
        """Return the steps of all differences in one list."""
        return [step for steps in self.steps for step in steps]

    def remake(self, documents: Collection[tuple[Address, str]], roles: Collection[Address]) -> MadeSteps:
        """Return the steps with more documents written in stages, and with more new roles created closed.

        Only the steps of these roles and of the holders of these documents differ. All others are kept.
        """
        context = replace(
            self.context,
            staged_documents=self.context.staged_documents.union(documents),
            cyclic_roles=self.context.cyclic_roles.union(roles),
        )
        concerned = {*roles, *(holder for holder, _ in documents)}
        steps = [
            _make_steps(item, context) if item.address in concerned else made
            for item, made in zip(self.differences, self.steps, strict=True)
        ]
        return MadeSteps(self.differences, context, steps)


def _make_steps(item: Difference, context: PlanContext) -> list[Step]:
    kind = KINDS_BY_NAME[item.address.kind]
    if item.after is None:
        return kind.delete(item.before, context)
    if item.before is None:
        return kind.create(item.after, context)
    return kind.update(item.before, item.after, context)
