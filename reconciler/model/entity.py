"""One frozen dataclass per IAM kind, the same for the file and for the account.

References are ARNs (policies, boundaries) or addresses (groups, roles). Every field is compared. Details that only live
IAM has (version ids, devices, keys) are in `model/live.py`, and never compared.

This module has the kinds that other modules use. The class of any other kind is in its own file of `kinds/`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from reconciler.model.address import Address
from reconciler.model.document import Document, Statement

Tags = Mapping[str, str]

_AWS_OWNED_PATHS = ("/aws-service-role/", "/aws-reserved/")


class _Addressed:
    """The place in which an entity keeps its address. It is not a field, because it follows from kind and name."""

    __slots__ = ("_address",)

    _address: Address


@dataclass(frozen=True, slots=True)
class Entity(_Addressed):
    """The base of every kind.

    kind: the first part of its addresses.
    left_if_absent: fields that are None if the file leaves their live value alone.
    is_prunable: False if `prune` never deletes this kind.
    folds_tag_keys: True if IAM ignores the letter case of tag keys.
    """

    kind: ClassVar[str]
    left_if_absent: ClassVar[frozenset[str]] = frozenset()
    is_prunable: ClassVar[bool] = True
    folds_tag_keys: ClassVar[bool] = False

    name: str

    @classmethod
    def class_for_name(cls, name: str) -> type[Entity]:
        """Return the class of the entity with a name; a kind may have several classes."""
        return cls

    @property
    def address(self) -> Address:
        """Return the address, the same object at each call."""
        try:
            return self._address
        except AttributeError:
            object.__setattr__(self, "_address", Address(self.kind, self.name))
            return self._address

    @property
    def path(self) -> str:
        """Return the path; `/` for kinds without paths."""
        return "/"

    @property
    def is_aws_owned(self) -> bool:
        """Return whether an AWS service made the entity for itself; `prune` never deletes it."""
        return self.path.startswith(_AWS_OWNED_PATHS)

    @property
    def documents(self) -> Iterable[Document]:
        """Return every policy document that is part of the entity."""
        return ()

    def revokes_access(self, after: Entity, statement: Statement) -> str:
        """Return a phrase for the access that a change of this provider takes from callers of a trust; "" for none.

        after: the provider after the change. statement: the trust's statement that lets the callers in.
        """
        return ""


@dataclass(frozen=True, slots=True)
class Policy(Entity):
    """A customer-managed policy.

    description: None if the file leaves it alone (AWS cannot change it), or if the list call did not return it.
    """

    kind: ClassVar[str] = "policy"
    left_if_absent: ClassVar[frozenset[str]] = frozenset(["description"])

    document: Document
    path: str = "/"
    description: str | None = None
    tags: Tags = field(default_factory=dict)

    @property
    def documents(self) -> Iterable[Document]:
        return (self.document,)


@dataclass(frozen=True, slots=True)
class Group(Entity):
    """A group of users."""

    kind: ClassVar[str] = "group"

    path: str = "/"
    policies: frozenset[str] = frozenset()
    inline_policies: Mapping[str, Document] = field(default_factory=dict)

    @property
    def documents(self) -> Iterable[Document]:
        return self.inline_policies.values()


@dataclass(frozen=True, slots=True)
class User(Entity):
    """A user.

    groups: addresses, so that letter case does not count.
    console: True if it has a password for the console; None if the file leaves that alone, or it was not read.
    """

    kind: ClassVar[str] = "user"
    left_if_absent: ClassVar[frozenset[str]] = frozenset(["console"])
    folds_tag_keys: ClassVar[bool] = True

    path: str = "/"
    groups: frozenset[Address] = frozenset()
    policies: frozenset[str] = frozenset()
    inline_policies: Mapping[str, Document] = field(default_factory=dict)
    permissions_boundary: str | None = None
    tags: Tags = field(default_factory=dict)
    console: bool | None = None

    @property
    def documents(self) -> Iterable[Document]:
        return self.inline_policies.values()


@dataclass(frozen=True, slots=True)
class Role(Entity):
    """A role. Durations are in seconds.

    max_signin_session_duration: 0 if the role has none; None if the file leaves it alone.
    """

    kind: ClassVar[str] = "role"
    left_if_absent: ClassVar[frozenset[str]] = frozenset(["max_signin_session_duration"])
    folds_tag_keys: ClassVar[bool] = True

    trust_policy: Document
    path: str = "/"
    description: str = ""
    max_session_duration: int = 3600
    policies: frozenset[str] = frozenset()
    inline_policies: Mapping[str, Document] = field(default_factory=dict)
    permissions_boundary: str | None = None
    tags: Tags = field(default_factory=dict)
    max_signin_session_duration: int | None = None

    @property
    def documents(self) -> Iterable[Document]:
        return (self.trust_policy, *self.inline_policies.values())


@dataclass(frozen=True, slots=True)
class InstanceProfile(Entity):
    """An instance profile. role: the address of its one role; None if it has none."""

    kind: ClassVar[str] = "instance-profile"

    path: str = "/"
    role: Address | None = None
    tags: Tags = field(default_factory=dict)
