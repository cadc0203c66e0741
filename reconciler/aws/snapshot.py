"""The live account as a State, in pages, with the independent reads overlapped.

GetAccountAuthorizationDetails and what it leaves out (IAM API; `kinds/*.sources`): never entity by entity where
a page call exists. `complete_state` answers the few questions that a plan has beyond that.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future
from dataclasses import replace
from datetime import UTC, datetime

from botocore.exceptions import ClientError

from reconciler.aws import timing
from reconciler.aws.concurrency import DaemonExecutor
from reconciler.aws.details import read_bulk_tags, read_details
from reconciler.aws.faults import DENIED, code_of, note_denied_read, translate_errors
from reconciler.aws.owned_credentials import (
    call_or_empty,
    has_password,
    policy_exists,
    read_access_keys,
    read_mfa_devices,
    read_owned_credentials,
)
from reconciler.aws.pagination import ACCOUNT_DETAILS, Lists, complete_items, read_account_details, read_lists
from reconciler.aws.session import Connection
from reconciler.kinds.policy import read_policy_versions
from reconciler.kinds.raw_account import RawAccount, ReadCall
from reconciler.kinds.registry import KINDS
from reconciler.kinds.role import read_role_templates
from reconciler.model.address import Address
from reconciler.model.arns import arn_of
from reconciler.model.document import Document
from reconciler.model.entity import InstanceProfile, Policy, User
from reconciler.model.live import LiveDetails, MfaDevice, State
from reconciler.plan.followup_reads import FollowupReads


class AccountReader:
    """The reads of one account, under way. They write nothing, and may be abandoned at any time."""

    def __init__(self, connection: Connection, declared: Collection[Address] = (), expected: int = 0) -> None:
        """declared: what is read only where it is. expected: how many entities there may be."""
        self.connection = connection
        self._pool = DaemonExecutor(timing.POOL_SIZE)
        self._reads: dict[str, tuple[ReadCall, Future[Lists]]] = {}
        self._start_read(ACCOUNT_DETAILS, read_account_details, connection, expected, self._pool)
        self._tags = self._pool.submit(read_bulk_tags, connection)
        self._start_declared_reads({None, *declared})

    def read_state(self, declared: Collection[Address] = (), documents: Iterable[Document] = ()) -> State:
        """Everything in the account that plans compare. To be asked for once. Raises Failed.

        documents: of the file, in this partition.
        """
        with translate_errors("reading the account"), self._pool as pool:
            self._start_declared_reads(declared)
            lists, denied = _gather_lists(self._reads.values())
            self._reads = {}  # they hold all that was read
            found, detailed = self._tags.result(), False
            if found is None:
                arns = [item["Arn"] for key in ("Policies", "InstanceProfiles") for item in lists.get(key, ())]
                found, detailed = read_details(self.connection, arns, pool), True
            known = {document.text: document for document in documents}
            raw = RawAccount(self.connection.account, self.connection.partition, lists, found, known)
            return _build_state(raw, self.connection, denied, detailed)

    def _start_declared_reads(self, declared: Collection[Address | None]) -> None:
        for source in (source for kind in KINDS for source in kind.read_calls):
            if source.only_for in declared and source.operation not in self._reads:
                self._start_read(source, _read_source, self.connection, source, self._pool)

    def _start_read(self, source: ReadCall, read: Callable[..., Lists], *arguments: object) -> None:
        self._reads[source.operation] = source, self._pool.submit(read, *arguments)


def read_account(
    connection: Connection, declared: Collection[Address] = (), documents: Iterable[Document] = ()
) -> State:
    """Everything in the account that plans compare; `declared`: what is read only where it is. Raises Failed."""
    return AccountReader(connection, declared, len(declared)).read_state(declared, documents)


def _read_source(connection: Connection, source: ReadCall, pool: Executor) -> Lists:
    """The lists of a source, with what their items are asked for."""
    lists = read_lists(connection, source)
    return complete_items(connection, source.item_call, lists, pool) if source.item_call else lists


def _gather_lists(reads: Iterable[tuple[ReadCall, Future[Lists]]]) -> tuple[Lists, dict[str, str]]:
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


def _build_state(raw: RawAccount, connection: Connection, denied: Mapping[str, str], detailed: bool) -> State:
    entities = {entity.address: entity for kind in KINDS for entity in kind.read(raw)}
    asked = (a for a, entity in entities.items() if isinstance(entity, Policy | InstanceProfile))
    facts = LiveDetails(
        versions=read_policy_versions(raw),
        role_templates=read_role_templates(raw),
        devices=_group_virtual_devices(raw),
        unassigned_devices=frozenset(
            item["SerialNumber"] for item in raw.items_of("VirtualMFADevices") if not item.get("User")
        ),
        unique_ids=raw.map_unique_ids(),
        caller=connection.caller_arn,
        fully_read=frozenset(asked) if detailed else frozenset(),
        unread=frozenset(_find_unread(denied)),
        read_at=datetime.now(UTC),
        notes=tuple(note_denied_read(operation) for operation in denied.values()),
    )
    return State(raw.account, raw.partition, entities, facts)


def _find_unread(denied: Mapping[str, str]) -> Iterator[str]:
    """The kinds, and the single entities, that a denied list call would have told of."""
    for kind in KINDS:
        for source in kind.read_calls:
            if source.operation in denied and (source.lists_kind or source.only_for):
                yield str(source.only_for or kind.name)


def _read_quotas(connection: Connection) -> Mapping[str, int]:
    """Live quotas; AWS's defaults serve where they may not be read."""
    try:
        found: Mapping[str, int] = connection.iam.get_account_summary()["SummaryMap"]
    except ClientError as error:
        if code_of(error) in DENIED:
            return {}
        raise
    return found


