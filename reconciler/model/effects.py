"""The effect of one IAM call as a value: how the call changes an entity, and which calls reverse it.

The kinds give each step its effect (`kinds/`). So no other code infers the meaning of a call from its operation or its
parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from reconciler.model.address import Address
from reconciler.model.document import Document, Statement
from reconciler.model.entity import Entity, Group, InstanceProfile, Policy, Role, User

Statements = frozenset[Statement]
NO_STATEMENTS: Statements = frozenset()
NO_OPERATION = ""


@dataclass(frozen=True, slots=True)
class PermissionDelta:
    """The statements that a change adds and removes.

    gives, takes: Allow statements that it adds and removes. denies, lifts: Deny statements that it adds and removes.
    """

    gives: Statements = NO_STATEMENTS
    takes: Statements = NO_STATEMENTS
    denies: Statements = NO_STATEMENTS
    lifts: Statements = NO_STATEMENTS

    def __bool__(self) -> bool:
        return bool(self.gives or self.takes or self.denies or self.lifts)

    def inverse(self) -> PermissionDelta:
        return PermissionDelta(self.takes, self.gives, self.lifts, self.denies)


@dataclass(frozen=True, slots=True)
class Effect:
    """The effect of one call on one entity.

    target: the entity that it changes. operation: the IAM operation, as in boto3's service model.
    """

    target: Address
    operation: str

    def apply(self, entity: Entity | None) -> Entity | None:
        """Return the entity as the call leaves it; None: it does not exist."""
        return entity

    def inverse(self) -> tuple[Effect, ...]:
        """Return the effects that together reverse this one; none if nothing does."""
        return ()

    @property
    def is_removal(self) -> bool:
        """True if the call only has to remove something, so that NoSuchEntity counts as success."""
        return False

    @property
    def object(self) -> Address | str:
        """The other thing that the call concerns: a policy, a group, the name of a document. "" if there is none."""
        return ""


@dataclass(frozen=True, slots=True)
class Create(Effect):
    """Create an entity. entity: as this call leaves it, without what later calls add."""

    undo_operation: str
    entity: Entity

    def apply(self, entity: Entity | None) -> Entity | None:
        return self.entity

    def inverse(self) -> tuple[Effect, ...]:
        return (Delete(self.target, self.undo_operation, self.operation, self.entity),)


@dataclass(frozen=True, slots=True)
class Delete(Effect):
    """Delete an entity. entity: as it was. undo_operation: NO_OPERATION if no call can create it again."""

    undo_operation: str
    entity: Entity

    def apply(self, entity: Entity | None) -> Entity | None:
        return None

    def inverse(self) -> tuple[Effect, ...]:
        if self.undo_operation == NO_OPERATION:
            return ()
        return (Create(self.target, self.undo_operation, self.operation, self.entity),)

    @property
    def is_removal(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Rename(Effect):
    """Give an entity another name or path in place. target: its address afterwards; old: before."""

    old: Address

    def inverse(self) -> tuple[Effect, ...]:
        return (Rename(self.old, self.operation, self.target),)


@dataclass(frozen=True, slots=True)
class Link(Effect):
    """Attach a policy (held: its ARN), join a group, or put a role into an instance profile (held: an address)."""

    undo_operation: str
    held: Address | str

    def apply(self, entity: Entity | None) -> Entity | None:
        return add_link(entity, self.held) if entity else None

    def inverse(self) -> tuple[Effect, ...]:
        return (Unlink(self.target, self.undo_operation, self.operation, self.held),)

    @property
    def object(self) -> Address | str:
        return self.held


@dataclass(frozen=True, slots=True)
class Unlink(Effect):
    """Remove a link. held: as in `Link`."""

    undo_operation: str
    held: Address | str

    def apply(self, entity: Entity | None) -> Entity | None:
        return _remove_link(entity, self.held) if entity else None

    def inverse(self) -> tuple[Effect, ...]:
        return (Link(self.target, self.undo_operation, self.operation, self.held),)

    @property
    def is_removal(self) -> bool:
        return True

    @property
    def object(self) -> Address | str:
        return self.held


@dataclass(frozen=True, slots=True)
class WriteDocument(Effect):
    """Write or delete a policy document: the content of a managed policy, a trust policy, or an inline policy.

    name: that of an inline policy; "" for the one document of a managed policy or of a role's trust.
    before, after: the document; None if there is none. delta: the statements that the change adds and removes.
    """

    undo_operation: str
    name: str
    before: Document | None
    after: Document | None
    delta: PermissionDelta

    def apply(self, entity: Entity | None) -> Entity | None:
        if self.name and isinstance(entity, User | Group | Role):
            others = {name: document for name, document in entity.inline_policies.items() if name != self.name}
            return replace(entity, inline_policies=others | ({self.name: self.after} if self.after else {}))
        if isinstance(entity, Policy) and self.after:
            return replace(entity, document=self.after)
        return replace(entity, trust_policy=self.after) if isinstance(entity, Role) and self.after else entity

    def inverse(self) -> tuple[Effect, ...]:
        return (
            WriteDocument(
                self.target,
                self.undo_operation,
                self.operation,
                self.name,
                self.after,
                self.before,
                self.delta.inverse(),
            ),
        )

    @property
    def is_removal(self) -> bool:
        return self.after is None

    @property
    def object(self) -> Address | str:
        return self.name

    @property
    def key(self) -> tuple[Address, str]:
        """The identity of the document, whatever its content."""
        return self.target, self.name

    @property
    def is_trust(self) -> bool:
        return self.target.kind == "role" and not self.name


@dataclass(frozen=True, slots=True)
class SetBoundary(Effect):
    """Put, replace or remove the permissions boundary. before, after: ARNs of policies; None: no boundary."""

    undo_operation: str
    before: str | None
    after: str | None

    def apply(self, entity: Entity | None) -> Entity | None:
        return replace(entity, permissions_boundary=self.after) if isinstance(entity, User | Role) else entity

    def inverse(self) -> tuple[Effect, ...]:
        return (SetBoundary(self.target, self.undo_operation, self.operation, self.after, self.before),)

    @property
    def is_removal(self) -> bool:
        return self.after is None

    @property
    def object(self) -> Address | str:
        return self.after or ""


@dataclass(frozen=True, slots=True)
class SetFields(Effect):
    """Set fields of an entity that grant and deny nothing: tags, a description, a duration.

    before, after: field of the entity → value. undo_operations: the operations that together set `before` again.
    removes: true if the call removes something, such as a tag. item: the name of the one value that it sets, if any.
    """

    undo_operations: tuple[str, ...]
    before: Mapping[str, object]
    after: Mapping[str, object]
    removes: bool = False
    item: str = ""

    def apply(self, entity: Entity | None) -> Entity | None:
        return replace(entity, **self.after) if entity else None  # type: ignore[arg-type]  # fields of any kind

    def inverse(self) -> tuple[Effect, ...]:
        return tuple(
            SetFields(self.target, operation, (self.operation,), self.after, self.before, not self.removes, self.item)
            for operation in self.undo_operations
        )

    @property
    def is_removal(self) -> bool:
        return self.removes

    @property
    def object(self) -> Address | str:
        return self.item


@dataclass(frozen=True, slots=True)
class Discard(Effect):
    """Remove something for good: a credential, an MFA device, an old version of a policy. item: its id."""

    item: str = ""

    @property
    def is_removal(self) -> bool:
        return True

    @property
    def object(self) -> Address | str:
        return self.item


def add_link(entity: Entity, attachment: Address | str) -> Entity:
    """Return an entity that is linked to a group or a role (an address), or to a policy (an ARN)."""
    match entity, attachment:
        case User(), Address():
            return replace(entity, groups=entity.groups | {attachment})
        case InstanceProfile(), Address():
            return replace(entity, role=attachment)
        case ((User() | Group() | Role()), str()):
            return replace(entity, policies=entity.policies | {attachment})
    return entity


def _remove_link(entity: Entity, attachment: Address | str) -> Entity:
    match entity, attachment:
        case User(), Address():
            return replace(entity, groups=entity.groups - {attachment})
        case InstanceProfile(), Address():
            return replace(entity, role=None if entity.role == attachment else entity.role)
        case ((User() | Group() | Role()), str()):
            return replace(entity, policies=entity.policies - {attachment})
    return entity
