"""What every guard looks at: a plan in the making."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reconciler.kinds.planning import Planning
from reconciler.model.address import Address
from reconciler.model.entity import Entity
from reconciler.model.plan import Action
from reconciler.model.problem import Level, Problem
from reconciler.model.state import Desired, State
from reconciler.plan.diff import Difference
from reconciler.plan.options import Allowed


@dataclass(frozen=True)
class Draft:
    """`entities` is what the file asks for, effective; `differences` what the plan would do."""

    desired: Desired
    entities: Mapping[Address, Entity]
    live: State
    differences: Sequence[Difference]
    planning: Planning
    allowed: Allowed

    def of(self, action: Action) -> list[Difference]:
        return [difference for difference in self.differences if difference.action is action]

    def refusal(self, code: str, address: Address | None, summary: str, hint: str = "", flag: str = "") -> Problem:
        """An error that makes the plan unsafe."""
        declaration = self.desired.declarations.get(address) if address else None
        place = declaration.place if declaration else None
        return Problem(Level.ERROR, code, summary, "", hint, place, address, flag)
