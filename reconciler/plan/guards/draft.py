"""A plan in the making: what every guard and every finding looks at."""

from __future__ import annotations

from dataclasses import dataclass, fields

from reconciler.kinds.plan_context import PlanContext
from reconciler.model.address import Address
from reconciler.model.problem import Level, Problem
from reconciler.plan.compare.comparison import Comparison
from reconciler.plan.options import PlanOptions


@dataclass(frozen=True)
class Draft(Comparison):
    """A comparison with all that its steps are made of. planning: what the kinds may ask. options: of the user."""

    planning: PlanContext
    options: PlanOptions

    @classmethod
    def of(cls, comparison: Comparison, planning: PlanContext, options: PlanOptions) -> Draft:
        values = {field.name: getattr(comparison, field.name) for field in fields(Comparison)}
        return cls(**values, planning=planning, options=options)

    def build_refusal(
        self, code: str, address: Address | None, summary: str, hint: str = "", flag: str = ""
    ) -> Problem:
        """Return an error that makes the plan unsafe. flag: the option that allows it."""
        return Problem(Level.ERROR, code, summary, "", hint, self.desired.place_of(address), address, flag)
