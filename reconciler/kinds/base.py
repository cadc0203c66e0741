"""The base class of a kind: the one interface that the loader, the planner and the registry's contract test know.

The parts that most kinds share have a default here. The parts that each kind must define itself are abstract: if one
is missing, the registry fails as soon as it creates the kind, and not later in front of an account.
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
    """An entity that a file asks for, with its declaration: its place and the rules for managing it."""

    entity: Entity
    declaration: Declaration


class MoveMethod(StrEnum):
    """The way in which `moved` gives an entity another name: AWS renames it, or a new one replaces it, or neither."""

    NONE = "none"
    RENAME = "rename"
    REPLACE = "replace"


class Kind(ABC):
    """A kind of entity in IAM. The registry finds it by `name`.

    name: the prefix of its addresses. noun: the kind in the names of IAM's operations, as in CreateRole.
    entity: the class of its entities. operations: every write operation that the kind may emit.
    section: the top-level key of the file; None for a kind that is only derived.
    schema: the JSON Schema of one entry of the section. immutable: compared path → the reason why it cannot change.
    taggable: true if its entities can carry an owner tag. move_method: the way in which `moved` renames one.
    is_created_by_hand: true if no call of a plan creates one. arn_form: the form of its ARNs.
    quota: the number of entities that an account may have; None: AWS states no number.
    lost_by_recreation: the loss if an undo creates the entity again, as a sentence; "" if nothing is lost.
    refusal_hints: operation and AWS's error code, as in "DeleteUser DeleteConflict" → the advice to the user.

    read_calls: the list calls that it needs beyond GetAccountAuthorizationDetails.
    in_account_details: true if GetAccountAuthorizationDetails lists its entities.
    has_separate_tags: true if no list shows its tags, so that `aws/details.py` reads them entity by entity.
    list_call: the list that shows its ARNs and the spelling of its names.
    is_read_by_arn: true if `read_one` needs an ARN that only `list_call` shows.
    calls_to_read_one: the number of calls that `read_one` makes, roughly.
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
        """Return every live entity of the kind."""

    @abstractmethod
    def read_one(self, address: Address, reader: LiveReader) -> Iterator[RawEntry]:
        """Read one entity by its own calls, as the items that `read` takes.

        Yield nothing if the account has none, or raise EntityNotFoundError.
        """

    @abstractmethod
    def find_created(self, call: Call, reader: LiveReader) -> bool | None:
        """Return whether a write of unknown outcome took effect: live IAM must match every parameter of the call.

        False: the entity of that name is another one, which somebody else made meanwhile.
        None: the call may be sent again, so nothing must be read.
        Raises EntityNotFoundError if IAM does not show the entity, or not yet.
        """

    def check_name(self, name: str, place: Place) -> Iterable[Problem]:
        """Return the problems with the name of an entry of the section."""
        return ()

    def declare(self, name: str, node: Map, context: DeclareContext) -> Iterable[DeclaredEntity]:
        """Return the entity of one entry of the section, and those derived from it. Problems go to the context."""
        return ()

    def export(self, entity: Any, context: ExportContext) -> Entry | None:
        """Return the section entry that asks for a live entity as it is, without defaults, keys in reading order.

        Return None if there is no entry: another one derives the entity, or `context.omissions` has the reason.
        """
        return None

    def references(self, entity: Any, context: PlanContext) -> frozenset[Address]:
        """Return the entities of this account that this one needs, so that they must exist before it."""
        return frozenset()

    def dependents_of(self, address: Address, context: PlanContext) -> tuple[Address, ...]:
        """Return the live entities that must release one before AWS deletes it. Boundaries are not included."""
        return ()

    def find_expirations(self, raw: RawAccount) -> Mapping[Address, datetime]:
        """Map each live entity that expires at AWS to that moment."""
        return {}

    def check_change(self, before: Any, after: Any, context: PlanContext) -> Iterator[Problem]:
        """Yield errors for a change that is impossible, beyond `immutable`, and warnings that a person must read.

        before: None if the entity does not exist yet. after: None if the plan deletes it.
        """
        return iter(())

    def check_live(self, entity: Any, context: PlanContext, now: datetime | None) -> Iterator[Problem]:
        """Yield the problems of an entity that is both declared and live. entity: as the file asks for it."""
        return iter(())

    def count_secrets(self, entity: Any) -> int:
        """Count the secrets that AWS deletes together with an entity. No undo brings them back."""
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
