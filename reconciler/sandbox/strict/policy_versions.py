"""Check and list the versions of managed policies: their ids, their order, and the fields that a list shows.

Sources: IAM API Reference, GetPolicyVersion (pattern of VersionId), PolicyVersion ("The policy document is returned in
the response to the GetPolicyVersion and GetAccountAuthorizationDetails operations. It is not returned in the response
to the CreatePolicyVersion or ListPolicyVersions operations"); the newest first and the refusal of a bad id as
LocalStack's verified test_iam_policies recorded them.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from reconciler.sandbox.query_protocol import AwsError, Reply, put_child, read_child_text
from reconciler.sandbox.strict.api_call import ActionRules, ApiCall
from reconciler.sandbox.strict.paging import page_list

PATTERN = r"v[1-9][0-9]*(\.[A-Za-z0-9-]*)?"


def refuse_bad_id(call: ApiCall) -> None:
    if not re.fullmatch(PATTERN, call.get("VersionId")):
        raise AwsError(
            "ValidationError",
            "1 validation error detected: Value at 'versionId' failed to satisfy constraint: Member must satisfy "
            f"regular expression pattern: {PATTERN}",
        )


def list_versions(call: ApiCall) -> Reply:
    reply = call.forward()
    versions = reply.result.find("Versions") if reply.ok else None
    if versions is not None:
        sort_newest_first(versions)
        for version in versions:
            put_child(version, "Document", None)
    return page_list(call, reply, "Versions")


def sort_newest_first(versions: ET.Element) -> None:
    """Sort a list of versions as AWS does: the newest first."""
    versions[:] = sorted(versions, key=_number_of, reverse=True)


def _number_of(version: ET.Element) -> int:
    digits = read_child_text(version, "VersionId").removeprefix("v")
    return int(digits) if digits.isdigit() else 0


def hide_document(call: ApiCall, reply: Reply) -> None:
    version = reply.result.find("PolicyVersion")
    if version is not None:
        put_child(version, "Document", None)


RULES = ActionRules(
    checks=dict.fromkeys(("GetPolicyVersion", "DeletePolicyVersion", "SetDefaultPolicyVersion"), refuse_bad_id),
    answers={"ListPolicyVersions": list_versions},
    edits={"CreatePolicyVersion": hide_document},
)
