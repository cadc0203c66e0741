"""AWS's quotas on IAM: the default, and the most that AWS raises it to on request.

Source: IAM User Guide, "IAM and AWS STS quotas". GetAccountSummary returns the real quotas of an account, which win
over this table. 20 attached policies per role are the default since 2026; older accounts may still have 10
(aws/eks-hybrid#741, 2025-09). `floor` is the number up to which the account need not be asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PAGE_SIZE, TAG_PAGE_SIZE = 1000, 100
"""The most items that IAM returns on a page, and the most that GetResources does (IAM API Reference, "MaxItems";
Resource Groups Tagging API Reference, "ResourcesPerPage")."""


@dataclass(frozen=True, slots=True)
class Quota:
    """One quota.

    summary_key: its name in GetAccountSummary; "" if that lacks it.
    limit_name: its name in the error LimitExceeded.
    default: the value of a new account.
    adjustable_to: the highest value that AWS grants on request; None if AWS never raises it.
    legacy_default: the lower value that older accounts may have; None if they have the default too.
    usage_key: the name of the current usage in GetAccountSummary; "" if that lacks it.
    noun: the thing that it limits, as in "the quota of attached policies"; only if the order of calls depends on it.
    """

    summary_key: str
    limit_name: str
    default: int
    adjustable_to: int | None = None
    legacy_default: int | None = None
    usage_key: str = ""
    noun: str = ""

    @property
    def ceiling(self) -> int:
        """Return the highest value that any account can have."""
        return self.default if self.adjustable_to is None else self.adjustable_to

    @property
    def floor(self) -> int:
        """Return the value that every account has, so that no call must ask for it."""
        return self.default if self.legacy_default is None else self.legacy_default


_ATTACHED, _INLINE = "attached policies", "inline policies"

ATTACHED_POLICIES: Mapping[str, Quota] = {
    "User": Quota("AttachedPoliciesPerUserQuota", "PoliciesPerUser", 10, 20, noun=_ATTACHED),
    "Group": Quota("AttachedPoliciesPerGroupQuota", "PoliciesPerGroup", 10, noun=_ATTACHED),
    "Role": Quota("AttachedPoliciesPerRoleQuota", "PoliciesPerRole", 20, 25, legacy_default=10, noun=_ATTACHED),
}
INLINE_SIZE: Mapping[str, Quota] = {
    "User": Quota("UserPolicySizeQuota", "", 2048, noun=_INLINE),
    "Group": Quota("GroupPolicySizeQuota", "", 5120, noun=_INLINE),
    "Role": Quota("RolePolicySizeQuota", "", 10240, noun=_INLINE),
}
"""The total characters of all inline policies of one entity; white space does not count."""

GROUPS_PER_USER = Quota("GroupsPerUserQuota", "GroupsPerUser", 10, noun="groups per user")
MANAGED_SIZE = Quota("PolicySizeQuota", "PolicySize", 6144)
TRUST_SIZE = Quota("AssumeRolePolicySizeQuota", "ACLSizePerRole", 2048, 8192)
VERSIONS = Quota("VersionsPerPolicyQuota", "VersionsPerPolicy", 5)
ACCESS_KEYS = Quota("AccessKeysPerUserQuota", "AccessKeysPerUser", 2)
MFA_DEVICES = Quota("", "MFADevicesPerUser", 8)
TAGS = Quota("", "", 50)
CLIENT_IDS = Quota("", "", 100, noun="client ids")
ROLES_PER_PROFILE = Quota("", "", 1, noun="one role per instance profile")

OF_ONE_ENTITY: tuple[Quota, ...] = (
    *(*ATTACHED_POLICIES.values(), *INLINE_SIZE.values()),
    *(GROUPS_PER_USER, MANAGED_SIZE, TRUST_SIZE, VERSIONS, ACCESS_KEYS),
)
"""The quotas on what one entity has that GetAccountSummary returns; how many entities an account may have, each kind
says (`kinds/base.py:Kind.quota`)."""
