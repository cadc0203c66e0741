"""AWS's quotas on IAM: what an account has by default, and the most that AWS raises it to.

Source: IAM User Guide, "IAM and AWS STS quotas". What an account really has is in GetAccountSummary, and wins over this
table wherever it is read. 20 attached policies per role are the default since 2026; accounts from before may still have
10 (aws/eks-hybrid#741, 2025-09), so `surely` says from how many on the account must be asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quota:
    """`summary`: its name in GetAccountSummary, "" if it is not there. `refused_as`: its name in LimitExceeded.

    most: what AWS raises it to at most; None: it does not. least: what accounts may have that are older than the
    default; None: the default. usage: what counts towards it in GetAccountSummary, "" if it is not there.
    """

    summary: str
    refused_as: str
    default: int
    most: int | None = None
    least: int | None = None
    usage: str = ""

    @property
    def ceiling(self) -> int:
        """More than this no account can have."""
        return self.default if self.most is None else self.most

    @property
    def surely(self) -> int:
        """As many as this every account can have, so that nobody need be asked."""
        return self.default if self.least is None else self.least


ATTACHED: Mapping[str, Quota] = {
    "User": Quota("AttachedPoliciesPerUserQuota", "PoliciesPerUser", 10, 20),
    "Group": Quota("AttachedPoliciesPerGroupQuota", "PoliciesPerGroup", 10),
    "Role": Quota("AttachedPoliciesPerRoleQuota", "PoliciesPerRole", 20, 25, least=10),
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

OF_ACCOUNT: Mapping[str, Quota] = {
    "user": Quota("UsersQuota", "UsersPerAccount", 5000, usage="Users"),
    "group": Quota("GroupsQuota", "GroupsPerAccount", 300, 500, usage="Groups"),
    "role": Quota("RolesQuota", "RolesPerAccount", 1000, 10000, usage="Roles"),
    "policy": Quota("PoliciesQuota", "PoliciesPerAccount", 1500, 10000, usage="Policies"),
    "instance-profile": Quota(
        "InstanceProfilesQuota", "InstanceProfilesPerAccount", 1000, 10000, usage="InstanceProfiles"
    ),
    "oidc-provider": Quota("", "OpenIdConnectProvidersPerAccount", 100, 700),
    "saml-provider": Quota("", "SAMLProvidersPerAccount", 100),
}
"""Kind → how many an account may have."""

_ALL = (
    *(*ATTACHED.values(), *INLINE_SIZE.values(), *OF_ACCOUNT.values()),
    *(GROUPS_PER_USER, MANAGED_SIZE, TRUST_SIZE, VERSIONS, ACCESS_KEYS),
)
IN_SUMMARY: Mapping[str, Quota] = {quota.summary: quota for quota in _ALL if quota.summary}
"""Name in GetAccountSummary → quota."""
