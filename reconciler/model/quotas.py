"""AWS's quotas on IAM: what an account has by default, and the most that AWS raises it to.

Source: IAM User Guide, "IAM and AWS STS quotas". What an account really has is in GetAccountSummary, and wins over this
table wherever it is read. 20 attached policies per role are the default since 2026; accounts from before may still have
10 (aws/eks-hybrid#741, 2025-09), so `guaranteed` says from how many on the account must be asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PAGE_SIZE, TAG_PAGE_SIZE = 1000, 100
"""The most items that IAM returns on a page, and the most that GetResources does (IAM API Reference, "MaxItems";
Resource Groups Tagging API Reference, "ResourcesPerPage")."""


@dataclass(frozen=True, slots=True)
class Quota:
    """`summary_key`: its name in GetAccountSummary, "" if it is not there. `limit_name`: its name in LimitExceeded.

    adjustable_to: what AWS raises it to at most; None: it does not. legacy_default: what accounts may have that are
    older than the
    default; None: the default. usage_key: what counts towards it in GetAccountSummary, "" if it is not there.
    """

    summary_key: str
    limit_name: str
    default: int
    adjustable_to: int | None = None
    legacy_default: int | None = None
    usage_key: str = ""

    @property
    def ceiling(self) -> int:
        """More than this no account can have."""
        return self.default if self.adjustable_to is None else self.adjustable_to

    @property
    def guaranteed(self) -> int:
        """As many as this every account can have, so that nobody need be asked."""
        return self.default if self.legacy_default is None else self.legacy_default


ATTACHED_POLICIES: Mapping[str, Quota] = {
    "User": Quota("AttachedPoliciesPerUserQuota", "PoliciesPerUser", 10, 20),
    "Group": Quota("AttachedPoliciesPerGroupQuota", "PoliciesPerGroup", 10),
    "Role": Quota("AttachedPoliciesPerRoleQuota", "PoliciesPerRole", 20, 25, legacy_default=10),
}
INLINE_SIZE: Mapping[str, Quota] = {
    "User": Quota("UserPolicySizeQuota", "", 2048),
    "Group": Quota("GroupPolicySizeQuota", "", 5120),
    "Role": Quota("RolePolicySizeQuota", "", 10240),
}
"""Characters of all inline policies of one entity, white space left out."""

GROUPS_PER_USER = Quota("GroupsPerUserQuota", "GroupsPerUser", 10)
MANAGED_SIZE = Quota("PolicySizeQuota", "PolicySize", 6144)
TRUST_SIZE = Quota("AssumeRolePolicySizeQuota", "ACLSizePerRole", 2048, 8192)
VERSIONS = Quota("VersionsPerPolicyQuota", "VersionsPerPolicy", 5)
ACCESS_KEYS = Quota("AccessKeysPerUserQuota", "AccessKeysPerUser", 2)
MFA_DEVICES = Quota("", "MFADevicesPerUser", 8)
TAGS = Quota("", "", 50)

PER_ACCOUNT: Mapping[str, Quota] = {
    "user": Quota("UsersQuota", "UsersPerAccount", 5000, usage_key="Users"),
    "group": Quota("GroupsQuota", "GroupsPerAccount", 300, 500, usage_key="Groups"),
    "role": Quota("RolesQuota", "RolesPerAccount", 1000, 10000, usage_key="Roles"),
    "policy": Quota("PoliciesQuota", "PoliciesPerAccount", 1500, 10000, usage_key="Policies"),
    "instance-profile": Quota(
        "InstanceProfilesQuota", "InstanceProfilesPerAccount", 1000, 10000, usage_key="InstanceProfiles"
    ),
    "oidc-provider": Quota("", "OpenIdConnectProvidersPerAccount", 100, 700),
    "saml-provider": Quota("", "SAMLProvidersPerAccount", 100),
}
"""Kind → how many an account may have."""

_ALL = (
    *(*ATTACHED_POLICIES.values(), *INLINE_SIZE.values(), *PER_ACCOUNT.values()),
    *(GROUPS_PER_USER, MANAGED_SIZE, TRUST_SIZE, VERSIONS, ACCESS_KEYS),
)
BY_SUMMARY_KEY: Mapping[str, Quota] = {quota.summary_key: quota for quota in _ALL if quota.summary_key}
"""Name in GetAccountSummary → quota."""
