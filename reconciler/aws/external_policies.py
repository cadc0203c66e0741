"""Read policies of AWS and of other accounts: whether they exist, and the content of AWS's own.

IAM percent-encodes the text of a document (IAM API, GetPolicyVersion, after RFC 3986).
"""

from __future__ import annotations

import json
from urllib.parse import unquote

from botocore.exceptions import ClientError

from reconciler.aws.faults import DENIED, code_of
from reconciler.aws.session import Connection
from reconciler.model.document import Document
from reconciler.policy.canonical import canonical


def read_external_policy(connection: Connection, arn: str, with_document: bool) -> tuple[bool, Document | None]:
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
        body = json.loads(unquote(encoded))
    except (ValueError, RecursionError):
        return None
    return canonical(body, partition) if isinstance(body, dict) else None
