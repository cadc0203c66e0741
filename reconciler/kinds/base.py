"""What a kind is: the one interface that the loader, the planner and the registry's contract test know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from reconciler.kinds.declare_context import DeclareContext
from reconciler.kinds.export_context import Entry, ExportContext
from reconciler.kinds.plan_context import PlanContext
from reconciler.kinds.raw_account import RawAccount, ReadCall
from reconciler.model.address import Address
from reconciler.model.desired import Declaration
from reconciler.model.entity import Entity
from reconciler.model.node import Map
from reconciler.model.plan import Step
from reconciler.model.problem import Place, Problem


@dataclass(frozen=True, slots=True)
class DeclaredEntity:
    """One entity that a file asks for, and how the file speaks of it."""

    entity: Entity
    declaration: Declaration


class Kind(Protocol):
    """One file each. The registry dispatches on `name`; `entity` is the kind's own class.

    name: address prefix. noun: the kind in the names of IAM's operations, as in CreateRole.
    section: top-level key of the file, None for kinds that are only derived.
    schema: JSON Schema of one entry of the section. immutable: compared path → why it cannot change.
    operations: every write that the kind may emit. taggable: whether it can carry an owner.
    read_calls: list calls that it needs beyond GetAccountAuthorizationDetails.
    """

    name: ClassVar[str]
    noun: ClassVar[str]
    entity: ClassVar[type[Entity]]
    section: ClassVar[str | None]
    schema: ClassVar[Mapping[str, Any]]
    immutable: ClassVar[Mapping[str, str]]
    operations: ClassVar[frozenset[str]]
    taggable: ClassVar[bool]
    read_calls: ClassVar[tuple[ReadCall, ...]]

    def read(self, raw: RawAccount) -> Iterable[Entity]:
        """Every live entity of the kind."""
        ...

    def check_name(self, name: str, place: Place) -> Iterable[Problem]:
        """What is wrong with the name of an entry of the section."""
        ...

    def declare(self, name: str, node: Map, context: DeclareContext) -> Iterable[DeclaredEntity]:
        """The entity of one entry of the section, and those derived from it; problems go to the context."""
        ...

    def export(self, entity: Any, context: ExportContext) -> Entry | None:
        """The section entry that asks for a live entity as it is, defaults left out, its keys in reading order.

        None where there is no entry: another one derives the entity, or it goes to `writing.left_out`.
        """
        ...

    def references(self, entity: Any, context: PlanContext) -> frozenset[Address]:
        """The entities of this account that must exist for this one to stand."""
        ...

    def create(self, entity: Any, context: PlanContext) -> list[Step]: ...

    def update(self, before: Any, after: Any, context: PlanContext) -> list[Step]: ...

    def delete(self, entity: Any, context: PlanContext) -> list[Step]: ...
