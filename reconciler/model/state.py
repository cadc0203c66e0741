"""A whole account, live or desired, and what is known of each side beyond its entities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from reconciler.model.address import Address
from reconciler.model.entity import Entity
from reconciler.model.problem import Place, Problem


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """`created` is an ISO 8601 text, so that versions sort by age."""

    id: str
    created: str
    default: bool

    @property
    def number(self) -> int:
        """The number in the id, which has the pattern `v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?` (IAM API, PolicyVersion)."""
        digits = self.id.removeprefix("v").partition(".")[0]
        return int(digits) if digits.isdecimal() else 0


@dataclass(frozen=True, slots=True)
class MfaDevice:
    """`serial` is an ARN for virtual and FIDO devices, a plain number for hardware."""

    serial: str

    @property
    def virtual(self) -> bool:
        return ":mfa/" in self.serial

    @property
    def kind(self) -> str:
        """virtual, passkey (a security key too), hardware or other (IAM User Guide, MFA serial numbers)."""
        if self.virtual:
            return "virtual"
        if ":u2f/" in self.serial:
            return "passkey"
        return "other" if self.serial.startswith("arn:") else "hardware"

    @property
    def gives_codes(self) -> bool:
        """Whether AWS takes its codes in API calls; passkeys are for the console alone."""
        return self.kind in ("virtual", "hardware")


@dataclass(frozen=True, slots=True)
class AccessKey:
    """`id` is no secret (AKIA…); `created` has a time zone."""

    id: str
    created: datetime
    active: bool


@dataclass(frozen=True, slots=True)
class KeyRule:
    """What a file asks of a user's access keys; `max_age` in seconds. None: anything goes."""

    max_age: int | None = None
    max_count: int | None = None


@dataclass(frozen=True, slots=True)
class Belongings:
    """What a user owns that must go before the user can (IAM API, DeleteUser).

    unread: operations that would tell, and were denied or not answered.
    """

    login_profile: bool = False
    access_keys: tuple[str, ...] = ()
    signing_certificates: tuple[str, ...] = ()
    ssh_public_keys: tuple[str, ...] = ()
    service_credentials: tuple[str, ...] = ()
    mfa_devices: tuple[MfaDevice, ...] = ()
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """Holds what only live IAM has; never compared.

    versions: of each customer-managed policy. devices: of each user asked about. belongings: of each user
    that a plan may delete. quotas: GetAccountSummary, None where nobody has asked. unique_ids: AIDA… and
    AROA… → the entity they are.
    outside_policies: ARN of a policy of AWS or another account that was asked about → whether it exists.
    detailed: entities that were asked about one by one, so that nothing is missing or lags.
    devices_unread: users whose devices may not be read. unread: kinds, and single entities of the account, of which
    not everything may be read. notes: optional reads that were denied.
    consoles: user that was asked about → whether it has a password; access_keys: likewise its keys; None in both:
    that may not be read. unassigned_devices: serial numbers of virtual MFA devices that are nobody's.
    templates: role → the ARN of the role template that AWS made it from.
    read_at: when the account was read; None where nobody read one.
    """

    versions: Mapping[Address, tuple[PolicyVersion, ...]] = field(default_factory=dict)
    devices: Mapping[Address, tuple[MfaDevice, ...]] = field(default_factory=dict)
    belongings: Mapping[Address, Belongings] = field(default_factory=dict)
    quotas: Mapping[str, int] | None = None
    unique_ids: Mapping[str, Address] = field(default_factory=dict)
    caller: str = ""
    outside_policies: Mapping[str, bool] = field(default_factory=dict)
    detailed: frozenset[Address] = frozenset()
    devices_unread: frozenset[Address] = frozenset()
    unread: frozenset[str] = frozenset()
    notes: tuple[Problem, ...] = ()
    consoles: Mapping[Address, bool | None] = field(default_factory=dict)
    access_keys: Mapping[Address, tuple[AccessKey, ...] | None] = field(default_factory=dict)
    unassigned_devices: frozenset[str] = frozenset()
    read_at: datetime | None = None
    templates: Mapping[Address, str] = field(default_factory=dict)


class NotRead(Exception):
    """Something was asked of a part of an account that nobody read. Always a mistake of ours, never of a user's."""


