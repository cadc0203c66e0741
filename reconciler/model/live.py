"""The live account: its entities, and details of them that only AWS has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from reconciler.model.address import Address
from reconciler.model.document import Document
from reconciler.model.entity import Entity
from reconciler.model.guardrails import Guardrails
from reconciler.model.problem import Problem


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """A version of a managed policy. created: an ISO 8601 text, so that versions sort by age."""

    id: str
    created: str
    default: bool

    @property
    def number(self) -> int:
        """Return the number in the id, whose form is `v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?` (IAM API, PolicyVersion)."""
        digits = self.id.removeprefix("v").partition(".")[0]
        return int(digits) if digits.isdecimal() else 0


@dataclass(frozen=True, slots=True)
class MfaDevice:
    """An MFA device. serial: an ARN for virtual and FIDO devices, a plain number for hardware."""

    serial: str

    @property
    def virtual(self) -> bool:
        return ":mfa/" in self.serial

    @property
    def kind(self) -> str:
        """Return virtual, passkey (also for a security key), hardware or other (IAM User Guide, MFA serial numbers)."""
        if self.virtual:
            return "virtual"
        if ":u2f/" in self.serial:
            return "passkey"
        return "other" if self.serial.startswith("arn:") else "hardware"

    @property
    def gives_codes(self) -> bool:
        """Return whether AWS accepts its codes in API calls; a passkey works only in the console."""
        return self.kind in ("virtual", "hardware")


@dataclass(frozen=True, slots=True)
class AccessKey:
    """An access key. id: AKIA…, which is not secret. created: a time with a time zone."""

    id: str
    created: datetime
    active: bool


@dataclass(frozen=True, slots=True)
class OwnedCredentials:
    """The credentials of a user that must be deleted before the user (IAM API, DeleteUser).

    unread: operations that list some of them, and that were denied or not answered.
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
    """Details that only live IAM has; a plan never compares them.

    versions: the versions of each customer-managed policy.
    devices: the MFA devices of each user that was read for them.
    owned_credentials: the credentials of each user that a plan may delete.
    quotas: the answer of GetAccountSummary; None if it was not read.
    unique_ids: maps AIDA… and AROA… to the user or role.
    caller: the ARN of the credentials that read the account.
    external_policies: for policies of AWS or another account: maps the ARN to True if the policy exists.
    external_documents: the content of policies of AWS that was read, by ARN; None if AWS denied that.
    fully_read: entities that were read one by one, so that their data is complete and current.
    devices_unread: users whose devices may not be read.
    unread: kinds, and single entities, that could only be read in part.
    notes: findings about optional reads that were denied.
    console_passwords: maps a user to True if it has a password; None if that may not be read.
    access_keys: maps a user to its keys; None if they may not be read.
    unassigned_devices: serial numbers of virtual MFA devices without a user.
    read_at: the time of the read; None if no account was read.
    role_templates: maps a role to the ARN of the role template that AWS made it from.
    expirations: maps an entity to the time at which AWS lets it end (a server certificate), with a time zone.
    account_alias: the alias of the account; None if it has none, or if it may not be read.
    """

    versions: Mapping[Address, tuple[PolicyVersion, ...]] = field(default_factory=dict)
    devices: Mapping[Address, tuple[MfaDevice, ...]] = field(default_factory=dict)
    owned_credentials: Mapping[Address, OwnedCredentials] = field(default_factory=dict)
    quotas: Mapping[str, int] | None = None
    unique_ids: Mapping[str, Address] = field(default_factory=dict)
    caller: str = ""
    external_policies: Mapping[str, bool] = field(default_factory=dict)
    external_documents: Mapping[str, Document | None] = field(default_factory=dict)
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
    account_alias: str | None = None


class NotReadError(Exception):
    """Says that the code asked for an entity that was not read. This is always a bug, never a user's mistake."""


class PartialEntities(Mapping[Address, Entity]):
    """The entities of a part of an account. To ask for an entity that was not read raises NotReadError."""

    def __init__(self, entities: Mapping[Address, Entity], known_addresses: frozenset[Address]) -> None:
        self._entities = dict(entities)
        self._known = known_addresses

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
    """The entities of one account by address.

    account: 12 digits. partition: aws, aws-cn, …
    details: facts that only live IAM has.
    known_addresses: the addresses that were read, whether an entity exists there or not; None if all were read.
    guardrails: the organization's policies over the account, as a file names them; None if no file does.
    """

    account: str
    partition: str
    entities: Mapping[Address, Entity]
    details: LiveDetails = field(default_factory=LiveDetails)
    known_addresses: frozenset[Address] | None = None
    guardrails: Guardrails | None = None

    def __post_init__(self) -> None:
        if self.known_addresses is not None:
            object.__setattr__(self, "entities", PartialEntities(self.entities, self.known_addresses))

    @property
    def all_entities(self) -> Mapping[Address, Entity]:
        """Return every entity of the account, for searches. Raises NotReadError if only a part was read."""
        if self.known_addresses is not None:
            raise NotReadError(f"only a part of account {self.account} was read")
        return self.entities
