"""AWS's quotas on IAM: what an account has by default, and the most that AWS raises it to.

Source: IAM User Guide, "IAM and AWS STS quotas". What an account really has is in GetAccountSummary, and wins over this
table wherever it is read. 20 attached policies per role are the default since 2026; accounts from before may still have
10 (aws/eks-hybrid#741, 2025-09), so `guaranteed` says from how many on the account must be asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quota:
    """`summary_key`: its name in GetAccountSummary, "" if it is not there. `limit_name`: its name in LimitExceeded.

    adjustable_to: what AWS raises it to at most; None: it does not. legacy_default: what accounts may have that are
    older than the default; None: the default. usage_key: what counts towards it in GetAccountSummary, "" if it is not
    there. noun: what it limits, as in "the quota of attached policies"; only if the order of calls can depend on it.
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
        """More than this no account can have."""
        return self.default if self.adjustable_to is None else self.adjustable_to

    @property
    def guaranteed(self) -> int:
        """As many as this every account can have, so that nobody need be asked."""
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
"""Characters of all inline policies of one entity, white space left out."""

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
"""The quotas on what one entity has that GetAccountSummary tells; how many entities an account may have, each kind
says (`kinds/base.py:Kind.quota`)."""
