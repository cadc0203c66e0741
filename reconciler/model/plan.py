"""A plan is a list of AWS calls with reasons: Call < Step < Change < Plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum

from reconciler.model.address import Address
from reconciler.model.assertions import Assertion
from reconciler.model.desired import Move, Settings
from reconciler.model.effects import Effect
from reconciler.model.entity import Entity
from reconciler.model.exposure import Exposure
from reconciler.model.guardrails import Guardrails
from reconciler.model.live import State
from reconciler.model.permissions import NO_PERMISSIONS, PermissionRows
from reconciler.model.problem import Level, Place, Problem
from reconciler.model.quotas import Quota
from reconciler.model.risk import NO_RISK, Risk
from reconciler.model.role_access import (
    AccessGroups,
    RoleAccess,
    group_changed_pairs,
    group_pairs,
    list_sorted_changes,
    list_sorted_pairs,
)


class Action(StrEnum):
    """The kind of change of an entity. symbol: its mark in the text plan. participle: the word once it is made."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    ADOPT = "adopt"

    @property
    def symbol(self) -> str:
        return {"create": "+", "update": "~", "delete": "-", "adopt": "@"}[self.value]

    @property
    def participle(self) -> str:
        return f"{self.value.removesuffix('e')}ed"


class Phase(IntEnum):
    """Barriers of an apply, in their order: no call of a phase starts before all of the earlier phases have ended.

    Within and across phases the needs of the steps decide (`plan/order/__init__.py`). WIDEN: a call that adds an Allow,
    a Deny or a link. NARROW: one that removes something. SWAP: one that gives an Allow and removes something at once (a
    document edited in place). ACCOUNT: settings of the account itself.
    """

    CREATE = 1
    WIDEN = 2
    SWAP = 3
    NARROW = 4
    DELETE = 5
    ACCOUNT = 6


Fact = tuple[str, ...]
"""A fact that a step makes true or relies on: ("present", "user/a"), ("unlinked", "role/r", "policy/p")."""
ORDER_FACT = "order"
"""The first word of facts that say nothing about IAM, only which call waits for which."""
ELSEWHERE_FACT = "elsewhere"
"""The first word of facts about an entity by its ARN: ("elsewhere", "arn:…"). Trusts of other accounts need them."""


@dataclass(frozen=True, slots=True)
class Call:
    """One IAM API call, exactly as boto3 will get it. `parameters` are JSON values."""

    operation: str
    parameters: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Step:
    """One call with its effect and its place in the order.

    address: the entity whose change the call belongs to. phase: the barrier of an apply before which it may not start.
    needs: the facts that must be true before the call. makes: the facts that are true after it. forced_by: the quota
    that leaves no room for the right order; None if no quota does.
    affects_caller: the call may reduce the caller's own rights, and so waits for all others.
    """

    address: Address
    call: Call
    effect: Effect
    phase: Phase
    needs: frozenset[Fact] = frozenset()
    makes: frozenset[Fact] = frozenset()
    forced_by: Quota | None = None
    affects_caller: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """One changed field of an entity (`tags.team`, `document`) with its two values; None if absent."""

    path: str
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class Change:
    """The change of one entity.

    steps: its calls, in the order of the whole plan.
    reason: why the plan has this deletion, adoption or replacement.
    before: None if the entity does not exist yet. after: None if the plan deletes it.
    """

    address: Address
    action: Action
    fields: tuple[Field, ...] = ()
    steps: tuple[Step, ...] = ()
    reason: str = ""
    before: Entity | None = None
    after: Entity | None = None


