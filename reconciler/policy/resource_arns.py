"""Check the ARNs under Resource and NotResource of an identity policy.

IAM refuses a wrong ARN with MalformedPolicyDocument, and an apply would stop half-way. The rules follow AWS's messages
exactly, and let pass what no message mentions. Sources: the messages "IAM resource … cannot contain region
information", "IAM resource path must either be "*" or start with …", "Resource vendor must be fully qualified and
cannot contain regexes", "The policy failed legacy parsing" and "Partition … is not valid for resource" (recorded by
moto and in GitHub issues); IAM User Guide, "IAM JSON policy elements: Resource", "IAM identifiers", and of the "IAM
Access Analyzer policy check reference" the checks "ARN Region not allowed" and "ARN account not allowed"; the Service
Authorization Reference for resources that have a region after all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reconciler.model.account_caches import cache_for_account
from reconciler.model.arn_parts import PART_COUNT, ArnParts, complete_arn, split_arn, split_at_colons
from reconciler.model.globs import globs_meet
from reconciler.model.partitions import PARTITION_NAME, PARTITIONS
from reconciler.model.suggest import suggest_word
from reconciler.policy.flaw import Flaw, did_you_mean, error, format_value, warning
from reconciler.policy.placeholders import find_placeholder, refuse_placeholder

ARN_FORM = "An ARN is written arn:partition:service:region:account:resource."

_PARTITION = re.compile(PARTITION_NAME)
_REGION = re.compile(r"[a-z]{2,}(-[a-z0-9]+)+-[0-9]+|[*?${].*")
_WILDCARD = re.compile(r"[*?]")
_VARIABLE = re.compile(r"\$\{[^{}]*\}")

IAM_TYPES = (
    *("user", "federated-user", "role", "group", "instance-profile", "mfa", "server-certificate", "policy", "sms-mfa"),
    *("saml-provider", "oidc-provider", "report", "access-report"),
)
"""The types of IAM resources that AWS's message lists, in its order. In an ARN a slash follows the type."""

_NEWER_IAM_TYPES = ("assumed-role", "contextProvider", "delegation-request", "role-template")
"""Types that the Service Authorization Reference has and the message lacks. AWS's own policies use role-template."""

_WHOLE_IAM = ("*", "root")
"""AWS's message does not list `root`, but its own IAMAuditRootUserCredentials has it."""

_NO_REGION = "IAM has no regions"

_REGIONAL_S3 = ("accesspoint", "access-grants", "async-request", "job", "storage-lens", "storage-lens-group")
"""The types of S3 resources whose ARN has a region and an account; object-lambda and outposts are other services."""

_ORDINARY = re.compile(
    rf"arn:{PARTITION_NAME}:(?:s3:::|iam::[0-9a-z*]*:(?:user|role|policy|group|instance-profile|mfa)/"
    r"|(?!iam:|s3:|route53:)[a-z0-9-]+:[a-z0-9*-]*:[a-z0-9*-]*:)"
)
"""Matches the beginning of most ARNs that IAM accepts, to skip the slow checks. Other ARNs may be right too."""


def check_resource(text: str, in_session: bool = False) -> Flaw | None:
    """Return the flaw of one string of a Resource or NotResource, without its path; None if IAM accepts it.

    in_session: True for a session policy, in which AWS does not complete a short ARN.
    """
    if _ORDINARY.match(text):
        return None
    flaw = _check_arn(text)
    if in_session and (flaw is None or flaw.code == "short-arn") and complete_arn(text) != text:
        return error(
            "short-arn-in-session",
            (),
            f"Resource {format_value(text)} has {len(split_at_colons(text))} of the {PART_COUNT} parts of an ARN, "
            "and AWS refuses that in a session policy.",
            f"Write {complete_arn(text)}.",
        )
    return flaw


@cache_for_account(maxsize=4096)
def _check_arn(text: str) -> Flaw | None:
    if text and not text.strip("*"):
        return None
    parts = split_arn(text)
    foreign = find_placeholder(text if parts is None else f"{parts.partition}:{parts.service}")
    if foreign is not None:
        return refuse_placeholder(text, foreign)
    if parts is None:
        return error("invalid-resource", (), f"Resource {format_value(text)} is neither an ARN nor *.", ARN_FORM)
    return next(_find_flaws(text, parts), None)


def _find_flaws(text: str, parts: ArnParts) -> Iterator[Flaw]:
    yield from _check_partition(text, parts)
    yield from _check_service(text, parts)
    yield from _check_length(text)
    if parts.service == "iam":
        yield from _check_iam(text, parts)
    elif parts.service == "s3":
        yield from _check_s3(text, parts)
    elif parts.service == "route53":
        yield from _check_route53(text, parts)
    if complete_arn(text) != text and not text.endswith("*"):
        summary = f"Resource {format_value(text)} has {len(split_at_colons(text))} of the {PART_COUNT} parts of an ARN."
        hint = f"IAM reads it as {complete_arn(text)}; write that if you mean it."
        if parts.service == "s3" and parts.region and not _REGION.fullmatch(parts.region):
            hint = f"Did you mean {parts._replace(region='', account='', resource=parts.region)}?"
        yield warning("short-arn", (), summary, hint)


def _check_partition(text: str, parts: ArnParts) -> Iterator[Flaw]:
    """Yield a flaw if the partition is neither a name nor a wildcard; AWS refuses a variable there."""
    if _PARTITION.fullmatch(parts.partition) or _WILDCARD.search(parts.partition):
        return
    summary = f"Resource {format_value(text)} has {format_value(parts.partition)} in place of a partition."
    hint = did_you_mean(parts.partition, tuple(PARTITIONS), "Most accounts are in the partition aws.")
    if "${" in parts.partition:
        hint = "AWS accepts no variable there. Write {{ partition }}, and reconcile fills in the account's partition."
    yield error("invalid-resource", (), summary, hint)