def _group_virtual_devices(raw: RawAccount) -> dict[Address, tuple[MfaDevice, ...]]:
    found: dict[Address, tuple[MfaDevice, ...]] = {}
    for item in raw.items_of("VirtualMFADevices"):
        name = (item.get("User") or {}).get("UserName")
        if name:
            address = Address("user", name)
            found[address] = (*found.get(address, ()), MfaDevice(item["SerialNumber"]))
    return found


def complete_state(connection: Connection, state: State, followup_reads: FollowupReads) -> State:
    """The state with the answers to a plan's questions. Raises Failed."""
    # Those who wait for others are in the first pool, so that nobody in the second waits for a thread in vain.
    with (
        translate_errors("reading the account"),
        DaemonExecutor(timing.POOL_SIZE) as waiting,
        DaemonExecutor(timing.POOL_SIZE) as pool,
    ):
        owned = waiting.map(
            lambda address: read_owned_credentials(connection, address, pool), followup_reads.owned_credentials
        )
        quotas = pool.submit(_read_quotas, connection) if followup_reads.quotas else None
        devices = pool.map(
            lambda address: call_or_empty(lambda: read_mfa_devices(connection, address)), followup_reads.devices
        )
        exist = pool.map(lambda arn: policy_exists(connection, arn), followup_reads.policies)
        users = (*followup_reads.passwords, *followup_reads.sign_ins)
        signing_in = pool.map(lambda address: has_password(connection, address), users)
        keys = pool.map(
            lambda address: call_or_empty(lambda: read_access_keys(connection, address)), followup_reads.access_keys
        )
        arns = {_arn_of_entity(state, address): address for address in followup_reads.details}
        found = read_details(connection, arns, pool)
        answers = dict(zip(followup_reads.devices, devices, strict=True))
        consoles = dict(zip(users, signing_in, strict=True))
        listed_keys = dict(zip(followup_reads.access_keys, keys, strict=True))
        facts = replace(
            state.details,
            owned_credentials={
                **state.details.owned_credentials,
                **dict(zip(followup_reads.owned_credentials, owned, strict=True)),
            },
            devices={**state.details.devices, **{key: value for key, value in answers.items() if value is not None}},
            devices_unread=state.details.devices_unread | {key for key, value in answers.items() if value is None},
            external_policies={
                **state.details.external_policies,
                **dict(zip(followup_reads.policies, exist, strict=True)),
            },
            fully_read=state.details.fully_read | set(followup_reads.details),
            console_passwords={**state.details.console_passwords, **consoles},
            access_keys={**state.details.access_keys, **listed_keys},
            quotas=quotas.result() if quotas else state.details.quotas,
        )
        asked: Mapping[str, Mapping[Address, object]]
        asked = {"ListMFADevices": answers, "GetLoginProfile": consoles, "ListAccessKeys": listed_keys}
        notes = [note_denied_read(operation) for operation, told in asked.items() if None in told.values()]
        facts = replace(facts, notes=(*facts.notes, *notes))
    entities = dict(state.entities)
    for arn, address in arns.items():
        entity = entities[address]
        if isinstance(entity, Policy):
            description = entity.description if found[arn].description is None else found[arn].description
            entities[address] = replace(entity, tags=found[arn].tags, description=description)
        elif isinstance(entity, InstanceProfile):
            entities[address] = replace(entity, tags=found[arn].tags)
    for address in followup_reads.passwords:
        entity = entities[address]
        if isinstance(entity, User):  # a password that may not be read is not taken away, and reported
            entities[address] = replace(entity, console=consoles[address] or False)
    return replace(state, entities=entities, details=facts)


def _arn_of_entity(state: State, address: Address) -> str:
    entity = state.entities[address]
    return arn_of(entity.address, entity.path, state.account, state.partition)
