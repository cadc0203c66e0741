"""The live account as a State, in pages, with the independent reads overlapped.

GetAccountAuthorizationDetails and what it leaves out (IAM API; `kinds/*.sources`): never entity by entity where
a page call exists. `complete` answers the few questions that a plan has beyond that.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future
from dataclasses import replace
from datetime import UTC, datetime

from botocore.exceptions import ClientError

from reconciler.aws.belongings import (
    access_keys_of,
    belongings_of,
    devices_of,
    has_password,
    of_listed,
    policy_exists,
)
from reconciler.aws.details import bulk_tags, details
from reconciler.aws.faults import DENIED, code_of, read_denied, translated
from reconciler.aws.overlap import Overlap
from reconciler.aws.pages import DETAILS, Lists, account_details, completed, listed
from reconciler.aws.session import POOL, Connection
from reconciler.kinds.policy import policy_versions
from reconciler.kinds.raw import Raw, Source
from reconciler.kinds.registry import KINDS
from reconciler.kinds.role import role_templates
from reconciler.model.address import Address
from reconciler.model.arns import arn_of
from reconciler.model.document import Document
from reconciler.model.entity import InstanceProfile, Policy, User
from reconciler.model.live import Facts, MfaDevice, State
from reconciler.plan.questions import Questions


class Reading:
    """The reads of one account, under way. They write nothing, and may be abandoned at any time."""

    def __init__(self, connection: Connection, declared: Collection[Address] = (), expected: int = 0) -> None:
        """declared: what is read only where it is. expected: how many entities there may be."""
        self.connection = connection
        self._pool = Overlap(POOL)
        self._reads: dict[str, tuple[Source, Future[Lists]]] = {}
        self._read(DETAILS, account_details, connection, expected, self._pool)
        self._tags = self._pool.submit(bulk_tags, connection)
        self._read_for({None, *declared})

    def state(self, declared: Collection[Address] = (), documents: Iterable[Document] = ()) -> State:
        """Everything in the account that plans compare. To be asked for once. Raises Failed.

        documents: of the file, in this partition.
        """
        with translated("reading the account"), self._pool as pool:
            self._read_for(declared)
            lists, denied = _gathered(self._reads.values())
            self._reads = {}  # they hold all that was read
            found, detailed = self._tags.result(), False
            if found is None:
                arns = [item["Arn"] for key in ("Policies", "InstanceProfiles") for item in lists.get(key, ())]
                found, detailed = details(self.connection, arns, pool), True
            known = {document.text: document for document in documents}
            raw = Raw(self.connection.account, self.connection.partition, lists, found, known)
            return _state(raw, self.connection, denied, detailed)

    def _read_for(self, declared: Collection[Address | None]) -> None:
        for source in (source for kind in KINDS for source in kind.sources):
            if source.only_for in declared and source.operation not in self._reads:
                self._read(source, _whole, self.connection, source, self._pool)

    def _read(self, source: Source, read: Callable[..., Lists], *arguments: object) -> None:
        self._reads[source.operation] = source, self._pool.submit(read, *arguments)


def read(connection: Connection, declared: Collection[Address] = (), documents: Iterable[Document] = ()) -> State:
    """Everything in the account that plans compare; `declared`: what is read only where it is. Raises Failed."""
    return Reading(connection, declared, len(declared)).state(declared, documents)


def _whole(connection: Connection, source: Source, pool: Executor) -> Lists:
    """The lists of a source, with what their items are asked for."""
    lists = listed(connection, source)
    return completed(connection, source.each, lists, pool) if source.each else lists


def _gathered(reads: Iterable[tuple[Source, Future[Lists]]]) -> tuple[Lists, dict[str, str]]:
    """All lists; and optional sources that were denied → the call that was."""
    lists: Lists = {}
    denied: dict[str, str] = {}
    for source, future in reads:
        try:
            lists |= future.result()
        except ClientError as error:
            if not source.optional or code_of(error) not in DENIED:
                raise
            denied[source.operation] = error.operation_name
    return lists, denied


def _state(raw: Raw, connection: Connection, denied: Mapping[str, str], detailed: bool) -> State:
    entities = {entity.address: entity for kind in KINDS for entity in kind.read(raw)}
    asked = (a for a, entity in entities.items() if isinstance(entity, Policy | InstanceProfile))
    facts = Facts(
        versions=policy_versions(raw),
        templates=role_templates(raw),
        devices=_virtual_devices(raw),
        unassigned_devices=frozenset(
            item["SerialNumber"] for item in raw.items("VirtualMFADevices") if not item.get("User")
        ),
        unique_ids=raw.unique_ids(),
        caller=connection.caller,
        detailed=frozenset(asked) if detailed else frozenset(),
        unread=frozenset(_unread(denied)),
        read_at=datetime.now(UTC),
        notes=tuple(read_denied(operation) for operation in denied.values()),
    )
    return State(raw.account, raw.partition, entities, facts)


def _unread(denied: Mapping[str, str]) -> Iterator[str]:
    """The kinds, and the single entities, that a denied list call would have told of."""
    for kind in KINDS:
        for source in kind.sources:
            if source.operation in denied and (source.lists_kind or source.only_for):
                yield str(source.only_for or kind.name)


def _quotas(connection: Connection) -> Mapping[str, int]:
    """Live quotas; AWS's defaults serve where they may not be read."""
    try:
        found: Mapping[str, int] = connection.iam.get_account_summary()["SummaryMap"]
    except ClientError as error:
        if code_of(error) in DENIED:
            return {}
        raise
    return found


