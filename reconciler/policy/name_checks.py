"""Warn about actions, services and condition keys that are not in AWS's lists.

Most of them are misspelt, and IAM accepts them without a word. A flaw is a warning, never an error, because an offline
list lags behind AWS. Names ignore letter case (IAM User Guide, "IAM JSON policy elements: Action" and "Condition").
The caller passes the lists in, as `KnownNames`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Protocol

from reconciler.model.globs import compile_glob
from reconciler.model.partitions import DEFAULT_PARTITION
from reconciler.model.suggest import suggest_word
from reconciler.policy.flaw import Flaw, PolicyType, format_value, warning
from reconciler.policy.walk import check_texts, element_of, iter_conditions, iter_statements

Spellings = Mapping[str, str]
"""Maps each name in lower case to the name as AWS spells it."""


class KnownNames(Protocol):
    """AWS's lists of names. Pass services and prefixes in lower case."""

    @property
    def date(self) -> str:
        """Return the day on which the lists were made, as 2026-10-27."""
        ...

    def actions_of(self, service: str) -> Spellings | None:
        """Return the actions of a service, without its prefix; None if there is no such service."""
        ...

    def has_action(self, service: str, action: str) -> bool:
        """Return whether AWS has an action, in lower case, that `actions_of` lacks."""
        ...

    def list_services(self) -> Spellings:
        """Return the prefixes of services, by prefix and by the name of the service."""
        ...

    def condition_keys_of(self, prefix: str) -> Spellings:
        """Return the full condition keys that have a prefix, without their variable part: `kms:EncryptionContext:`."""
        ...

    def list_managed_policies(self) -> Mapping[str, str]:
        """Return the AWS-managed policies: name → path and name, as in `job-function/ViewOnlyAccess`."""
        ...


S3_OPERATIONS: Spellings = {
    "listobjects": "ListBucket",
    "listobjectsv2": "ListBucket",
    "headbucket": "ListBucket",
    "listbuckets": "ListAllMyBuckets",
    "headobject": "GetObject",
    "selectobjectcontent": "GetObject",
    "copyobject": "PutObject",
    "createmultipartupload": "PutObject",
    "uploadpart": "PutObject",
    "completemultipartupload": "PutObject",
    "deleteobjects": "DeleteObject",
    "listmultipartuploads": "ListBucketMultipartUploads",
    "listparts": "ListMultipartUploadParts",
    "listobjectversions": "ListBucketVersions",
}
"""Operations of S3 whose permission has another name (Amazon S3 User Guide, "Required permissions for Amazon S3 API
operations")."""

NICKNAMES: Spellings = {
    **dict.fromkeys(("elb", "elbv2", "alb", "nlb"), "elasticloadbalancing"),
    "efs": "elasticfilesystem",
    "emr": "elasticmapreduce",
    "msk": "kafka",
    "sfn": "states",
    "ddb": "dynamodb",
    "apigw": "apigateway",
    "ses-v2": "ses",
    "cfn": "cloudformation",
    "asg": "autoscaling",
}
"""Maps a nickname of a service to its prefix."""

_OFTEN_MEANT = ("sts", "iam", "s3", "logs")
"""Services whose actions people write with the prefix of another one, as in `iam:AssumeRole`."""

_COMMON_ACTIONS = ("tagresource", "untagresource", "listtagsforresource")
"""Actions that many services have."""

_MIN_LENGTH = 5
"""Shorter words resemble each other by chance; no correction is suggested for them."""

_ACTION_FORM = re.compile(r"([A-Za-z0-9.-]+):([A-Za-z0-9_.*?-]+)")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+|[^A-Za-z0-9]+")


