"""One frozen dataclass per IAM kind, the same for the file and for the account.

References are ARNs (policies, boundaries) or names (groups); every field here is compared.
What only live IAM has (version ids, devices, keys) is in `model/state.py`, and never compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.model.address import Address
from reconciler.model.document import Document

Tags = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Policy:
    """A customer-managed policy.

    `description` None: the file leaves it as it is live (AWS never changes it), or the list call left it out.
    """

    name: str
    document: Document
    path: str = "/"
    description: str | None = None
    tags: Tags = field(default_factory=dict)

    @property
    def address(self) -> Address:
        return Address("policy", self.name)


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    path: str = "/"
    policies: frozenset[str] = frozenset()
    inline_policies: Mapping[str, Document] = field(default_factory=dict)

    @property
    def address(self) -> Address:
        return Address("group", self.name)


@dataclass(frozen=True, slots=True)
class User:
    """`groups` are addresses, so that letter case does not matter."""

    name: str
    path: str = "/"
    groups: frozenset[Address] = frozenset()
    policies: frozenset[str] = frozenset()
    inline_policies: Mapping[str, Document] = field(default_factory=dict)
    permissions_boundary: str | None = None
    tags: Tags = field(default_factory=dict)

    @property
    def address(self) -> Address:
        return Address("user", self.name)


@dataclass(frozen=True, slots=True)
class Role:
    """`max_session_duration` in seconds."""

    name: str
    trust_policy: Document
    path: str = "/"
    description: str = ""
    max_session_duration: int = 3600
    policies: frozenset[str] = frozenset()
    inline_policies: Mapping[str, Document] = field(default_factory=dict)
    permissions_boundary: str | None = None
    tags: Tags = field(default_factory=dict)

    @property
    def address(self) -> Address:
        return Address("role", self.name)


@dataclass(frozen=True, slots=True)
class InstanceProfile:
    """`role` is the address of the one role it may hold."""

    name: str
    path: str = "/"
    role: Address | None = None
    tags: Tags = field(default_factory=dict)

    @property
    def address(self) -> Address:
        return Address("instance-profile", self.name)


Entity = Policy | Group | User | Role | InstanceProfile
