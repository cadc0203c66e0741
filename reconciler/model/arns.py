"""Convert addresses to ARNs and back (AWS Service Authorization Reference, "Resource types defined by IAM")."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

from reconciler.model.account_caches import cache_for_account, empty_account_caches
from reconciler.model.address import Address
from reconciler.model.partitions import ARN_PARTITION

_ARN = re.compile(rf"arn:{ARN_PARTITION}:iam::(\d{{12}}|aws):([a-z0-9-]+)/(.+)", re.DOTALL)
_POLICY = re.compile(rf"arn:{ARN_PARTITION}:iam::(\d{{12}}|aws):policy(/(?:.*/)?)([^/]+)")

_SESSION = re.compile(rf"arn:{ARN_PARTITION}:sts::(\d{{12}}):assumed-role/([^/]+)/[^/]+")


class ArnForm(StrEnum):
    """The part of an entity's ARN behind the kind.

    NAME_ONLY: a name that may hold slashes of its own, such as the issuer of an OIDC provider.
    NO_ARN: AWS gives entities of the kind no ARN.
    """

    WITH_PATH = "path and name"
    NAME_ONLY = "name"
    NO_ARN = "none"


_FORMS: dict[str, ArnForm] = {}


def register_arn_forms(forms: Mapping[str, ArnForm]) -> None:
    """Register the form of every kind's ARNs. `kinds/registry.py` does this when it is imported."""
    _FORMS.update(forms)
    empty_account_caches()


def arn_of(address: Address, path: str, account: str, partition: str) -> str:
    """Return the ARN of an entity. path: begins and ends with a slash."""
    return f"arn:{partition}:iam::{account}:{address.kind}{path}{address.name}"


def arn_of_aws_policy(name: str, partition: str) -> str:
    """Return the ARN of an AWS-managed policy. name: with its path, such as `service-role/Name`."""
    return f"arn:{partition}:iam::aws:policy/{name}"


@cache_for_account(maxsize=65536)
def address_of(arn: str, account: str) -> Address | None:
    """Return the address of the entity of `account` that an ARN names; None for other accounts and AWS itself."""
    owner, kind, _, name = _split_arn(arn)
    return Address(kind, name) if name and owner == account else None


def role_of_session(arn: str, account: str | None = None) -> str:
    """Return the name of the role that a session's ARN names; "" for another ARN, or if it is of another account.

    account: None for any. The ARN of a session has no path (IAM User Guide, "IAM identifiers").
    """
    match = _SESSION.fullmatch(arn)
    return match[2] if match and account in (None, match[1]) else ""


def path_of(arn: str) -> str:
    """Return the path in an IAM ARN; `/` if it has none."""
    return _split_arn(arn)[2]


def _split_arn(arn: str) -> tuple[str, str, str, str]:
    """Return account, kind, path and name; no name if the ARN is not that of an entity of a kind.

    Raises RuntimeError if no kinds are registered, since no ARN would then name an entity.
    """
    if not _FORMS:
        raise RuntimeError("ARNs are read before reconciler.kinds.registry is imported")
    match = _ARN.fullmatch(arn)
    form = _FORMS.get(match[2], ArnForm.NO_ARN) if match else ArnForm.NO_ARN
    if match is None or form is ArnForm.NO_ARN:
        return "", "", "/", ""
    if form is ArnForm.NAME_ONLY:
        return match[1], match[2], "/", match[3]
    name = match[3].rpartition("/")[2]
    return match[1], match[2], f"/{match[3].removesuffix(name)}", name


def policy_reference_of(arn: str, account: str) -> str:
    """Return the reference to a policy in a file: its name, `aws:NAME`, or the ARN if it is in another account."""
    match = _POLICY.fullmatch(arn)
    if match is None:
        return arn
    if match[1] == "aws":
        return f"aws:{match[2].lstrip('/')}{match[3]}"
    return match[3] if match[1] == account else arn
