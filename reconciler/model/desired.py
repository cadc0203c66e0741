"""The desired account: the entities that a file asks for, and the rules that it sets for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from reconciler.model.address import Address
from reconciler.model.live import State
from reconciler.model.problem import Place, Problem


@dataclass(frozen=True, slots=True)
class KeyRule:
    """What a file asks of a user's access keys; `max_age` in seconds. None: anything goes."""

    max_age: int | None = None
    max_count: int | None = None


class ExpiryKind(StrEnum):
    """Names the part of an entity that ends. TRUST, INLINE and ENTITY by a condition that AWS compares, the others by
    an apply."""

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
    """The end of something that an entity has, in UTC. `name`: the policy, group or inline policy, as the file has it;
    empty for a trust rule and for the entity itself."""

    at: datetime
    place: Place
    name: str = ""
    kind: ExpiryKind = ExpiryKind.ATTACHMENT


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
    gives each of its settings. sections: the kinds of which the file has the section, be it empty.
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
