"""Read policies of AWS and of other accounts: whether they exist, and the content of AWS's own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import replace

from botocore.exceptions import ClientError

from reconciler.aws.faults import DENIED, code_of
from reconciler.aws.session import Connection
from reconciler.model.document import Document
from reconciler.model.live import LiveDetails
from reconciler.policy.canonical import canonical
from reconciler.policy.url_encoding import decode_document

PolicyAnswer = tuple[bool, Document | None]
"""True if the policy exists; and its content, if the read asked for it and AWS allowed that."""


def start_policy_reads(
    connection: Connection, policies: Iterable[str], documents: Iterable[str], pool: Executor
) -> Iterator[tuple[str, PolicyAnswer]]:
    """Start the reads of policies by ARN; those of `documents` are read with their content."""
    wanted = frozenset(documents)
    arns = sorted(wanted.union(policies))
    return zip(arns, pool.map(lambda arn: _read_policy(connection, arn, arn in wanted), arns), strict=True)


def add_external_policies(
    details: LiveDetails, answers: Mapping[str, PolicyAnswer], documents: Iterable[str]
) -> LiveDetails:
    """Return the details with the answers of `start_policy_reads`."""
    existing = {arn: exists for arn, (exists, _) in answers.items()}
    return replace(
        details,
        external_policies={**details.external_policies, **existing},
        external_documents={**details.external_documents, **{arn: answers[arn][1] for arn in documents}},
    )


def _read_policy(connection: Connection, arn: str, with_document: bool) -> PolicyAnswer:
    """Return whether a policy exists, and its default version if that is asked for.

    If AWS denies a read, the policy counts as existing, and its content as unknown.
    """
    try:
        version = connection.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        if not with_document:
            return True, None
        answer = connection.iam.get_policy_version(PolicyArn=arn, VersionId=version)
    except ClientError as error:
        if code_of(error) in DENIED:
            return True, None
        if code_of(error) == "NoSuchEntity":
            return False, None
        raise
    return True, _parse_document(answer["PolicyVersion"]["Document"], connection.partition)


def _parse_document(encoded: str, partition: str) -> Document | None:
    try:
        body = json.loads(decode_document(encoded))
    except (ValueError, RecursionError):
        return None
    return canonical(body, partition) if isinstance(body, dict) else None
