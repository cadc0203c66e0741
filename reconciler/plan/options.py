"""What the person running a plan allows beyond the safe default, and asks of it; each is a flag of the command line."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model.address import Address


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """allow_deletes: --allow-deletes. allow_foreign_detach: --allow-foreign-detach. take_over: --take-over.
    allow_lockout: --allow-lockout.

    targets: --target; empty means everything. report_unmanaged: --unmanaged.
    """

    allow_deletes: bool = False
    allow_foreign_detach: bool = False
    take_over: bool = False
    allow_lockout: bool = False
    targets: frozenset[Address] = frozenset()
    report_unmanaged: bool = False
