"""Hold the permissions that principals gain and lose through a plan, as values."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from reconciler.model.problem import Place

LEVELS = ("permissions management", "write", "tagging", "read", "list")
"""AWS's access levels, the most powerful first (Service Authorization Reference, "Access levels")."""


MAX_ACTIONS = 50
"""The number of actions that a row names; its patterns cover all."""


class Direction(StrEnum):
    """The direction of a change. OTHER: neither side allows all that the other does."""

    WIDER = "wider"
    NARROWER = "narrower"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ActionPattern:
    """The actions that match a pattern and none of its exceptions; letter case does not count."""

    pattern: str
    exceptions: tuple[str, ...] = ()


Terms = tuple[str, ...] | None
"""The conditions under which one side allows something: () if always; None if never."""


class ActionCatalogue(Hashable, Protocol):
    """AWS's list of actions. Pass services and actions in lower case."""

    def actions_of(self, service: str) -> Mapping[str, str] | None:
        """Return the actions of a service: lower case → as AWS spells them; None if it is not in the list."""
        ...

    def level_of(self, service: str, action: str) -> str:
        """Return the access level of an action, one of LEVELS."""
        ...

    def resources_of(self, service: str, action: str) -> tuple[str, ...]:
        """Return the ARNs that an action can name; empty if it only works on `*`.

        `{partition}` and `{account}` stand for these parts, `*` for all others. An action that is not in the list
        may name anything: `*`.
        """
        ...

    def condition_keys_of(self, prefix: str) -> Mapping[str, str]:
        """Return the condition keys of a service: lower case → as AWS spells them; those of tags end in `/`."""
        ...


@dataclass(frozen=True, slots=True)
class PermissionRow:
    """One thing that some principals can newly do, can no longer do, or can do on other conditions.

    principals: addresses. group: the group whose members these are; "" if they are not exactly those of one.
    service: the prefix of the actions; "*" for several services. patterns: the actions as the policies name them.
    actions: those of AWS's list, up to MAX_ACTIONS, the most telling first. counts: how many there are, by level.
    has_data: one of them reads data or secrets. unread: the policies of unknown content on which the row depends.
    resources, not_resources: the row is about resources that match one of the first and none of the second.
    before, after: the conditions on either side of the plan.
    via: the policies, groups and boundaries that make the difference. place: the line of the statement in the file.
    stopped_by, limited_by: the guardrails that stop all of the row, or may stop a part of it, by their files.
    decided: a request proves the row; else it may be less than it says, and counts as widening all the same.
    """

    principals: tuple[str, ...]
    service: str
    patterns: tuple[ActionPattern, ...]
    resources: tuple[str, ...]
    not_resources: tuple[str, ...]
    before: Terms
    after: Terms
    direction: Direction
    decided: bool
    actions: tuple[str, ...] = ()
    counts: tuple[tuple[str, int], ...] = ()
    has_data: bool = False
    unread: tuple[str, ...] = ()
    via: tuple[str, ...] = ()
    place: Place | None = None
    group: str = ""
    stopped_by: tuple[str, ...] = ()
    limited_by: tuple[str, ...] = ()

    @property
    def widens(self) -> bool:
        return self.direction is not Direction.NARROWER

    @property
    def levels(self) -> tuple[str, ...]:
        """The access levels of its actions, the most powerful first."""
        return tuple(level for level, _ in self.counts)

    @property
    def conditions(self) -> tuple[str, ...]:
        """The conditions of the side that allows more: after the plan, unless nothing is allowed then."""
        return (self.before if self.after is None else self.after) or ()


@dataclass(frozen=True, slots=True)
class PermissionRows:
    """The permissions that a plan gives, takes and changes."""

    gained: tuple[PermissionRow, ...] = ()
    lost: tuple[PermissionRow, ...] = ()
    changed: tuple[PermissionRow, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.gained or self.lost or self.changed)


NO_PERMISSIONS = PermissionRows()