@dataclass(frozen=True, slots=True)
class PrincipalPower:
    """A principal that has administrator power (grade `administrator`), or a known way to it (`escalation`).

    power: the actions, and the resources if only some count.
    path: the id of the way in `access/escalation_paths.json`; empty in plan files of earlier versions.
    actions: the actions that the way needs.
    targets: whom it takes over, from the first to the administrator; empty if the actions are allowed on everything.
    reason: the way in words.
    stopped_by: the guardrails that stop the way, by their files.
    """

    principal: str
    power: str
    grade: str
    path: str = ""
    actions: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    reason: str = ""
    stopped_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AccessDelta:
    """The access that a plan gives and takes.

    gained_groups, lost_groups: who may assume which role, gathered. changed_groups: access that stays, but on other
    terms. permissions: of each user and role, for any service.
    """

    gained_groups: AccessGroups = ()
    lost_groups: AccessGroups = ()
    changed_groups: AccessGroups = ()
    powers_gained: tuple[PrincipalPower, ...] = ()
    powers_lost: tuple[PrincipalPower, ...] = ()
    permissions: PermissionRows = NO_PERMISSIONS

    @classmethod
    def of_pairs(
        cls,
        gained: Iterable[RoleAccess] = (),
        lost: Iterable[RoleAccess] = (),
        changed: Iterable[tuple[RoleAccess, RoleAccess]] = (),
        powers_gained: tuple[PrincipalPower, ...] = (),
        powers_lost: tuple[PrincipalPower, ...] = (),
        permissions: PermissionRows = NO_PERMISSIONS,
    ) -> AccessDelta:
        """Return the delta of single pairs. changed: each pair before and after."""
        groups = group_pairs(gained), group_pairs(lost), group_changed_pairs(changed)
        return cls(*groups, powers_gained, powers_lost, permissions)

    @property
    def gained(self) -> tuple[RoleAccess, ...]:
        """Every pair that is gained. There may be millions: the groups say the same."""
        return list_sorted_pairs(self.gained_groups)

    @property
    def lost(self) -> tuple[RoleAccess, ...]:
        """Every pair that is lost."""
        return list_sorted_pairs(self.lost_groups)

    @property
    def changed(self) -> tuple[tuple[RoleAccess, RoleAccess], ...]:
        """Every pair whose terms change, before and after."""
        return list_sorted_changes(self.changed_groups)

    @property
    def pair_count(self) -> int:
        """The number of pairs that are gained, lost or changed."""
        return sum(one.pair_count for one in (*self.gained_groups, *self.lost_groups, *self.changed_groups))


@dataclass(frozen=True, slots=True)
class UnmanagedEntity:
    """A live entity that no file declares. owner: the value of its owner tag, if another file set one."""

    address: Address
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class ServiceManagedEntity:
    """An entity that `prune` leaves alone because an AWS service made it. reason: names the service or the role."""

    address: Address
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The changes and calls that make the account match a file.

    owner: the owner of the file; None if it has none.
    settings: the file's settings; the guards used their thresholds.
    steps: every call of every change, in the order of an apply.
    targets: the addresses of --target; empty for the whole file.
    moves: the renames of the file.
    valid_until: the time at which the file asks for something else, because a line expires; None if none does.
    unmanaged: live entities that no file declares; None if nobody asked for them.
    left_alone: entities that `prune` leaves alone.
    goal: words for the state that the account must match, such as "the file".
    reads: the estimated number of calls to read the whole account; 0 if only a part was read. A part does not show
        who gains or loses access.
    risk: what the plan widens. is_reversible: an undo can restore all that the plan does.
    caller: the address of the user or role that read the account, or its ARN if it is of another one; "" if not known.
    files: the files that were planned, relative to the working directory if they are below it.
    exposures: the stretches of an apply in which somebody can have too much or too little.
    after: the account after the plan.
    guardrails: those over the account, as the file names them; None if it names none.
    account_alias: the alias of the account, before the plan; None if it has none, or if it may not be read.
    assertions: those of the files, which the findings are about.
    user_count: the number of users after the plan; None if only a part of the account was read.
    undone_owners, places: as in `Desired`.
    """

    account: str
    partition: str
    owner: str | None
    settings: Settings
    changes: tuple[Change, ...] = ()
    steps: tuple[Step, ...] = ()
    findings: tuple[Problem, ...] = ()
    access: AccessDelta = AccessDelta()
    risk: Risk = NO_RISK
    is_reversible: bool = True
    targets: tuple[Address, ...] = ()
    moves: tuple[Move, ...] = ()
    valid_until: datetime | None = None
    unmanaged: tuple[UnmanagedEntity, ...] | None = None
    left_alone: tuple[ServiceManagedEntity, ...] = ()
    goal: str = "the file"
    reads: int = 0
    exposures: tuple[Exposure, ...] = ()
    caller: str = ""
    files: tuple[str, ...] = ()
    after: State | None = field(default=None, compare=False, repr=False)
    account_alias: str | None = None
    guardrails: Guardrails | None = None
    assertions: tuple[Assertion, ...] = ()
    user_count: int | None = None
    undone_owners: frozenset[str] = frozenset()
    places: Mapping[Address, Place] = field(default_factory=dict, compare=False, repr=False)

    @property
    def is_safe(self) -> bool:
        return not any(finding.level is Level.ERROR for finding in self.findings)

    def count_changes(self, action: Action) -> int:
        return sum(change.action is action for change in self.changes)
