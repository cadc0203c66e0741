"""One frozen dataclass per IAM kind, the same for the file and for the account.

References are ARNs (policies, boundaries) or names (groups); every field here is compared.
What only live IAM has (version ids, devices, keys) is in `model/live.py`, and never compared.

Here are the kinds that others name; one that nobody else looks into has its class in its own file of `kinds/`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from reconciler.model.address import Address
from reconciler.model.document import Document, Statement

Tags = Mapping[str, str]

_AWS_OWNED_PATHS = ("/aws-service-role/", "/aws-reserved/")


@dataclass(frozen=True, slots=True)
class Entity:
    """What every kind has.

    kind: address prefix. left_if_absent: fields that are None where the file leaves them as they are live.
    is_prunable: False for what is touched only where a file declares it. folds_tag_keys: IAM ignores the letter case of
    its tags' keys.
    """

    kind: ClassVar[str]
    left_if_absent: ClassVar[frozenset[str]] = frozenset()
    is_prunable: ClassVar[bool] = True
    folds_tag_keys: ClassVar[bool] = False

    name: str

    @classmethod
    def class_for_name(cls, name: str) -> type[Entity]:
        """The class of the entity of this name; another for kinds whose entities are not alike."""
        return cls

    @property
    def address(self) -> Address:
        return Address(self.kind, self.name)

    @property
    def path(self) -> str:
        """`/` for kinds whose names have no path."""
        return "/"

    @property
    def is_aws_owned(self) -> bool:
        """True for what AWS's services make for themselves: it is never pruned."""
        return self.path.startswith(_AWS_OWNED_PATHS)

    @property
    def documents(self) -> Iterable[Document]:
        """Every policy document that it holds itself."""
        return ()

    def revokes_access(self, after: Entity, statement: Statement) -> str:
        """What a change of a provider takes from those whom a trust's statement lets in through it; "" for nothing."""
        return ""


@dataclass(frozen=True, slots=True)
class Policy(Entity):
    """A customer-managed policy.

    `description` None: the file leaves it as it is live (AWS never changes it), or the list call left it out.
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
    kind: ClassVar[str] = "group"

    path: str = "/"
    policies: frozenset[str] = frozenset()
    inline_policies: Mapping[str, Document] = field(default_factory=dict)

    @property
    def documents(self) -> Iterable[Document]:
        return self.inline_policies.values()


@dataclass(frozen=True, slots=True)
class User(Entity):
    """`groups` are addresses, so that letter case does not matter.

    console: whether it has a password to sign in with; None: left as it is, or nobody has asked.
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
    """Durations in seconds.

    max_signin_session_duration: 0 if AWS has none set; None if the file leaves it as it is live.
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
    """`role` is the address of the one role it may hold."""

    kind: ClassVar[str] = "instance-profile"

    path: str = "/"
    role: Address | None = None
    tags: Tags = field(default_factory=dict)
