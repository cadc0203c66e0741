"""Convert addresses to ARNs and back (AWS Service Authorization Reference, "Resource types defined by IAM")."""

from __future__ import annotations

import re

from reconciler.model.address import Address

_ARN = re.compile(r"arn:([a-z0-9-]+):iam::(\d{12}|aws):(user|group|role|policy|instance-profile)(/(?:.*/)?)([^/]+)")
_PROVIDER = re.compile(r"arn:[a-z0-9-]+:iam::(\d{12}):(oidc-provider|saml-provider)/(.+)")
"""Providers have no path; a slash after the type belongs to the issuer of an OIDC provider."""


def arn_of(address: Address, path: str, account: str, partition: str) -> str:
    """Return the ARN of an entity. path: begins and ends with a slash."""
    return f"arn:{partition}:iam::{account}:{address.kind}{path}{address.name}"


def arn_of_aws_policy(name: str, partition: str) -> str:
    """Return the ARN of an AWS-managed policy. name: with its path, such as `service-role/Name`."""
    return f"arn:{partition}:iam::aws:policy/{name}"


def address_of(arn: str, account: str) -> Address | None:
    """Return the address of the entity of `account` that an ARN names; None for other accounts and AWS itself."""
    provider = _PROVIDER.fullmatch(arn)
    if provider:
        return Address(provider[2], provider[3]) if provider[1] == account else None
    match = _ARN.fullmatch(arn)
    return Address(match[3], match[5]) if match and match[2] == account else None


def path_of(arn: str) -> str:
    """Return the path in an IAM ARN; `/` if it has none."""
    match = _ARN.fullmatch(arn)
    return match[4] if match else "/"


def policy_reference_of(arn: str, account: str) -> str:
    """Return the reference to a policy in a file: its name, `aws:NAME`, or the ARN if it is in another account."""
    match = _ARN.fullmatch(arn)
    if match is None or match[3] != "policy":
        return arn
    if match[2] == "aws":
        return f"aws:{match[4].lstrip('/')}{match[5]}"
    return match[5] if match[2] == account else arn
