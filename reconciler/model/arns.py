"""ARNs of IAM entities and back (AWS Service Authorization Reference, "Resource types defined by IAM")."""

from __future__ import annotations

import re

from reconciler.model.address import Address
from reconciler.model.partitions import ARN_PARTITION

_ARN = re.compile(
    rf"arn:({ARN_PARTITION}):iam::(\d{{12}}|aws):(user|group|role|policy|instance-profile)(/(?:.*/)?)([^/]+)"
)
_PROVIDER = re.compile(rf"arn:{ARN_PARTITION}:iam::(\d{{12}}):(oidc-provider|saml-provider)/(.+)")
"""Providers have no path: the issuer of an OIDC provider may hold slashes of its own."""


def arn_of(address: Address, path: str, account: str, partition: str) -> str:
    return f"arn:{partition}:iam::{account}:{address.kind}{path}{address.name}"


def arn_of_aws_policy(name: str, partition: str) -> str:
    """`ReadOnlyAccess` or `service-role/Name` → the ARN of the AWS-managed policy."""
    return f"arn:{partition}:iam::aws:policy/{name}"


def address_of(arn: str, account: str) -> Address | None:
    """The entity of `account` that an ARN names; None for other accounts' and AWS's own."""
    provider = _PROVIDER.fullmatch(arn)
    if provider:
        return Address(provider[2], provider[3]) if provider[1] == account else None
    match = _ARN.fullmatch(arn)
    return Address(match[3], match[5]) if match and match[2] == account else None


def path_of(arn: str) -> str:
    """The path in an IAM ARN; `/` where it has none."""
    match = _ARN.fullmatch(arn)
    return match[4] if match else "/"


def policy_reference_of(arn: str, account: str) -> str:
    """How a file would name the policy: its name, `aws:NAME`, or the ARN where neither fits."""
    match = _ARN.fullmatch(arn)
    if match is None or match[3] != "policy":
        return arn
    if match[2] == "aws":
        return f"aws:{match[4].lstrip('/')}{match[5]}"
    return match[5] if match[2] == account else arn
