"""The flags of the command line that allow a plan more than the default, or limit it."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model.address import Address


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """The flags of a plan.

    allow_deletes (--allow-deletes): deletions and removals may exceed the thresholds.
    allow_foreign_detach (--allow-foreign-detach): entities outside the file may lose a deleted entity.
    take_over (--take-over): entities of another owner may be changed.
    allow_lockout (--allow-lockout): the caller or `break_glass` may lose access.
    targets (--target): only these addresses are planned; empty means everything.
    target_patterns (--target): patterns of addresses with * and ?, which mean further targets.
    report_unmanaged (--unmanaged): the plan lists live entities outside the file.
    refuse_widening (--refuse-widening): a plan that widens anybody's access is refused.
    allow_assertions (--allow-assertion): names of assertions that may fail.
    is_of_many: the plan is one of many accounts, another of which may have an assertion that allow_assertions names.
    """

    allow_deletes: bool = False
    allow_foreign_detach: bool = False
    take_over: bool = False
    allow_lockout: bool = False
    targets: frozenset[Address] = frozenset()
    report_unmanaged: bool = False
    refuse_widening: bool = False
    target_patterns: tuple[str, ...] = ()
    allow_assertions: frozenset[str] = frozenset()
    is_of_many: bool = False