class Part(Mapping[Address, Entity]):
    """The entities of a part of an account. What was not read is not absent: to ask for it raises NotRead."""

    def __init__(self, entities: Mapping[Address, Entity], known: frozenset[Address]) -> None:
        self._entities = dict(entities)
        self._known = known

    def __getitem__(self, address: Address) -> Entity:
        if address not in self._entities and address not in self._known:
            raise NotRead(f"{address} was not read")
        return self._entities[address]

    def __contains__(self, address: object) -> bool:
        return isinstance(address, Address) and self.get(address) is not None

    def __iter__(self) -> Iterator[Address]:
        return iter(self._entities)

    def __len__(self) -> int:
        return len(self._entities)


@dataclass(frozen=True, slots=True)
class State:
    """The entities of one account by address. `account` is 12 digits; `partition` is aws, aws-cn, …

    known: what was read, there or not, where that is only a part of the account; None: everything.
    """

    account: str
    partition: str
    entities: Mapping[Address, Entity]
    facts: Facts = field(default_factory=Facts)
    known: frozenset[Address] | None = None

    def __post_init__(self) -> None:
        if self.known is not None:
            object.__setattr__(self, "entities", Part(self.entities, self.known))

    @property
    def everything(self) -> Mapping[Address, Entity]:
        """Every entity of the account, for who looks for all that have something. Raises NotRead for a part."""
        if self.known is not None:
            raise NotRead(f"only a part of account {self.account} was read")
        return self.entities


class Ending(StrEnum):
    """Names the part of an entity that ends. TRUST, INLINE and ENTITY by a condition that AWS compares, the others by
    an apply."""

    TRUST = "trust"
    ATTACHMENT = "policies"
    MEMBERSHIP = "groups"
    INLINE = "inline_policies"
    ENTITY = "expires"

    @property
    def needs_apply(self) -> bool:
        return self in (Ending.ATTACHMENT, Ending.MEMBERSHIP)


@dataclass(frozen=True, slots=True)
class Expiry:
    """The end of something that an entity has, in UTC. `name`: the policy, group or inline policy, as the file has it;
    empty for a trust rule and for the entity itself."""

    at: datetime
    place: Place
    name: str = ""
    ending: Ending = Ending.ATTACHMENT


@dataclass(frozen=True, slots=True)
class Declaration:
    """How a file speaks of one entity, beside what it must look like.

    protect None: the line is absent. mfa: the user must have a device (own rule, or a group's).
    derived_from: the role whose declaration made this one (an instance profile).
    console: the user must have a password to sign in with. access_keys: the rule for its keys.
    expiries: its lines with `expires`.
    """

    place: Place
    protect: bool | None = None
    ignore_changes: tuple[str, ...] = ()
    mfa: bool = False
    derived_from: Address | None = None
    console: bool = False
    access_keys: KeyRule | None = None
    expiries: tuple[Expiry, ...] = ()


RENAMABLE = ("user", "group")
"""The kinds whose name AWS changes (UpdateUser, UpdateGroup)."""


@dataclass(frozen=True, slots=True)
class Move:
    """`old` becomes `new`, of the same kind: renamed where AWS can, else replaced."""

    old: Address
    new: Address
    place: Place


@dataclass(frozen=True, slots=True)
class Settings:
    prune: str = "owned"
    ignore: tuple[str, ...] = ()
    max_deletes: int = 10
    max_delete_percent: float = 30
    max_removals: int = 50
    break_glass: tuple[Address, ...] = ()
    prune_also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Alias:
    """A role that people assume. `duration` in seconds; `mfa` None: known from the role's trust and
    the caller's policies."""

    name: str
    role_arn: str
    role: Address | None
    place: Place
    source_profile: str | None = None
    via: str | None = None
    region: str | None = None
    duration: int | None = None
    session_name: str | None = None
    external_id: str | None = None
    mfa_serial: str | None = None
    mfa: bool | None = None
    source_identity: str | None = None
    session_tags: Mapping[str, str] = field(default_factory=dict)
    transitive_tags: tuple[str, ...] = ()
    policy: str | None = None
    policy_arns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Desired:
    """What a file means for one account: the state it asks for, and how.

    now: when that was asked, which decides what is over; None: nothing counts as over. setting_places: where the file
    gives each of its settings.
    """

    state: State
    owner: str | None
    settings: Settings
    declarations: Mapping[Address, Declaration]
    aliases: Mapping[str, Alias]
    problems: tuple[Problem, ...] = ()
    now: datetime | None = None
    moves: tuple[Move, ...] = ()
    setting_places: Mapping[str, Place] = field(default_factory=dict)
