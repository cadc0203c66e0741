"""The base class of a kind: the one interface that the loader, the planner and the registry's contract test know.

A kind says only what is particular to it. What nine of ten kinds share has a default here; what each must say itself
is abstract, so that a forgotten part fails when the registry makes the kind, and not in front of an account.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from reconciler.kinds.declare_context import DeclareContext
from reconciler.kinds.export_context import Entry, ExportContext
from reconciler.kinds.live_reader import LiveReader, RawEntry
from reconciler.kinds.plan_context import PlanContext
from reconciler.kinds.raw_account import RawAccount, ReadCall
from reconciler.model.address import Address
from reconciler.model.arns import ArnForm
from reconciler.model.desired import Declaration
from reconciler.model.entity import Entity
from reconciler.model.node import Map
from reconciler.model.plan import Call, Step
from reconciler.model.problem import Place, Problem
from reconciler.model.quotas import Quota


@dataclass(frozen=True, slots=True)
class DeclaredEntity:
    """One entity that a file asks for, and how the file speaks of it."""

    entity: Entity
    declaration: Declaration


class MoveMethod(StrEnum):
    """How `moved` gives an entity another name: AWS renames it, or a new one replaces it, or neither."""

    NONE = "none"
    RENAME = "rename"
    REPLACE = "replace"


class Kind(ABC):
    """One kind of entity in IAM. The registry finds it by `name`; `entity` is its own class of entities.

    name: address prefix. noun: the kind in the names of IAM's operations, as in CreateRole.
    operations: every write that the kind may emit.
    section: top-level key of the file, None for kinds that are only derived.
    schema: JSON Schema of one entry of the section. immutable: compared path → why it cannot change.
    taggable: whether it can carry an owner. move_method: what `moved` does with it.
    is_created_by_hand: no call of a plan creates it. arn_form: how its ARN is made.
    quota: how many an account may have; None: AWS states no number.
    lost_by_recreation: what an undo cannot bring back if it creates the entity again; "" for nothing.
    refusal_hints: operation and AWS's error code, as in "DeleteUser DeleteConflict" → what to do about it.

    read_calls: list calls that it needs beyond GetAccountAuthorizationDetails. in_account_details: that call tells of
    it. has_separate_tags: no list tells its tags, so they are read apart (`aws/details.py`).
    list_call: the list that tells ARNs and spellings of names. is_read_by_arn: `read_one` asks by an ARN that only
    that list tells. calls_to_read_one: how many calls `read_one` makes, about.
    """

    name: ClassVar[str]
    noun: ClassVar[str]
    entity: ClassVar[type[Entity]]
    operations: ClassVar[frozenset[str]]

    section: ClassVar[str | None] = None
    schema: ClassVar[Mapping[str, Any]] = {}
    immutable: ClassVar[Mapping[str, str]] = {}
    taggable: ClassVar[bool] = True
    move_method: ClassVar[MoveMethod] = MoveMethod.NONE
    arn_form: ClassVar[ArnForm] = ArnForm.WITH_PATH
    quota: ClassVar[Quota | None] = None
    is_created_by_hand: ClassVar[bool] = False
    lost_by_recreation: ClassVar[str] = ""
    refusal_hints: ClassVar[Mapping[str, str]] = {}

    read_calls: ClassVar[tuple[ReadCall, ...]] = ()
    in_account_details: ClassVar[bool] = False
    has_separate_tags: ClassVar[bool] = False
    list_call: ClassVar[ReadCall | None] = None
    is_read_by_arn: ClassVar[bool] = False
    calls_to_read_one: ClassVar[int] = 1

    @abstractmethod
    def read(self, raw: RawAccount) -> Iterable[Entity]:
        """Make every live entity of the kind."""

    @abstractmethod
    def read_one(self, address: Address, reader: LiveReader) -> Iterator[RawEntry]:
        """Read one entity by its own calls, as the items that `read` takes.

        Yield nothing if the account has none, or raise EntityNotFoundError.
        """

    @abstractmethod
    def find_created(self, call: Call, reader: LiveReader) -> bool | None:
        """Return whether live IAM shows what a write of unknown outcome makes, to the last parameter.

        A namesake that somebody else made meanwhile is not ours: False. None: the call may be sent again, so that
        nobody needs to look. Raises EntityNotFoundError if there is nothing of it (yet).
        """

    def check_name(self, name: str, place: Place) -> Iterable[Problem]:
        """Find what is wrong with the name of an entry of the section."""
        return ()

    def declare(self, name: str, node: Map, context: DeclareContext) -> Iterable[DeclaredEntity]:
        """Make the entity of one entry of the section, and those derived from it; problems go to the context."""
        return ()

    def export(self, entity: Any, context: ExportContext) -> Entry | None:
        """Return the section entry that asks for a live entity as it is, defaults left out, keys in reading order.

        None if there is no entry: another one derives the entity, or it goes to `context.omissions`.
        """
        return None

    def references(self, entity: Any, context: PlanContext) -> frozenset[Address]:
        """Return the entities of this account that must exist for this one to stand."""
        return frozenset()

    def dependents_of(self, address: Address, context: PlanContext) -> tuple[Address, ...]:
        """Return the live entities that must let go of one before it can be deleted; boundaries are apart."""
        return ()

    def find_expirations(self, raw: RawAccount) -> Mapping[Address, datetime]:
        """Map the live entities that AWS gives an end to that end."""
        return {}

    def check_change(self, before: Any, after: Any, context: PlanContext) -> Iterator[Problem]:
        """Find what forbids a difference beyond `immutable` (errors), and what a person must know of it.

        before None: the entity does not exist. after None: it goes.
        """
        return iter(())

    def check_live(self, entity: Any, context: PlanContext, now: datetime | None) -> Iterator[Problem]:
        """Find what a plan reports of an entity that is declared and live; `entity` is what the file asks for."""
        return iter(())

    def count_secrets(self, entity: Any) -> int:
        """Count the secrets that go with an entity of itself: no undo brings them back."""
        return 0

    @abstractmethod
    def create(self, entity: Any, context: PlanContext) -> list[Step]:
        """Return the steps that create an entity and all that it has."""

    @abstractmethod
    def update(self, before: Any, after: Any, context: PlanContext) -> list[Step]:
        """Return the steps that turn one state of an entity into another."""

    @abstractmethod
    def delete(self, entity: Any, context: PlanContext) -> list[Step]:
        """Return the steps that empty an entity and delete it."""
