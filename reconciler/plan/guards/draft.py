"""What every guard looks at: a plan in the making."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reconciler.kinds.plan_context import PlanContext
from reconciler.model.address import Address
from reconciler.model.desired import Desired
from reconciler.model.entity import Entity
from reconciler.model.live import State
from reconciler.model.plan import Action
from reconciler.model.problem import Level, Problem
from reconciler.plan.compare.diff import Difference
from reconciler.plan.options import PlanOptions


@dataclass(frozen=True)
class Draft:
    """`entities` is what the file asks for, effective; `differences` what the plan would do.

    baseline: the account as it is once the plan's renames are made. live: as it is before; the same where there are
    none. replaced: new → old of the roles and policies that the plan replaces.
    """

    desired: Desired
    entities: Mapping[Address, Entity]
    baseline: State
    differences: Sequence[Difference]
    planning: PlanContext
    options: PlanOptions
    live: State
    replaced: Mapping[Address, Address]

    def old_address_of(self, address: Address) -> Address:
        """The name that an entity has before the plan."""
        return self.planning.renames.get(address, address)

    @property
    def predecessors(self) -> Mapping[Address, Address]:
        """New → old of what the plan renames or replaces."""
        return {**self.replaced, **self.planning.renames}

    def differences_of(self, action: Action) -> list[Difference]:
        return [difference for difference in self.differences if difference.action is action]

    def build_refusal(
        self, code: str, address: Address | None, summary: str, hint: str = "", flag: str = ""
    ) -> Problem:
        """An error that makes the plan unsafe."""
        declaration = self.desired.declarations.get(address) if address else None
        place = declaration.place if declaration else None
        return Problem(Level.ERROR, code, summary, "", hint, place, address, flag)
