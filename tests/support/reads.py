"""Compute the number of calls that reading an account takes, from its size alone.

These are the calls of `session.connect` and `snapshot.AccountReader`, and those of `snapshot.complete_state` for the
few declared users about whom no list has enough. Users, groups and roles add only pages of a thousand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.model.quotas import PAGE_SIZE, TAG_PAGE_SIZE


@dataclass(frozen=True, slots=True)
class AccountSize:
    """The number of entities of each kind in the account.

    tagged: policies and instance profiles with tags. expected: entities that the file declares. bulk: True if
    GetResources is allowed and answered. alias, password_policy: True if the file declares them; the alias is read
    anyway.
    devices, passwords, keys: declared users for whom the file has a rule on MFA devices, password or access keys.
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
    """Return operation → calls of a plan that changes nothing and attaches no unknown policy, without repetitions."""
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
        "ListAccountAliases": 1,
        "GetAccountPasswordPolicy": int(size.password_policy),
        "ListMFADevices": size.devices,
        "GetLoginProfile": size.passwords,
        "ListAccessKeys": size.keys,
    }
    if not (size.bulk and size.tagged):  # no call has told the tags, so each entity may have some
        counts |= {"GetPolicy": size.policies, "GetInstanceProfile": size.instance_profiles}
    return {operation: count for operation, count in counts.items() if count}


def _count_details(size: AccountSize) -> int:
    parts = (size.users, size.groups, size.roles, size.policies)
    by_filter = sum(map(_count_pages, parts))
    if size.expected > PAGE_SIZE:
        return by_filter
    return 1 if sum(parts) <= PAGE_SIZE else 1 + by_filter


def _count_pages(items: int, page: int = PAGE_SIZE) -> int:
    """Return the number of pages. An empty list is a page as well."""
    return max(1, -(-items // page))
