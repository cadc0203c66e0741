"""Exposures of an order of calls: stretches in which somebody has too much access, or too little."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from reconciler.model.address import Address
from reconciler.model.document import Statement


class Severity(IntEnum):
    """The severity of an exposure. UNSURE: it depends on a policy whose content is not read."""

    UNSURE = 1
    GAP = 2
    EXCESS = 3


@dataclass(frozen=True, slots=True)
class Exposure:
    """A stretch of an apply in which somebody can have too much or too little.

    It goes from the call `start` until the call `end` is made (indices of steps). `principal`, a user or role, can have
    `statements` too much (severity EXCESS) or too little (GAP). cause: the call that comes too early. cycle: the calls
    that would have to wait for each other; () if a quota is why. unread_policies: ARNs of the policies whose content
    decides and is not read.
    """

    start: int
    end: int
    severity: Severity
    principal: Address
    statements: frozenset[Statement]
    cause: int
    cycle: tuple[int, ...] = ()
    unread_policies: frozenset[str] = frozenset()
