"""What the person running a plan allows beyond the safe default, and asks of it; each is a flag of the command line."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model.address import Address


@dataclass(frozen=True, slots=True)
class Allowed:
    """deletes: --allow-deletes. foreign_detach: --allow-foreign-detach. take_over: --take-over.
    lockout: --allow-lockout.

    targets: --target; empty means everything. unmanaged: --unmanaged.
    """

    deletes: bool = False
    foreign_detach: bool = False
    take_over: bool = False
    lockout: bool = False
    targets: frozenset[Address] = frozenset()
    unmanaged: bool = False
