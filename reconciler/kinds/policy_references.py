"""References to managed policies that are probably not meant as they are written, and how to write them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reconciler.model.partitions import ARN_PARTITION
from reconciler.model.problem import Level, Place, Problem
from reconciler.policy.name_checks import KnownNames, suggest_policy

_MANAGED = re.compile(rf"(aws:|arn:{ARN_PARTITION}:iam::aws:policy/)(.+)")
_ACCOUNT = re.compile(r"::0{12}:")
"""The account in an ARN while nobody knows it."""


def check_managed_policy(reference: str, place: Place, names: KnownNames | None, partition: str) -> Iterator[Problem]:
    """Warn of an AWS-managed policy whose path is missing, or whose name is misspelt.

    A name that looks like none on AWS's list is newer than the list: a plan asks AWS whether there is one.
    """
    match = _MANAGED.fullmatch(reference)
    meant = suggest_policy(match[2], names, partition) if match and names else None
    if match and meant:
        path, _, name = meant.rpartition("/")
        summary = f"AWS-managed policies known here have no {match[2]!r}."
        if name == match[2].rpartition("/")[2]:
            summary = f"The AWS-managed policy {name!r} has {f'the path {path}/' if path else 'no path'}."
        yield Problem(Level.WARNING, "unknown-aws-policy", summary, "", f"Did you mean {match[1] + meant!r}?", place)


def suggest_reference(reference: str, close: str | None, arn: str, names: KnownNames | None) -> str:
    """Return what to write for a policy that the file does not declare.

    close: a declared policy of nearly that name. arn: the one that the policy has if the account has it.
    """
    arn = _ACCOUNT.sub("::ACCOUNT:", arn)
    managed = names.list_managed_policies().get(reference) if names else None
    if close:
        return f"Did you mean {close!r}? A policy that another stack manages is named by its ARN, {arn}."
    if managed:
        return f"For AWS's own policy write 'aws:{managed}'."
    return f"Declare it, or if another stack manages it write its ARN, {arn}; a policy of AWS is written aws:NAME."
