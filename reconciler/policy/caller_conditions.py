"""Decide if conditions limit who may assume a role; `anyone: true` and the principal `*` need one that does.

A condition limits callers if it is positive (no Not…, IfExists or ForAllValues), tests a key that says who or from
where the caller is, and has a value that is more than wildcards (IAM User Guide, "AWS global condition context keys").

It excludes strangers if, moreover, nobody can meet it with an account of his own: each value fixes the account, the
organization, the network, or an id that AWS or the owner gives. The same guide, under aws:VpcSourceIp and
aws:PrincipalOrgPaths: two VPCs may have the same addresses, and only the id of an organization is unique.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import TypeVar

from reconciler.policy.operators import OPERATORS

_POSITIVE_OPERATORS = ("StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike", "IpAddress")
_CALLER_KEYS = frozenset(
    "aws:principalorgid aws:principalorgpaths aws:principalaccount aws:principalarn aws:sourceaccount aws:sourcearn "
    "aws:sourceorgid aws:sourceorgpaths aws:sourceip aws:sourcevpc aws:sourcevpcarn aws:sourcevpce "
    "aws:vpceaccount aws:vpceorgid aws:vpceorgpaths aws:vpcsourceip aws:userid aws:federatedprovider "
    "sts:externalid".split()
)
_CALLER_KEY_PREFIXES = ("aws:principaltag/",)
_ALL_ADDRESSES = ("0.0.0.0/0", "::/0")

_EXACT = r"[^*?]+\Z"
_OF_ACCOUNT = r"arn:[^:]*:[^:]*:[^:]*:[0-9]{12}:"
_ARN = f"{_OF_ACCOUNT}|{_EXACT}"
_ORGANIZATION_PATH = r"[^*?/]+(/|\Z)"
_EXCLUDING_TEXTS = {
    **dict.fromkeys(
        "aws:principalorgid aws:principalaccount aws:sourceaccount aws:sourceorgid aws:sourcevpc aws:sourcevpce "
        "aws:vpceaccount aws:vpceorgid".split(),
        _EXACT,
    ),
    **dict.fromkeys("aws:principalorgpaths aws:sourceorgpaths aws:vpceorgpaths".split(), _ORGANIZATION_PATH),
    **dict.fromkeys("aws:principalarn aws:sourcearn aws:sourcevpcarn".split(), _ARN),
    "aws:federatedprovider": _OF_ACCOUNT,
    "aws:sourceip": r"[0-9A-Fa-f]+[.:]",
    "aws:userid": r"[^*?:]+(:|\Z)|[A-Z0-9]{12}",
    "sts:externalid": "",
}
"""Maps a key to how a value begins that no stranger can meet. Users choose their own tags and session names."""

_KNOWN_TEXT = re.compile(r"\$\{(aws:Resource(Account|OrgID)|[*?$])\}", re.IGNORECASE)
"""Variables with one value only: the account or organization of the owner, and characters that are no wildcard."""

_ACCOUNT_ID = "0" * 12
_INTERNET_V4, _INTERNET_V6 = IPv4Network("0.0.0.0/0"), IPv6Network("2000::/3")
"""All public addresses; IANA gives those of IPv6 from this block alone."""

_Network = TypeVar("_Network", IPv4Network, IPv6Network)


def narrows_callers(conditions: object) -> bool:
    """Return whether at least one condition of a Condition block limits who the caller may be."""
    return any(True for _ in _iter_limits(conditions))


def excludes_strangers(conditions: object) -> bool:
    """Return whether at least one condition cannot be met by everybody who has an AWS account."""
    return any(
        key in _EXCLUDING_TEXTS
        and all(_begins_with(_EXCLUDING_TEXTS[key], operator, text) for text in texts)
        and not (key == "aws:sourceip" and _is_most_of_the_internet(texts))
        for operator, key, texts in _iter_limits(conditions)
    )


def _iter_limits(conditions: object) -> Iterator[tuple[str, str, list[str]]]:
    """Yield the operator, the key in lower case, and the values of each condition that limits callers."""
    blocks = conditions.items() if isinstance(conditions, dict) else ()
    for operator, block in blocks:
        for key, value in block.items() if isinstance(block, dict) else ():
            if _is_positive(str(operator)) and _identifies_caller(str(key)) and _has_fixed_text(value):
                yield str(operator), str(key).lower(), list(map(str, value if isinstance(value, list) else [value]))


def _is_positive(name: str) -> bool:
    operator = OPERATORS.get(name)
    return (
        operator is not None
        and operator.base in _POSITIVE_OPERATORS
        and not operator.if_exists
        and "ForAll" not in name
    )


def _identifies_caller(key: str) -> bool:
    return key.lower() in _CALLER_KEYS or key.lower().startswith(_CALLER_KEY_PREFIXES)


def _has_fixed_text(value: object) -> bool:
    values = value if isinstance(value, list) else [value]
    return bool(values) and all(
        str(item).strip("*?:") not in ("", "arn") and item not in _ALL_ADDRESSES for item in values
    )


def _begins_with(pattern: str, operator: str, text: str) -> bool:
    text = _KNOWN_TEXT.sub(_ACCOUNT_ID, text)
    if OPERATORS[operator].base in ("StringEquals", "StringEqualsIgnoreCase"):
        text = re.sub("[*?]", "-", text)
    return "${" not in text and re.match(pattern, text) is not None


def _is_most_of_the_internet(texts: list[str]) -> bool:
    """Return whether networks hold half of all addresses or more: then anybody can come from one of them."""
    networks = list(map(_parse_network, texts))
    return _holds_half([one for one in networks if isinstance(one, IPv4Network)], _INTERNET_V4) or _holds_half(
        [one for one in networks if isinstance(one, IPv6Network)], _INTERNET_V6
    )


def _parse_network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def _holds_half(networks: list[_Network], internet: _Network) -> bool:
    public = [one for one in collapse_addresses(networks) if one.overlaps(internet)]
    return 2 * sum(min(one.num_addresses, internet.num_addresses) for one in public) >= internet.num_addresses