def _check_service(text: str, parts: ArnParts) -> Iterator[Flaw]:
    if not parts.service or len(split_at_colons(text)) < 3:
        yield error("invalid-resource", (), f"Resource {format_value(text)} names no service.", ARN_FORM)
    elif _WILDCARD.search(parts.service):
        yield error(
            "wildcard-in-arn-service",
            (),
            f"Resource {format_value(text)} has the wildcard {format_value(parts.service)} in place of a service; "
            "AWS refuses that.",
            "Write one ARN for each service, or * for all.",
        )


def _check_length(text: str) -> Iterator[Flaw]:
    """Yield a flaw if a short ARN has an empty part: IAM completes only ARNs without one ("legacy parsing")."""
    written = split_at_colons(text)
    if len(written) < PART_COUNT and "" in written[2:-1]:
        account = len(written) == PART_COUNT - 1 and written[-1].isdigit()
        full = f"{text}:*" if account else ":".join((*written[:-1], *[""] * (PART_COUNT - len(written)), written[-1]))
        yield error(
            "legacy-arn",
            (),
            f"Resource {format_value(text)} has only {len(written)} of the {PART_COUNT} parts of an ARN, "
            "and one of them is empty; AWS refuses that.",
            f"Write {full}: an empty part keeps its colon.",
        )


def _check_iam(text: str, parts: ArnParts) -> Iterator[Flaw]:
    if len(split_at_colons(text)) < PART_COUNT:
        if parts.region not in ("", "*"):
            yield _refuse_fields(text, parts, parts._replace(region=""), _NO_REGION)
        return
    if parts.region:
        yield _refuse_fields(text, parts, parts._replace(region=""), _NO_REGION)
    elif not _is_iam_resource(parts.resource):
        head, slash, tail = parts.resource.partition("/")
        if (_WILDCARD.search(head) or "${" in head) and _may_be_iam_resource(parts.resource):
            yield warning(
                "wildcard-in-iam-type",
                (),
                f"Resource {format_value(text)} has the wildcard {format_value(head)} in the type of an IAM resource; "
                "AWS accepts a full type, or * for the whole resource.",
                f"Write one ARN for each type, such as {parts._replace(resource='role/*')}.",
            )
            return
        near = suggest_word(head, (*IAM_TYPES, *_NEWER_IAM_TYPES)) if slash else None
        suggestion = parts._replace(resource=f"{near}/{tail}" if near else f"role/{parts.resource.rpartition('/')[2]}")
        types = ", ".join(f"{name}/" for name in IAM_TYPES)
        yield error(
            "invalid-iam-resource",
            (),
            f"Resource {format_value(text)} has {format_value(parts.resource)}, which does not begin with a type of "
            "IAM resource; AWS refuses that.",
            f"Did you mean {suggestion}? AWS accepts * or a text that begins with {types}.",
        )


def _is_iam_resource(resource: str) -> bool:
    head, slash, _ = resource.partition("/")
    return resource in _WHOLE_IAM or (bool(slash) and head in (*IAM_TYPES, *_NEWER_IAM_TYPES))


def _may_be_iam_resource(resource: str) -> bool:
    """Return whether a pattern may match an IAM resource; a variable in it may be any text."""
    pattern = _VARIABLE.sub("*", resource)
    return any(globs_meet(pattern, f"{name}/*") for name in (*IAM_TYPES, *_NEWER_IAM_TYPES))


def _check_s3(text: str, parts: ArnParts) -> Iterator[Flaw]:
    """Yield a flaw if the ARN of a bucket has a region or an account.

    Bucket names are unique in a partition. The account may be `*`: AWS's own policies write `arn:aws:s3::*:name`.
    """
    if not _may_be_regional(parts.resource) and (parts.region or parts.account not in ("", "*")):
        reason = "buckets and objects of S3 have neither region nor account"
        yield _refuse_fields(text, parts, parts._replace(region="", account=""), reason)


def _may_be_regional(resource: str) -> bool:
    """Return whether a pattern may match an S3 resource that has a region; a variable in it may be any text."""
    pattern = _VARIABLE.sub("*", resource)
    return any(globs_meet(pattern, f"{name}{mark}*") for name in _REGIONAL_S3 for mark in "/:")


def _check_route53(text: str, parts: ArnParts) -> Iterator[Flaw]:
    completed = len(split_at_colons(text)) < PART_COUNT
    allowed = ("", "*") if completed else ("",)
    if parts.region not in allowed or parts.account not in allowed:
        reason = "Route 53 has neither region nor account"
        yield _refuse_fields(text, parts, parts._replace(region="", account=""), reason)


def _refuse_fields(text: str, parts: ArnParts, bare: ArnParts, reason: str) -> Flaw:
    """Return the error for a region, or an account, in the ARN of a resource that has none.

    bare: the ARN without them. reason: why the resource has none.
    """
    fields = (("region", parts.region, bare.region), ("account", parts.account, bare.account))
    field_texts = " and ".join(f"the {name} {format_value(value)}" for name, value, right in fields if value != right)
    summary = f"Resource {format_value(text)} has {field_texts}; {reason}, and AWS refuses the policy."
    return error("region-in-arn" if parts.region else "account-in-arn", (), summary, f"Write {bare}.")
