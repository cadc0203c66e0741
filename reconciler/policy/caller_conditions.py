"""Decide if conditions limit who may assume a role; `anyone: true` and the principal `*` need one that does.

A condition limits callers if it is positive (no Not…, IfExists or ForAllValues), tests a key that says who or from
where the caller is, and has a value that is more than wildcards (IAM User Guide, "AWS global condition context keys").
"""

from __future__ import annotations

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


def narrows_callers(conditions: object) -> bool:
    """Return whether at least one condition of a Condition block limits who the caller may be."""
    blocks = conditions.items() if isinstance(conditions, dict) else ()
    return any(
        _is_positive(str(operator)) and _identifies_caller(str(key)) and _has_fixed_text(value)
        for operator, block in blocks
        for key, value in (block.items() if isinstance(block, dict) else ())
    )


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
