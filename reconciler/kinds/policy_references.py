"""Find references to managed policies that are probably wrong, and suggest how to write them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reconciler.model.partitions import ARN_PARTITION
from reconciler.model.problem import Level, Place, Problem
from reconciler.policy.name_checks import KnownNames, suggest_policy

_MANAGED = re.compile(rf"(aws:|arn:{ARN_PARTITION}:iam::aws:policy/)(.+)")
_ACCOUNT = re.compile(r"::0{12}:")
"""The account in an ARN while the account is unknown (PLACEHOLDER_ACCOUNT)."""


def check_managed_policy(reference: str, place: Place, names: KnownNames | None, partition: str) -> Iterator[Problem]:
    """Warn of a policy of AWS whose path is missing, or whose name is misspelt.

    A name that is like none in the list may be newer than the list; a plan asks AWS about it.
    names: AWS's lists of names; None: yield nothing.
    """
    match = _MANAGED.fullmatch(reference)
    suggestion = suggest_policy(match[2], names, partition) if match and names else None
    if match and suggestion:
        path, _, name = suggestion.rpartition("/")
        summary = f"There is no AWS-managed policy {match[2]!r} in the list of known ones."
        if name == match[2].rpartition("/")[2]:
            summary = f"The AWS-managed policy {name!r} has {f'the path {path}/' if path else 'no path'}."
        yield Problem(
            Level.WARNING, "unknown-aws-policy", summary, "", f"Did you mean {match[1] + suggestion!r}?", place
        )


def suggest_reference(reference: str, close: str | None, arn: str, names: KnownNames | None) -> str:
    """Return a hint for a reference to a policy that the file does not declare.

    close: a declared policy of a similar name, or None. arn: the ARN that such a policy would have in the account.
    """
    arn = _ACCOUNT.sub("::ACCOUNT:", arn)
    managed = names.list_managed_policies().get(reference) if names else None
    if close:
        return f"Did you mean {close!r}? If it exists outside this file, write its ARN: {arn}."
    if managed:
        return f"For the policy of AWS, write 'aws:{managed}'."
    return f"Declare it. If it exists outside this file, write its ARN: {arn}. For a policy of AWS, write aws:NAME."
