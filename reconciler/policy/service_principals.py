"""Know the service principals of AWS, to warn about one that does not exist.

AWS publishes no list. `service_principals.json` beside this module holds the known ones, with sources and date. AWS
adds services, so the list is never complete, and an unknown name is only worth a warning. The forms of a name (region,
suffix of a partition) come from the IAM User Guide, "AWS services that work with IAM", and from aws-cdk's region-info.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from reconciler.model.account_caches import cache_for_account
from reconciler.model.partitions import DEFAULT_PARTITION, DNS_SUFFIXES, PARTITIONS
from reconciler.model.suggest import suggest_word

NEEDED_ACTIONS = {
    "rolesanywhere.amazonaws.com": ("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"),
    "account-access.amazonaws.com": ("sts:AssumeRole", "sts:SetContext"),
}
"""Maps a service to the actions that a trust must allow it (IAM Roles Anywhere User Guide, "Trust policy"; IAM User
Guide, "Prepare IAM roles" of account access manager)."""

_AWS_SUFFIX = f".{PARTITIONS[DEFAULT_PARTITION].dns_suffix}"
_SUFFIXES = tuple(f".{suffix}" for suffix in DNS_SUFFIXES)
_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]+")


@dataclass(frozen=True, slots=True)
class _ServiceList:
    """The content of `service_principals.json`.

    principals: the proven service principals, which hints may suggest.
    accepted: these, and names that are probably principals; none of them gets a warning.
    corrections: maps a usual but wrong name of a service to its principal.
    date: the day on which the list was gathered, as 2026-12-31.
    """

    principals: tuple[str, ...]
    accepted: frozenset[str]
    corrections: Mapping[str, str]
    date: str


@lru_cache(maxsize=1)
def _read_list() -> _ServiceList:
    body = json.loads(files("reconciler.policy").joinpath("service_principals.json").read_text("utf-8"))
    principals = tuple(body["principals"])
    return _ServiceList(principals, frozenset([*principals, *body["prefixes"]]), body["called"], body["date"])


def date_of_list() -> str:
    """Return the day on which the list was gathered, as 2026-12-31."""
    return _read_list().date


@cache_for_account(maxsize=4096)
def is_known_service(name: str) -> bool:
    """Return whether AWS has this service principal, or probably has it.

    A part of a known service (`part.service.amazonaws.com`) is accepted unless it resembles a known part.
    Letter case counts ("AWS::IAM::ServiceLinkedRole", AWSServiceName: "unique and case-sensitive").
    """
    known_services = _read_list()
    plain = _strip_region(name)
    if plain in known_services.accepted:
        return True
    part, _, service = plain.partition(".")
    if service not in known_services.accepted:
        return False
    parts = tuple(one.removesuffix(f".{service}") for one in known_services.principals if one.endswith(f".{service}"))
    return suggest_word(part, parts) is None


def find_nearest_service(name: str) -> str:
    """Return the known service principal that a name probably means; empty if none is near."""
    plain = _strip_region(name.lower())
    if is_known_service(plain):
        return plain
    known_services = _read_list()
    if plain in known_services.corrections:
        return known_services.corrections[plain]
    swapped = f"{plain.partition('.')[0]}{_AWS_SUFFIX}"
    if not plain.endswith(_AWS_SUFFIX) and swapped in known_services.principals:
        return swapped
    short = tuple(one.removesuffix(_AWS_SUFFIX) for one in known_services.principals if one.endswith(_AWS_SUFFIX))
    near = suggest_word(plain.removesuffix(_AWS_SUFFIX), short)
    return f"{near}{_AWS_SUFFIX}" if near else ""


def _strip_region(name: str) -> str:
    """Return the name without its region, and with the suffix of the default partition."""
    suffix = next((one for one in _SUFFIXES if name.endswith(one)), "")
    labels = name.removesuffix(suffix).split(".") if suffix else name.split(".")
    plain_labels = [label for label in labels if not _REGION.fullmatch(label)]
    return ".".join(plain_labels) + (_AWS_SUFFIX if suffix else "")
