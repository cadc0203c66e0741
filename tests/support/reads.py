"""The number of calls that reading an account takes: a function of its size, and of nothing else.

What `session.connect` and `snapshot.Reading` make, and `snapshot.complete` for the few declared users of whom no list
tells enough. None of it grows with users, groups and roles but by pages of a thousand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.model.quotas import PAGE_SIZE, TAG_PAGE_SIZE


@dataclass(frozen=True, slots=True)
class AccountSize:
    """How many there are of each in the account.

    tagged: policies and instance profiles that have tags. expected: entities that the file declares. bulk: whether
    GetResources may be called and is answered. alias, password_policy: whether the file declares them.
    devices, passwords, keys: declared users whose MFA devices, password or access keys a rule of the file is about.
    """

    users: int = 0
    groups: int = 0
    roles: int = 0
    policies: int = 0
    instance_profiles: int = 0
    oidc_providers: int = 0
    saml_providers: int = 0
    virtual_devices: int = 0
    tagged: int = 0
    expected: int = 0
    bulk: bool = True
    alias: bool = False
    password_policy: bool = False
    devices: int = 0
    passwords: int = 0
    keys: int = 0


def reads_of(size: AccountSize) -> Mapping[str, int]:
    """Operation → calls, where no call is repeated; of a plan that changes nothing, and attaches nothing unknown."""
    counts = {
        "GetCallerIdentity": 1,
        "GetAccountAuthorizationDetails": _count_details(size),
        "ListRoles": _count_pages(size.roles),
        "ListInstanceProfiles": _count_pages(size.instance_profiles),
        "ListVirtualMFADevices": _count_pages(size.virtual_devices),
        "ListOpenIDConnectProviders": 1,
        "GetOpenIDConnectProvider": size.oidc_providers,
        "ListSAMLProviders": 1,
        "GetSAMLProvider": size.saml_providers,
        "GetResources": _count_pages(size.tagged, TAG_PAGE_SIZE) if size.bulk else 1,
        "ListAccountAliases": int(size.alias),
        "GetAccountPasswordPolicy": int(size.password_policy),
        "ListMFADevices": size.devices,
        "GetLoginProfile": size.passwords,
        "ListAccessKeys": size.keys,
    }
    if not (size.bulk and size.tagged):  # nothing told of tags: they may be there all the same
        counts |= {"GetPolicy": size.policies, "GetInstanceProfile": size.instance_profiles}
    return {operation: count for operation, count in counts.items() if count}


def _count_details(size: AccountSize) -> int:
    parts = (size.users, size.groups, size.roles, size.policies)
    by_filter = sum(map(_count_pages, parts))
    if size.expected > PAGE_SIZE:
        return by_filter
    return 1 if sum(parts) <= PAGE_SIZE else 1 + by_filter


def _count_pages(items: int, page: int = PAGE_SIZE) -> int:
    """An empty list is a page, too."""
    return max(1, -(-items // page))
