"""Put the terms on which a principal may assume a role into words."""

from __future__ import annotations

import re
from collections.abc import Iterable

from reconciler.model.partitions import ARN_PARTITION
from reconciler.policy.global_keys import spell_key

_UNTIL_PREFIXES = ("DateLessThan aws:currenttime ", "unless DateGreaterThanEquals aws:currenttime ")
"""Prefixes of terms that hold until a time: an Allow before it, and a Deny from it on."""


def describe_terms(mfa: bool, conditions: Iterable[str], terms: Iterable[str]) -> str:
    """Return `, with MFA, until …, depending on …`, as far as these apply. conditions: keys, in any spelling."""
    text = ", with MFA" if mfa else ""
    conditions = list(conditions)
    others = [key for key in conditions if key.lower() != "aws:currenttime"]
    if len(others) < len(conditions) and (end := find_end(terms)):
        text, conditions = f"{text}, until {end}", others
    return f"{text}, depending on {', '.join(map(spell_key, conditions))}" if conditions else text


def find_end(terms: Iterable[str]) -> str:
    """Return the time at which an access on these terms ends; "" if they set none, or test times in other ways, too."""
    times = [term for term in terms if " aws:currenttime " in term]
    is_end = len(times) == 1 and times[0].startswith(_UNTIL_PREFIXES) and " and " not in times[0]
    return times[0].rpartition(" ")[2] if is_end else ""


_FACTS = {
    "policy": "the content of {}",
    "boundary": "whether the boundary {} limits it",
    "session": "the session policy",
    "principal": "whether the caller is {}",
    "not-principal": "whether {} excludes the caller",
    "operator": "the operator {}, which is not known here",
    "trust": "the trust of {}",
}
"""The facts of `access/verdicts.py:Verdict.keys` that are not condition keys, and the trust of an unknown role."""

_HOLDERS = ("user/", "group/", "role/")
"""Labels of principals and groups outside a plan (`side_principals.py`)."""

_ACCOUNT = re.compile(rf"policy:arn:{ARN_PARTITION}:iam::([0-9]{{12}}):root")
"""The fact about a whole account that is trusted: some of its principals may have a policy that allows it."""


def describe_dependency(key: str) -> str:
    """Return a key of a verdict in words: a condition key as it is, `policy:LABEL` as `the content of aws:X`."""
    fact, colon, label = key.partition(":")
    if account := _ACCOUNT.fullmatch(key):
        return f"the policies in account {account[1]}"
    if fact == "policy" and label.startswith(_HOLDERS) and " " not in label:
        return f"the policies of {label}"
    return _FACTS[fact].format(shorten_policy(label)) if colon and fact in _FACTS else spell_key(key)


def shorten_policy(label: str) -> str:
    """Return a policy as files name it: `aws:ReadOnlyAccess`, or `policy/NAME` of the account; other labels stay."""
    head, mark, name = label.partition(":policy/")
    if not mark or not head.startswith("arn:"):
        return label
    return f"aws:{name}" if head.endswith(":aws") else f"policy/{name.rpartition('/')[2]}"
