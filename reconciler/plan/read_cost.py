"""What reading costs in calls, about: a few entities one by one, and the whole account in pages."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil

from reconciler.model.address import Address
from reconciler.model.live import State
from reconciler.model.quotas import PAGE_SIZE, TAG_PAGE_SIZE

_CALLS_PER_KIND = {"user": 4, "role": 3, "group": 3, "policy": 3}
_KINDS_WITH_TAG_CALLS = ("policy", "instance-profile")


def count_entity_calls(addresses: Iterable[Address]) -> int:
    """To read these one by one; inline policies, of which few have many, come on top."""
    return sum(_CALLS_PER_KIND.get(address.kind, 1) for address in addresses)


def count_page_calls(live: State) -> int:
    """To read the whole account again as `live` was read: details, roles, profiles, devices, providers, tags."""
    kinds = [address.kind for address in live.entities]
    apart = [address for address in live.entities if address.kind in _KINDS_WITH_TAG_CALLS]
    one_by_one = all(address in live.details.fully_read for address in apart)
    tags = 1 + len(apart) if one_by_one else ceil(len(apart) / TAG_PAGE_SIZE)
    detailed = sum(kinds.count(kind) for kind in _CALLS_PER_KIND)
    providers = 2 + kinds.count("oidc-provider") + kinds.count("saml-provider")
    return (
        tags + providers + 1 + sum(map(_count_pages, (detailed, kinds.count("role"), kinds.count("instance-profile"))))
    )


def _count_pages(count: int) -> int:
    return max(1, ceil(count / PAGE_SIZE))
