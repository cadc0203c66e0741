"""Ways to administrator power: who has one, over whom, on which terms, and by which statements. Values only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from reconciler.model.access_answers import DecidingStatement
from reconciler.model.role_access import AccessTerms
from reconciler.model.sentence import name_principal


@dataclass(frozen=True, slots=True)
class WayHop:
    """One step of a way: a principal takes over another, or uses a right over all resources of a type.

    target: whom it takes over; "" for all resources of a type. path: the id of the path
    (`access/escalation_paths.json`). reason: the step in words. statements: those that allow it.
    """

    principal: str
    target: str
    path: str
    reason: str
    terms: AccessTerms = field(default_factory=AccessTerms)
    statements: tuple[DecidingStatement, ...] = ()


@dataclass(frozen=True, slots=True)
class AdminWay:
    """One way to administrator power, or that power itself.

    path: the id of its first step. power: the actions, and the resources if only some count. targets: whom it takes
    over, from the first to the administrator; empty if the actions are allowed on everything. reason: the way in words.
    terms: those of all its steps. hops: the steps; of a way over many resources, those over the first one.
    count: over how many resources the principal has it, on the same terms; 0 for all resources of a type.
    limited_by: the files of the guardrails that deny a part of its first step.
    """

    path: str
    power: str
    actions: tuple[str, ...]
    targets: tuple[str, ...]
    reason: str
    terms: AccessTerms
    hops: tuple[WayHop, ...]
    count: int = 0
    limited_by: tuple[str, ...] = ()

    @property
    def own_reason(self) -> str:
        """The way in words without the principal that it begins with: `→ role/ci → role/admin`."""
        subjects = ("each", name_principal(self.hops[0].principal)) if self.hops else ()
        subject = next((one for one in subjects if self.reason.startswith(f"{one} → ")), "")
        return self.reason.removeprefix(f"{subject} ") if subject else self.reason


@dataclass(frozen=True, slots=True)
class PrincipalWays:
    """Principals with the same ways. The statements of a first step are those of the first principal."""

    principals: tuple[str, ...]
    ways: tuple[AdminWay, ...]


@dataclass(frozen=True, slots=True)
class UnreadPower:
    """Principals that may have administrator power by policies of unknown content. policies: their labels."""

    principals: tuple[str, ...]
    policies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AdminWays:
    """Who is an administrator of an account, who can become one, and of whom that is not known.

    principal: the only principal that was asked about; "" for everybody.
    """

    administrators: tuple[PrincipalWays, ...] = ()
    ways: tuple[PrincipalWays, ...] = ()
    unread: tuple[UnreadPower, ...] = ()
    principal: str = ""

    def list_groups(self) -> Iterator[PrincipalWays]:
        """Yield every group of principals, administrators first."""
        yield from self.administrators
        yield from self.ways