def _virtual_devices(raw: Raw) -> dict[Address, tuple[MfaDevice, ...]]:
    found: dict[Address, tuple[MfaDevice, ...]] = {}
    for item in raw.items("VirtualMFADevices"):
        name = (item.get("User") or {}).get("UserName")
        if name:
            address = Address("user", name)
            found[address] = (*found.get(address, ()), MfaDevice(item["SerialNumber"]))
    return found


def complete(connection: Connection, state: State, questions: Questions) -> State:
    """The state with the answers to a plan's questions. Raises Failed."""
    # Those who wait for others are in the first pool, so that nobody in the second waits for a thread in vain.
    with translated("reading the account"), Overlap(POOL) as waiting, Overlap(POOL) as pool:
        owned = waiting.map(lambda address: belongings_of(connection, address, pool), questions.belongings)
        quotas = pool.submit(_quotas, connection) if questions.quotas else None
        devices = pool.map(lambda address: of_listed(lambda: devices_of(connection, address)), questions.devices)
        exist = pool.map(lambda arn: policy_exists(connection, arn), questions.policies)
        users = (*questions.passwords, *questions.sign_ins)
        signing_in = pool.map(lambda address: has_password(connection, address), users)
        keys = pool.map(lambda address: of_listed(lambda: access_keys_of(connection, address)), questions.access_keys)
        arns = {_arn(state, address): address for address in questions.details}
        found = details(connection, arns, pool)
        answers = dict(zip(questions.devices, devices, strict=True))
        consoles = dict(zip(users, signing_in, strict=True))
        listed_keys = dict(zip(questions.access_keys, keys, strict=True))
        facts = replace(
            state.facts,
            belongings={**state.facts.belongings, **dict(zip(questions.belongings, owned, strict=True))},
            devices={**state.facts.devices, **{key: value for key, value in answers.items() if value is not None}},
            devices_unread=state.facts.devices_unread | {key for key, value in answers.items() if value is None},
            outside_policies={
                **state.facts.outside_policies,
                **dict(zip(questions.policies, exist, strict=True)),
            },
            detailed=state.facts.detailed | set(questions.details),
            consoles={**state.facts.consoles, **consoles},
            access_keys={**state.facts.access_keys, **listed_keys},
            quotas=quotas.result() if quotas else state.facts.quotas,
        )
        asked: Mapping[str, Mapping[Address, object]]
        asked = {"ListMFADevices": answers, "GetLoginProfile": consoles, "ListAccessKeys": listed_keys}
        notes = [read_denied(operation) for operation, told in asked.items() if None in told.values()]
        facts = replace(facts, notes=(*facts.notes, *notes))
    entities = dict(state.entities)
    for arn, address in arns.items():
        entity = entities[address]
        if isinstance(entity, Policy):
            description = entity.description if found[arn].description is None else found[arn].description
            entities[address] = replace(entity, tags=found[arn].tags, description=description)
        elif isinstance(entity, InstanceProfile):
            entities[address] = replace(entity, tags=found[arn].tags)
    for address in questions.passwords:
        entity = entities[address]
        if isinstance(entity, User):  # a password that may not be read is not taken away, and reported
            entities[address] = replace(entity, console=consoles[address] or False)
    return replace(state, entities=entities, facts=facts)


def _arn(state: State, address: Address) -> str:
    entity = state.entities[address]
    return arn_of(entity.address, entity.path, state.account, state.partition)
