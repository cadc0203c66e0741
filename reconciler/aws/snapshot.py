"""Read the live account as a State, in pages and in parallel.

GetAccountAuthorizationDetails and the calls for all that it leaves out (IAM API; `read_calls` of each kind) are paged;
nothing is read entity by entity if there is a paged call. `complete_state` makes the few further reads that a plan
needs.
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
from reconciler.aws.external_policies import add_external_policies, start_policy_reads
from reconciler.aws.faults import DENIED, code_of, note_denied_read, translate_errors
from reconciler.aws.owned_credentials import (
    call_or_empty,
    has_password,
    read_access_keys,
    read_mfa_devices,
    read_owned_credentials,
)
from reconciler.aws.pagination import ACCOUNT_DETAILS, Lists, complete_items, read_account_details, read_lists
from reconciler.aws.session import Connection
from reconciler.kinds.account import read_account_alias
from reconciler.kinds.policy import read_policy_versions
from reconciler.kinds.raw_account import RawAccount, ReadCall
from reconciler.kinds.registry import KINDS, find_expirations
from reconciler.kinds.role import read_role_templates
from reconciler.model.address import Address
from reconciler.model.arns import arn_of
from reconciler.model.document import Document
from reconciler.model.entity import InstanceProfile, Policy, User
from reconciler.model.live import LiveDetails, MfaDevice, State
from reconciler.plan.followup_reads import FollowupReads


class AccountReader:
    """The reads of one account, which start with its creation. They may be abandoned at any time."""

    def __init__(self, connection: Connection, declared: Collection[Address] = (), expected: int = 0) -> None:
        """Start the reads. declared: the entities of the file. expected: the likely number of entities."""
        self.connection = connection
        self._pool = DaemonExecutor(timing.POOL_SIZE)
        self._reads: dict[str, tuple[ReadCall, Future[Lists]]] = {}
        self._start_read(ACCOUNT_DETAILS, read_account_details, connection, expected, self._pool)
        self._tags = self._pool.submit(read_bulk_tags, connection)
        self._start_kind_reads(declared, ())

    def read_state(
        self,
        declared: Collection[Address] = (),
        documents: Iterable[Document] = (),
        sections: Collection[str] = (),
    ) -> State:
        """Return the account as plans compare it. Call this once. Raises ReconcileError.

        declared: see `__init__`. documents: the file's documents for this partition, which are not parsed again.
        sections: the kinds whose section the file has.
        """
        with translate_errors("reading the account"), self._pool as pool:
            self._start_kind_reads(declared, sections)
            lists, denied = _gather_lists(self._reads.values(), declared)
            self._reads = {}  # frees the memory of the answers
            details, is_detailed = self._tags.result(), False
            if details is None:
                arns = [item["Arn"] for key in ("Policies", "InstanceProfiles") for item in lists.get(key, ())]
                details, is_detailed = read_details(self.connection, arns, pool), True
            known = {document.text: document for document in documents}
            raw = RawAccount(self.connection.account, self.connection.partition, lists, details, known)
            return _build_state(raw, self.connection, denied, is_detailed, declared)

    def _start_kind_reads(self, declared: Collection[Address], sections: Collection[str]) -> None:
        """Start the list calls of every kind that are not under way, but for those that this file has no use for."""
        kinds = {address.kind for address in declared}.union(sections)
        for kind in KINDS:
            for source in kind.read_calls:
                wanted = source.only_for is None or source.only_for in declared or source.is_shown
                wanted = wanted and (not source.needs_section or kind.name in kinds)
                if wanted and source.operation not in self._reads:
                    self._start_read(source, _read_source, self.connection, source, self._pool)

    def _start_read(self, source: ReadCall, reader: Callable[..., Lists], *arguments: object) -> None:
        self._reads[source.operation] = source, self._pool.submit(reader, *arguments)


def read_account(connection: Connection, declared: Collection[Address] = (), sections: Collection[str] = ()) -> State:
    """Return the account as plans compare it. Raises ReconcileError.

    declared, sections: see `AccountReader`. Some kinds are read only for who declares them.
    """
    return AccountReader(connection, declared, len(declared)).read_state(declared, sections=sections)


def _read_source(connection: Connection, source: ReadCall, pool: Executor) -> Lists:
    """Return the lists of a call, with the details of their items."""
    lists = read_lists(connection, source)
    return complete_items(connection, source.item_call, lists, pool) if source.item_call else lists


def _gather_lists(
    reads: Iterable[tuple[ReadCall, Future[Lists]]], declared: Collection[Address]
) -> tuple[Lists, dict[str, str]]:
    """Return all lists, and for each optional list that AWS denied, its operation → the operation that was denied."""
    lists: Lists = {}
    denied: dict[str, str] = {}
    for source, future in reads:
        try:
            lists |= future.result()
        except ClientError as error:
            if _is_only_shown(source, declared):
                continue
            if not source.optional or code_of(error) not in DENIED:
                raise
            denied[source.operation] = error.operation_name
    return lists, denied


def _is_only_shown(source: ReadCall, declared: Collection[Address]) -> bool:
    """Return whether a plan shows the answer of a call and needs it for nothing else."""
    return source.is_shown and source.only_for not in declared


def _build_state(
    raw: RawAccount,
    connection: Connection,
    denied: Mapping[str, str],
    is_detailed: bool,
    declared: Collection[Address],
) -> State:
    only_shown = {call.only_for for kind in KINDS for call in kind.read_calls if _is_only_shown(call, declared)}
    found = (entity for kind in KINDS for entity in kind.read(raw))
    entities = {entity.address: entity for entity in found if entity.address not in only_shown}
    tagged = (address for address, entity in entities.items() if isinstance(entity, Policy | InstanceProfile))
    details = LiveDetails(
        versions=read_policy_versions(raw),
        role_templates=read_role_templates(raw),
        expirations=find_expirations(raw),
        devices=_group_virtual_devices(raw),
        unassigned_devices=frozenset(
            item["SerialNumber"] for item in raw.items_of("VirtualMFADevices") if not item.get("User")
        ),
        unique_ids=raw.map_unique_ids(),
        caller=connection.caller_arn,
        fully_read=frozenset(tagged) if is_detailed else frozenset(),
        unread=frozenset(_find_unread(denied)),
        read_at=datetime.now(UTC),
        notes=tuple(note_denied_read(operation) for operation in denied.values()),
        account_alias=read_account_alias(raw),
    )
    return State(raw.account, raw.partition, entities, details)


def _find_unread(denied: Mapping[str, str]) -> Iterator[str]:
    """Yield the kinds and single entities that are not known because AWS denied a list call."""
    for kind in KINDS:
        for source in kind.read_calls:
            if source.operation in denied and (source.lists_kind or source.only_for):
                yield str(source.only_for or kind.name)


def _read_quotas(connection: Connection) -> Mapping[str, int]:
    """Return the account's quotas; none if AWS denies the read, so that AWS's defaults count."""
    try:
        quotas: Mapping[str, int] = connection.iam.get_account_summary()["SummaryMap"]
    except ClientError as error:
        if code_of(error) in DENIED:
            return {}
        raise
    return quotas


def _group_virtual_devices(raw: RawAccount) -> dict[Address, tuple[MfaDevice, ...]]:
    devices: dict[Address, tuple[MfaDevice, ...]] = {}
    for item in raw.items_of("VirtualMFADevices"):
        name = (item.get("User") or {}).get("UserName")
        if name:
            address = Address("user", name)
            devices[address] = (*devices.get(address, ()), MfaDevice(item["SerialNumber"]))
    return devices


def complete_state(connection: Connection, state: State, followup_reads: FollowupReads) -> State:
    """Return the state with the results of the follow-up reads of a plan. Raises ReconcileError."""
    # Calls that wait for other calls have a pool of their own, so that they cannot take all threads of the other.
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
        external = start_policy_reads(connection, followup_reads.policies, followup_reads.documents, pool)
        users = (*followup_reads.passwords, *followup_reads.sign_ins)
        passwords = pool.map(lambda address: has_password(connection, address), users)
        keys = pool.map(
            lambda address: call_or_empty(lambda: read_access_keys(connection, address)), followup_reads.access_keys
        )
        arns = {_arn_of_entity(state, address): address for address in followup_reads.details}
        tags = read_details(connection, arns, pool)
        devices_of = dict(zip(followup_reads.devices, devices, strict=True))
        password_of = dict(zip(users, passwords, strict=True))
        keys_of = dict(zip(followup_reads.access_keys, keys, strict=True))
        details = replace(
            state.details,
            owned_credentials={
                **state.details.owned_credentials,
                **dict(zip(followup_reads.owned_credentials, owned, strict=True)),
            },
            devices={**state.details.devices, **{user: one for user, one in devices_of.items() if one is not None}},
            devices_unread=state.details.devices_unread | {user for user, one in devices_of.items() if one is None},
            fully_read=state.details.fully_read | set(followup_reads.details),
            console_passwords={**state.details.console_passwords, **password_of},
            access_keys={**state.details.access_keys, **keys_of},
            quotas=quotas.result() if quotas else state.details.quotas,
        )
        details = add_external_policies(details, dict(external), followup_reads.documents)
        results: Mapping[str, Mapping[Address, object]]
        results = {"ListMFADevices": devices_of, "GetLoginProfile": password_of, "ListAccessKeys": keys_of}
        notes = [note_denied_read(operation) for operation, values in results.items() if None in values.values()]
        details = replace(details, notes=(*details.notes, *notes))
    entities = dict(state.entities)
    for arn, address in arns.items():
        entity = entities[address]
        if isinstance(entity, Policy):
            description = entity.description if tags[arn].description is None else tags[arn].description
            entities[address] = replace(entity, tags=tags[arn].tags, description=description)
        elif isinstance(entity, InstanceProfile):
            entities[address] = replace(entity, tags=tags[arn].tags)
    for address in followup_reads.passwords:
        entity = entities[address]
        if isinstance(entity, User):  # a password whose read AWS denies is not deleted; a note reports it
            entities[address] = replace(entity, console=password_of[address] or False)
    return replace(state, entities=entities, details=details)


def _arn_of_entity(state: State, address: Address) -> str:
    entity = state.entities[address]
    return arn_of(entity.address, entity.path, state.account, state.partition)