class NameChecks:
    """Compares documents with AWS's lists, and looks each name up once."""

    def __init__(self, names: KnownNames) -> None:
        self._names = names
        self._find_action_flaw = cache(self._check_action)
        self._find_key_flaw = cache(self._check_key)

    def check_document(self, document: object, policy_type: PolicyType) -> Iterator[Flaw]:
        """Yield a warning for each unknown name of a parsed document. `grammar` checks the actions of a trust."""
        for path, statement in iter_statements(document):
            if policy_type is not PolicyType.TRUST:
                for name in ("Action", "NotAction"):
                    yield from check_texts(element_of(statement, path, name), self._find_action_flaw)
            for line in iter_conditions(element_of(statement, path, "Condition")):
                if flaw := self._find_key_flaw(line.key):
                    yield replace(flaw, path=line.path)

    def _check_action(self, text: str) -> Flaw | None:
        match = _ACTION_FORM.fullmatch(text)
        if match is None:  # `*`, or a text that the grammar refuses
            return None
        service, action = match[1].lower(), match[2].lower()
        if self._names.has_action(service, action):
            return None
        known_actions = self._names.actions_of(service)
        if known_actions is None:
            summary = f"Action {format_value(text)}: AWS's list of {self._names.date} has no service {match[1]!r}."
            return warning("unknown-service", (), summary, self._build_hint(self._suggest_service(service, action)))
        if "*" in action or "?" in action:
            if any(map(compile_glob(action), known_actions)):
                return None
            summary = f"Action {format_value(text)} matches no action in AWS's list of {self._names.date}."
            near = _suggest_pattern(match[2], known_actions)
            return warning("unknown-action", (), summary, self._build_hint(near and f"{match[1]}:{near}"))
        if action in known_actions:
            return None
        summary = f"Action {format_value(text)} is not in AWS's list of {self._names.date}."
        return warning(
            "unknown-action", (), summary, self._build_hint(self._suggest_action(match[1], action, known_actions))
        )

    def _build_hint(self, near: str | None) -> str:
        return f"Did you mean {near}?" if near else "Check the spelling: a name that AWS lacks matches no request."

    def _suggest_service(self, service: str, action: str) -> str | None:
        """Return the action with the prefix that the author probably meant; the prefix alone if no action is near."""
        services = self._names.list_services()
        known_as = NICKNAMES.get(service) or service
        prefix = services.get(known_as) or services.get(suggest_word(known_as, services) or "")
        known_actions = self._names.actions_of(prefix) if prefix else None
        if prefix is None or known_actions is None:
            return self._find_other_service(action)
        if any(map(compile_glob(action), known_actions)):
            return f"{prefix}:{known_actions.get(action, action)}"
        near = suggest_word(action, known_actions.values())
        if near is None and len(service) < _MIN_LENGTH and known_as == service:
            return None
        return f"{prefix}:{near}" if near else f"the prefix {prefix}"

    def _suggest_action(self, service: str, action: str, known_actions: Spellings) -> str | None:
        if service.lower() == "s3" and action in S3_OPERATIONS:
            return f"s3:{S3_OPERATIONS[action]}"
        if other := self._find_other_service(action):
            return other
        near = suggest_word(action, known_actions.values())
        return near and f"{service}:{near}"

    def _find_other_service(self, action: str) -> str | None:
        for service in _OFTEN_MEANT if action not in _COMMON_ACTIONS else ():
            if spelling := (self._names.actions_of(service) or {}).get(action):
                return f"{service}:{spelling}"
        return None

    def _check_key(self, text: str) -> Flaw | None:
        """Return a warning if a key is unknown but close to a known key of its prefix.

        `condition_checks` checks keys of `aws:` and `sts:`. A key that resembles no known key is accepted: it may be
        newer than the list, or belong to a service that documents no keys.
        """
        prefix, colon, _ = text.partition(":")
        if not colon or prefix.lower() in ("aws", "sts", "saml") or "." in prefix:
            return None
        known_keys = self._names.condition_keys_of(prefix.lower())
        name, slash, tag = text.partition("/")
        folded = text.lower()
        if folded in known_keys or any(folded.startswith(key) for key in known_keys if key[-1] in "/:"):
            return None
        near = suggest_word(name, [key.rstrip("/") for key in known_keys.values()])
        if near is None:
            return None
        summary = f"Condition key {format_value(text)} is not in AWS's list of {self._names.date}."
        return warning("unknown-condition-key", (), summary, f"Did you mean {near}{slash}{tag}?", at_key=True)


def _suggest_pattern(pattern: str, known_actions: Spellings) -> str | None:
    """Return the pattern with its plain text corrected to the beginning, middle or end of a known action."""
    stem = pattern.strip("*?")
    if not stem or "*" in stem or "?" in stem:
        return None
    begins, ends = pattern.startswith(stem), pattern.endswith(stem)
    candidates: dict[str, None] = {}
    for name in known_actions.values():
        words = _WORD.findall(name)
        for first in range(1 if begins else len(words)):
            for last in (len(words),) if ends else range(first + 1, len(words) + 1):
                candidates["".join(words[first:last])] = None
    near = suggest_word(stem, candidates)
    return near and pattern.replace(stem, near)


def suggest_policy(name: str, names: KnownNames, partition: str) -> str | None:
    """Return the path and name of the AWS-managed policy that a reference probably means; None if it may be right.

    A name is unique in an account whatever its path is: a policy that is known under one path has no other path.
    """
    known_policies = names.list_managed_policies()
    bare = name.rpartition("/")[2]
    if known_policies.get(bare) == name or name.startswith("aws-service-role/"):
        return None
    if bare in known_policies:
        return known_policies[bare]
    if partition != DEFAULT_PARTITION:  # the others have policies of their own
        return None
    near = suggest_word(bare, known_policies)
    return near and known_policies[near]
