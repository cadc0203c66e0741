"""What a kind is: the one interface that the loader, the planner and the registry's contract test know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from reconciler.kinds.declaring import Declaring
from reconciler.kinds.planning import Planning
from reconciler.kinds.raw import Raw, Source
from reconciler.kinds.writing import Entry, Writing
from reconciler.model.address import Address
from reconciler.model.desired import Declaration
from reconciler.model.entity import Entity
from reconciler.model.node import Map
from reconciler.model.plan import Step
from reconciler.model.problem import Place, Problem


@dataclass(frozen=True, slots=True)
class Declared:
    """One entity that a file asks for, and how the file speaks of it."""

    entity: Entity
    declaration: Declaration


class Kind(Protocol):
    """One file each. The registry dispatches on `name`; `entity` is the kind's own class.

    name: address prefix. noun: the kind in the names of IAM's operations, as in CreateRole.
    section: top-level key of the file, None for kinds that are only derived.
    schema: JSON Schema of one entry of the section. immutable: compared path → why it cannot change.
    operations: every write that the kind may emit. taggable: whether it can carry an owner.
    sources: list calls that it needs beyond GetAccountAuthorizationDetails.
    """

    name: ClassVar[str]
    noun: ClassVar[str]
    entity: ClassVar[type[Entity]]
    section: ClassVar[str | None]
    schema: ClassVar[Mapping[str, Any]]
    immutable: ClassVar[Mapping[str, str]]
    operations: ClassVar[frozenset[str]]
    taggable: ClassVar[bool]
    sources: ClassVar[tuple[Source, ...]]

    def read(self, raw: Raw) -> Iterable[Entity]:
        """Every live entity of the kind."""
        ...

    def name_problems(self, name: str, place: Place) -> Iterable[Problem]:
        """What is wrong with the name of an entry of the section."""
        ...

    def declare(self, name: str, node: Map, context: Declaring) -> Iterable[Declared]:
        """The entity of one entry of the section, and those derived from it; problems go to the context."""
        ...

    def written(self, entity: Any, writing: Writing) -> Entry | None:
        """The section entry that asks for a live entity as it is, defaults left out, its keys in reading order.

        None where there is no entry: another one derives the entity, or it goes to `writing.left_out`.
        """
        ...

    def refers(self, entity: Any, planning: Planning) -> frozenset[Address]:
        """The entities of this account that must exist for this one to stand."""
        ...

    def create(self, entity: Any, planning: Planning) -> list[Step]: ...

    def update(self, before: Any, after: Any, planning: Planning) -> list[Step]: ...

    def delete(self, entity: Any, planning: Planning) -> list[Step]: ...
