"""A plan is a list of AWS calls with reasons: Call < Step < Change < Plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum

from reconciler.model.address import Address
from reconciler.model.desired import Move, Settings
from reconciler.model.document import Statement
from reconciler.model.entity import Entity
from reconciler.model.live import State
from reconciler.model.problem import Level, Problem


class Action(StrEnum):
    """What happens to an entity; the symbol is how the text plan marks it."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    ADOPT = "adopt"

    @property
    def symbol(self) -> str:
        return {"create": "+", "update": "~", "delete": "-", "adopt": "@"}[self.value]


class Phase(IntEnum):
    """Barriers of an apply, in order. Make before break is this order, and what `plan/order/constraints.py` adds in
    needs.

    GUARDED: one call that allows some things and denies others; UNGUARDED: one that takes both back. SWAP: one
    that gives, and takes or lifts a Deny at once (a document edited in place). RELEASE: a Deny or a boundary that
    comes off, once what it held back is gone. ACCOUNT: settings of the account itself, for which nothing waits.
    """

    CREATE = 1
    RESTRICT = 2
    GUARDED = 3
    WIDEN = 4
    SWAP = 5
    NARROW = 6
    UNGUARDED = 7
    RELEASE = 8
    DELETE = 9
    ACCOUNT = 10


Fact = tuple[str, ...]
"""Something a step makes true or relies on: ("present", "user/a"), ("unlinked", "role/r", "policy/p")."""
ORDER_FACT = "order"
"""The kind of the facts that say nothing of IAM, only which call waits for which."""


@dataclass(frozen=True, slots=True)
class Call:
    """One IAM API call, exactly as boto3 will get it. `parameters` are JSON values."""

    operation: str
    parameters: Mapping[str, object]


class Severity(IntEnum):
    """What happens for a moment where two calls come the other way round; the worse one is the greater."""

    UNSURE = 1
    GAP = 2
    EXCESS = 3


@dataclass(frozen=True, slots=True)
class Exposure:
    """What may be broken from a step on, until the one that makes `until`: `principal` has `statements` too much, or
    too little.

    principal: a user or role. severity: EXCESS or GAP. cycle: what the steps make that would have to wait for each
    other; empty where a quota is why. unread_policies: ARNs of the policies whose content is not read and decides.
    """

    severity: Severity
    principal: Address
    statements: frozenset[Statement]
    until: Fact
    cycle: frozenset[Fact] = frozenset()
    unread_policies: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Step:
    """One call with its place in the order. `note`: the quota that gives it this place, in words.

    exposures: what may be broken by that place.
    gives, takes, denies, lifts: of a call that writes a document, the Allows that it brings and takes away, and the
    Denies that it adds and lifts.
    document: which one, by its holder's address and its inline name, where it can be written in stages.
    affects_caller: it may take from what the caller's own rights hang on, and so waits for everything else.
    """

    address: Address
    call: Call
    phase: Phase
    needs: frozenset[Fact] = frozenset()
    makes: frozenset[Fact] = frozenset()
    note: str = ""
    exposures: tuple[Exposure, ...] = ()
    gives: frozenset[Statement] = frozenset()
    takes: frozenset[Statement] = frozenset()
    denies: frozenset[Statement] = frozenset()
    lifts: frozenset[Statement] = frozenset()
    document: tuple[Address, str] | None = None
    affects_caller: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """One compared path of an entity (`tags.team`, `document`) with its two values; None where absent."""

    path: str
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class Change:
    """`steps` are in the order of the whole plan; `reason` says why a deletion, adoption or replacement is in it.

    before None: it does not exist; after None: it goes.
    """

    address: Address
    action: Action
    fields: tuple[Field, ...] = ()
    steps: tuple[Step, ...] = ()
    reason: str = ""
    before: Entity | None = None
    after: Entity | None = None


@dataclass(frozen=True, slots=True)
class RoleAccess:
    """`principal` (an address, an ARN, `service:HOST`, `*`) may assume `role`.

    mfa: only with MFA. conditions: keys that it also depends on, in lower case; empty where nothing is unknown.
    terms: the conditions behind that, values and all, as texts; compared apart.
    """

    principal: str
    role: str
    mfa: bool = False
    conditions: tuple[str, ...] = ()
    terms: frozenset[str] = field(default=frozenset(), compare=False)


@dataclass(frozen=True, slots=True)
class Access:
    """Who may assume which role of an account, by principal and role."""

    roles: tuple[RoleAccess, ...] = ()

    def to_role(self, role: str) -> tuple[RoleAccess, ...]:
        """Return who may assume one role (`role/admin`)."""
        return tuple(access for access in self.roles if access.role == role)

    def of_principal(self, principal: str) -> tuple[RoleAccess, ...]:
        """Return what one principal may assume (`user/alice`, `service:ec2.amazonaws.com`, an ARN)."""
        return tuple(access for access in self.roles if access.principal == principal)


@dataclass(frozen=True, slots=True)
class PrincipalPower:
    """`principal` has a power: administrator's (grade `administrator`), or a known way to it (`escalation`)."""

    principal: str
    power: str
    grade: str


@dataclass(frozen=True, slots=True)
class AccessDelta:
    """What a plan changes of who may do what. `changed`: before and after of who may under other conditions."""

    gained: tuple[RoleAccess, ...] = ()
    lost: tuple[RoleAccess, ...] = ()
    changed: tuple[tuple[RoleAccess, RoleAccess], ...] = ()
    powers_gained: tuple[PrincipalPower, ...] = ()
    powers_lost: tuple[PrincipalPower, ...] = ()


@dataclass(frozen=True, slots=True)
class UnmanagedEntity:
    """A live entity that no file declares. `owner`: of another stack's tag."""

    address: Address
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class ServiceManagedEntity:
    """An entity that `prune` leaves, since a service of AWS put it there. `reason`: that service, or the role."""

    address: Address
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """`steps` holds every step of every change, in the order in which an apply makes the calls.

    `settings` are those whose thresholds judged it. targets: what --target named; empty for the whole file.
    moves: of the file. valid_until: when the file will ask for something else, None where it will not.
    goal: what live IAM is to match, in words. unmanaged: None where nobody asked. reads: about how many calls it took
    to read the whole account; 0 where only a part was read, which tells nothing of who gains or loses access.
    after: the account as it will be.
    """

    account: str
    partition: str
    owner: str | None
    settings: Settings
    changes: tuple[Change, ...] = ()
    steps: tuple[Step, ...] = ()
    findings: tuple[Problem, ...] = ()
    access: AccessDelta = AccessDelta()
    targets: tuple[Address, ...] = ()
    moves: tuple[Move, ...] = ()
    valid_until: datetime | None = None
    unmanaged: tuple[UnmanagedEntity, ...] | None = None
    left_alone: tuple[ServiceManagedEntity, ...] = ()
    goal: str = "the file"
    reads: int = 0
    after: State | None = field(default=None, compare=False, repr=False)

    @property
    def is_safe(self) -> bool:
        return not any(finding.level is Level.ERROR for finding in self.findings)

    def count_changes(self, action: Action) -> int:
        return sum(change.action is action for change in self.changes)
