"""The desired account: the entities of a file, and the rules that the file sets for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from reconciler.model.address import Address
from reconciler.model.assertions import Assertion
from reconciler.model.live import State
from reconciler.model.problem import Place, Problem


@dataclass(frozen=True, slots=True)
class KeyRule:
    """The limits of a file on a user's access keys. max_age: in seconds. None means no limit."""

    max_age: int | None = None
    max_count: int | None = None


class ExpiryKind(StrEnum):
    """The part of an entity that expires.

    TRUST, INLINE and ENTITY expire through a condition on the time in their policies; the others need an apply.
    """

    TRUST = "trust"
    ATTACHMENT = "policies"
    MEMBERSHIP = "groups"
    INLINE = "inline_policies"
    ENTITY = "expires"

    @property
    def needs_apply(self) -> bool:
        return self in (ExpiryKind.ATTACHMENT, ExpiryKind.MEMBERSHIP)


@dataclass(frozen=True, slots=True)
class Expiry:
    """The end of an entity, or of a part of it.

    at: the time, in UTC. place: the line of the file.
    name: the policy, group or inline policy as in the file; empty for a trust rule and for the entity itself.
    ignored: True if `ignore_changes` names the part, so that the end has no effect.
    """

    at: datetime
    place: Place
    name: str = ""
    kind: ExpiryKind = ExpiryKind.ATTACHMENT
    ignored: bool = False


@dataclass(frozen=True, slots=True)
class Declaration:
    """The lines of a file about one entity that are not part of the entity itself.

    place: the line of the entity.
    protect: None if the file has no such line.
    ignore_changes: fields that a plan does not compare.
    mfa: True if the entry of the user or group has `mfa: required`.
    derived_from: the role whose declaration also made this one (an instance profile).
    console: True if the user must have a password for the console.
    access_keys: the limits on its access keys.
    expiries: the parts that expire.
    """

    place: Place
    protect: bool | None = None
    ignore_changes: tuple[str, ...] = ()
    mfa: bool = False
    derived_from: Address | None = None
    console: bool = False
    access_keys: KeyRule | None = None
    expiries: tuple[Expiry, ...] = ()


@dataclass(frozen=True, slots=True)
class Move:
    """A rename of an entity. AWS renames users and groups; other kinds are replaced."""

    old: Address
    new: Address
    place: Place


@dataclass(frozen=True, slots=True)
class Settings:
    """The `settings:` of a file.

    prune: which live entities that the file lacks are deleted.
    ignore: patterns of addresses that are left alone.
    max_deletes, max_delete_percent, max_removals: a plan that takes more needs a flag.
    break_glass: users and roles that must keep a way in, and the power to undo any plan.
    prune_also: patterns of addresses that AWS services made and `prune` deletes all the same.
    """

    prune: str = "owned"
    ignore: tuple[str, ...] = ()
    max_deletes: int = 10
    max_delete_percent: float = 30
    max_removals: int = 50
    break_glass: tuple[Address, ...] = ()
    prune_also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Alias:
    """A role that people assume by a short name.

    role: the address of the role, if it is in this account.
    via: the alias whose session assumes this one.
    duration: in seconds.
    mfa: None if the role's trust and the caller's policies decide.
    """

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
    """The meaning of a file for one account.

    state: the entities of the file. owner: its owner; None if it has none.
    declarations: further lines about each entity.
    problems: errors and warnings about the file.
    now: the time at which parts that expire are checked; None if nothing counts as expired.
    setting_places: the line of each setting.
    sections: the kinds whose section the file has, even if it is empty.
    assertions: sentences about access that must stay true.
    saved_places: the lines of entities in a saved plan, which has no declarations.
    undone_owners: the owners of the applies that an undo takes back. An undo has no `owner`, because it adopts nothing.
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
    sections: frozenset[str] = frozenset()
    assertions: tuple[Assertion, ...] = ()
    undone_owners: frozenset[str] = frozenset()
    saved_places: Mapping[Address, Place] = field(default_factory=dict)

    @property
    def owners(self) -> frozenset[str]:
        """Return the owners whose entities need no --take-over."""
        return self.undone_owners if self.owner is None else self.undone_owners | {self.owner}

    @property
    def places(self) -> Mapping[Address, Place]:
        """Return the line of each entity of the file; of a saved plan, as far as it has them."""
        return {**self.saved_places, **{address: one.place for address, one in self.declarations.items()}}

    def place_of(self, address: Address | None) -> Place | None:
        """Return the line of an entity; None if it is not known."""
        declaration = self.declarations.get(address) if address else None
        return declaration.place if declaration else self.saved_places.get(address) if address else None
