"""Estimate the number of calls of a read: a few entities one by one, or the whole account in pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from math import ceil

from reconciler.kinds.base import Kind
from reconciler.kinds.registry import KINDS, KINDS_BY_NAME
from reconciler.model.address import Address
from reconciler.model.live import State
from reconciler.model.quotas import PAGE_SIZE, TAG_PAGE_SIZE


def count_entity_calls(addresses: Iterable[Address]) -> int:
    """Return the number of calls to read entities one by one, without their inline policies, which are usually few."""
    return sum(KINDS_BY_NAME[address.kind].calls_to_read_one for address in addresses)


def count_page_calls(live: State) -> int:
    """Return the number of calls to read the whole account again, as `live` was read: details, tags and lists."""
    counts = Counter(address.kind for address in live.entities)
    detailed = sum(counts[kind.name] for kind in KINDS if kind.in_account_details)
    lists = sum(_count_list_calls(kind, counts[kind.name]) for kind in KINDS)
    return _count_pages(detailed) + lists + _count_tag_calls(live)


def _count_list_calls(kind: Kind, count: int) -> int:
    """Count the list calls of a kind with `count` entities, without the calls that only some files need."""
    total = 0
    for call in kind.read_calls:
        if call.only_for is not None or (call.needs_section and not count):
            continue
        total += _count_pages(count) if call.lists_kind and call.paged else 1
        total += count if call.item_call else 0
    return total


def _count_tag_calls(live: State) -> int:
    apart = [address for address in live.entities if KINDS_BY_NAME[address.kind].has_separate_tags]
    one_by_one = all(address in live.details.fully_read for address in apart)
    return 1 + len(apart) if one_by_one else ceil(len(apart) / TAG_PAGE_SIZE)


def _count_pages(count: int) -> int:
    return max(1, ceil(count / PAGE_SIZE))
