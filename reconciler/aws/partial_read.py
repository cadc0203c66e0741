"""Read a few entities, each by its own calls. A saved plan need not read the whole account again.

The answers get the shape of GetAccountAuthorizationDetails and the list calls, so that the kinds make the same entities
of them as of a whole read (`aws/snapshot.py`). Names are spelled as IAM spells them, not as the file does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from reconciler.aws import timing
from reconciler.aws.entity_reader import EntityReader
from reconciler.aws.faults import translate_errors
from reconciler.aws.session import Connection
from reconciler.kinds.account import ALIAS, read_account_alias
from reconciler.kinds.live_reader import EntityNotFoundError, RawEntry
from reconciler.kinds.policy import read_policy_versions
from reconciler.kinds.raw_account import RawAccount, TagsAndDescription, tags_of
from reconciler.kinds.registry import KINDS, KINDS_BY_NAME, find_expirations
from reconciler.model.address import Address
from reconciler.model.arns import address_of
from reconciler.model.live import LiveDetails, State


def make_empty_state(connection: Connection) -> State:
    """Return the state that is known before anything is read: no entity."""
    return State(connection.account, connection.partition, {}, LiveDetails(caller=connection.caller_arn), frozenset())


class PartialReader:
    """A reader of single entities. Lists of ARNs and spellings are read once, and only if they are needed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._reader = EntityReader(connection)
        self._is_alias_read = False

    def read_entities(self, addresses: Collection[Address], state: State) -> State | None:
        """Return `state` with these entities, also if they do not exist; None if AWS refuses one of the calls.

        Raises ReconcileError. Raises KeyError for an address of an unknown kind, which cannot be read.
        """
        by_arn = {address.kind for address in addresses if KINDS_BY_NAME[address.kind].is_read_by_arn}
        with translate_errors("reading the account"), ThreadPoolExecutor(timing.POOL_SIZE) as pool:
            try:
                self._reader.read_arns(by_arn, pool)
                alias = pool.submit(self._read_alias, ALIAS in addresses)
                answers = list(pool.map(self._read_entity, addresses))
                missing = [address for address, answer in zip(addresses, answers, strict=True) if not answer]
                answers += pool.map(self._read_entity, self._find_respelled(missing, pool))
                answers.append(alias.result())
            except ClientError:
                return None
        return self._merge_state(state, addresses, [item for answer in answers for item in answer])

    def _find_respelled(self, lost: Collection[Address], pool: Executor) -> list[Address]:
        """Return lost entities by their live names, which differ in case: IAM may not find them by another spelling."""
        candidates = [address for address in lost if _is_listed_by_name(address)]
        self._reader.read_arns({address.kind for address in candidates}, pool)
        arns = map(self._reader.find_arn, candidates)
        return [address for arn in arns if arn and (address := address_of(arn, self._connection.account))]

    def _merge_state(self, state: State, addresses: Collection[Address], entries: list[RawEntry]) -> State:
        lists: defaultdict[str, list[Any]] = defaultdict(list)
        for key, item in entries:
            lists[key].append(item)
        tags = {
            item["Arn"]: TagsAndDescription(tags_of(item.get("Tags")))
            for _, item in entries
            if isinstance(item, Mapping) and "Arn" in item
        }
        raw = RawAccount(state.account, state.partition, lists, tags)
        entities_read = {entity.address: entity for kind in KINDS for entity in kind.read(raw)}
        entities = {
            address: entity for address, entity in entities_read.items() if address != ALIAS or ALIAS in addresses
        }
        details = replace(
            state.details,
            versions={**state.details.versions, **read_policy_versions(raw)},
            unique_ids={**state.details.unique_ids, **raw.map_unique_ids()},
            expirations={**state.details.expirations, **find_expirations(raw)},
            fully_read=state.details.fully_read
            | {address for address in entities if KINDS_BY_NAME[address.kind].has_separate_tags},
            read_at=datetime.now(UTC),
            account_alias=read_account_alias(raw) or state.details.account_alias,
        )
        known_addresses = (state.known_addresses or frozenset()) | frozenset(addresses)
        return replace(state, entities={**state.entities, **entities}, details=details, known_addresses=known_addresses)

    def _read_alias(self, is_entity: bool) -> list[RawEntry]:
        """Return the account's alias, which every plan shows; none if AWS denies the read. It is read once.

        is_entity: it is one of the entities that are read anyway.
        """
        was_read, self._is_alias_read = self._is_alias_read, True
        if is_entity or was_read:
            return []
        try:
            return self._read_entity(ALIAS)
        except ClientError:
            return []

    def _read_entity(self, address: Address) -> list[RawEntry]:
        """Return the parts of an entity; none if it does not exist, or is deleted before all of it is read."""
        try:
            return list(KINDS_BY_NAME[address.kind].read_one(address, self._reader))
        except EntityNotFoundError:
            return []


def _is_listed_by_name(address: Address) -> bool:
    kind = KINDS_BY_NAME[address.kind]
    return kind.list_call is not None and not kind.is_read_by_arn
