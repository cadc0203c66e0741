"""The live account: its entities, and facts about them that only AWS knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from reconciler.model.address import Address
from reconciler.model.entity import Entity
from reconciler.model.problem import Problem


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
class OwnedCredentials:
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
class LiveDetails:
    """Holds what only live IAM has; never compared.

    versions: of each customer-managed policy. devices: of each user asked about. owned_credentials: of each user
    that a plan may delete. quotas: GetAccountSummary, None where nobody has asked. unique_ids: AIDA… and
    AROA… → the entity they are.
    external_policies: ARN of a policy of AWS or another account that was asked about → whether it exists.
    fully_read: entities that were asked about one by one, so that nothing is missing or lags.
    devices_unread: users whose devices may not be read. unread: kinds, and single entities of the account, of which
    not everything may be read. notes: optional reads that were denied.
    console_passwords: user that was asked about → whether it has a password; access_keys: likewise its keys; None in
    both: that may not be read. unassigned_devices: serial numbers of virtual MFA devices that are nobody's.
    role_templates: role → the ARN of the role template that AWS made it from.
    expirations: entity → when AWS lets it end (a server certificate), with a time zone.
    read_at: when the account was read; None where nobody read one.
    """

    versions: Mapping[Address, tuple[PolicyVersion, ...]] = field(default_factory=dict)
    devices: Mapping[Address, tuple[MfaDevice, ...]] = field(default_factory=dict)
    owned_credentials: Mapping[Address, OwnedCredentials] = field(default_factory=dict)
    quotas: Mapping[str, int] | None = None
    unique_ids: Mapping[str, Address] = field(default_factory=dict)
    caller: str = ""
    external_policies: Mapping[str, bool] = field(default_factory=dict)
    fully_read: frozenset[Address] = frozenset()
    devices_unread: frozenset[Address] = frozenset()
    unread: frozenset[str] = frozenset()
    notes: tuple[Problem, ...] = ()
    console_passwords: Mapping[Address, bool | None] = field(default_factory=dict)
    access_keys: Mapping[Address, tuple[AccessKey, ...] | None] = field(default_factory=dict)
    unassigned_devices: frozenset[str] = frozenset()
    read_at: datetime | None = None
    role_templates: Mapping[Address, str] = field(default_factory=dict)
    expirations: Mapping[Address, datetime] = field(default_factory=dict)


class NotReadError(Exception):
    """Something was asked of a part of an account that nobody read. Always a mistake of ours, never of a user's."""


class PartialEntities(Mapping[Address, Entity]):
    """The entities of a part of an account. What was not read is not absent: to ask for it raises NotRead."""

    def __init__(self, entities: Mapping[Address, Entity], known: frozenset[Address]) -> None:
        self._entities = dict(entities)
        self._known = known

    def __getitem__(self, address: Address) -> Entity:
        if address not in self._entities and address not in self._known:
            raise NotReadError(f"{address} was not read")
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

    known_addresses: what was read, there or not, where that is only a part of the account; None: everything.
    """

    account: str
    partition: str
    entities: Mapping[Address, Entity]
    details: LiveDetails = field(default_factory=LiveDetails)
    known_addresses: frozenset[Address] | None = None

    def __post_init__(self) -> None:
        if self.known_addresses is not None:
            object.__setattr__(self, "entities", PartialEntities(self.entities, self.known_addresses))

    @property
    def all_entities(self) -> Mapping[Address, Entity]:
        """Every entity of the account, for who looks for all that have something. Raises NotRead for a part."""
        if self.known_addresses is not None:
            raise NotReadError(f"only a part of account {self.account} was read")
        return self.entities
