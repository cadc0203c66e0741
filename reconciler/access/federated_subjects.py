"""Tell the subjects that a trust in an identity provider names from those that it accepts by a wildcard.

The claim `sub` of a token says who it is for: `repo:ORG/REPO:ref:…` of GitHub, `system:serviceaccount:NAMESPACE:NAME`
of Kubernetes, or an opaque id. A subject is named if the part that says whose it is stands before the first wildcard.
"""

from __future__ import annotations

import re

from reconciler.model.document import Condition, Statement
from reconciler.policy.operators import OPERATORS

_EXACT_BASES = ("StringEquals", "StringEqualsIgnoreCase")
_PATTERN_BASES = ("StringLike", "ArnLike", "ArnEquals")
_WILDCARD = re.compile(r"[*?]|\$\{")
_OWNER = re.compile(r"[^:]+:[^:/]+[:/]")
"""A type and the whole name of an owner, such as `repo:acme/`; `repo:acme` may go on as `repo:acme-evil`."""


def find_open_subjects(statement: Statement) -> str | None:
    """Return the subjects that a provider's statement accepts by wildcard; "" if all; None if it names them.

    SAML has no subject that trusts usually name, so its statements count as naming.
    """
    if any(":saml-provider/" in value for _, value in statement.principals or ()):
        return None
    limits = [one for one in statement.conditions if one.key.endswith(":sub") and _accepts_by_name(one)]
    if not limits:
        return ""
    wild = [_list_wild_values(one) for one in limits]
    return None if any(not values for values in wild) else ", ".join(wild[0])


def _accepts_by_name(condition: Condition) -> bool:
    """Return whether a condition says which values it accepts; a StringNotLike accepts all but its values.

    With IfExists or ForAllValues it also accepts a token that lacks the claim.
    """
    operator = OPERATORS.get(condition.operator)
    if operator is None or operator.if_exists or operator.quantifier == "ForAllValues":
        return False
    return operator.base in (*_EXACT_BASES, *_PATTERN_BASES)


def _list_wild_values(condition: Condition) -> list[str]:
    """Return the values with a wildcard; one in a value that is compared as it stands does not count."""
    is_exact = OPERATORS[condition.operator].base in _EXACT_BASES
    return [] if is_exact else sorted(filter(_has_early_wildcard, condition.values))


def _has_early_wildcard(value: str) -> bool:
    wildcard = _WILDCARD.search(value)
    return wildcard is not None and not _OWNER.match(value[: wildcard.start()])
