"""The global condition keys (`aws:…`), by how many values a request can have for them.

From the IAM User Guide, "AWS global condition context keys" and "Single-valued vs. multivalued context keys".
AWS adds keys, so a key that is not here is no error.
"""

from __future__ import annotations

_MULTIVALUED = """
CalledVia PrincipalOrgPaths PrincipalServiceNamesList ResourceOrgPaths SourceOrgPaths TagKeys VpceOrgPaths
"""

_SINGLE_VALUED = """
AssumedRoot CalledViaAWSMCP CalledViaFirst CalledViaLast ChatbotSourceArn CurrentTime
Ec2InstanceSourcePrivateIPv4 Ec2InstanceSourceVpc EpochTime FederatedProvider IsMcpServiceAction
MultiFactorAuthAge MultiFactorAuthPresent PrincipalAccount PrincipalArn PrincipalIsAWSService PrincipalOrgID
PrincipalOrgMasterAccountId PrincipalServiceName PrincipalTag PrincipalType Referer RequestTag RequestedRegion
ResourceAccount ResourceOrgID ResourceTag SecureTransport SignInSessionArn SourceAccount SourceArn
SourceIdentity SourceIp SourceOrgID SourceOwner SourceVpc SourceVpcArn SourceVpce TokenIssueTime UserAgent
ViaAWSService VpceAccount VpceOrgID VpcSourceIp userid username
"""

MULTIVALUED = frozenset(f"aws:{name}" for name in _MULTIVALUED.split())
SINGLE_VALUED = frozenset(f"aws:{name}" for name in _SINGLE_VALUED.split())
MFA_PRESENT, MFA_AGE = "aws:multifactorauthpresent", "aws:multifactorauthage"
MFA_KEYS = frozenset([MFA_PRESENT, MFA_AGE])
"""As canonical documents have them, in lower case."""

GLOBAL_KEYS = tuple(sorted(SINGLE_VALUED | MULTIVALUED))
"""In AWS's spelling; tag keys stand without `/name`."""
