"""Apply MaxItems and Marker to lists for which the emulator ignores them. Its own paging is left as it is.

Source: IAM API Reference, ListUsers and every other list: MaxItems 1 to 1000, 100 by default; Marker is
opaque; a page may hold fewer items, and IsTruncated tells whether there are more.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence

from reconciler.sandbox.query_protocol import AwsError, Content, Reply, build_reply, put_child, read_child_text
from reconciler.sandbox.strict.api_call import ActionRules, Answer, ApiCall

DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE = 100, 1000
MARKER_PREFIX = "sandbox-page-"
LISTS = {
    "GetGroup": "Users",
    "ListAccessKeys": "AccessKeyMetadata",
    "ListAccountAliases": "AccountAliases",
    "ListAttachedGroupPolicies": "AttachedPolicies",
    "ListAttachedRolePolicies": "AttachedPolicies",
    "ListAttachedUserPolicies": "AttachedPolicies",
    "ListGroupPolicies": "PolicyNames",
    "ListGroups": "Groups",
    "ListGroupsForUser": "Groups",
    "ListInstanceProfiles": "InstanceProfiles",
    "ListInstanceProfilesForRole": "InstanceProfiles",
    "ListMFADevices": "MFADevices",
    "ListPolicies": "Policies",
    "ListPolicyVersions": "Versions",
    "ListRolePolicies": "PolicyNames",
    "ListRoles": "Roles",
    "ListSSHPublicKeys": "SSHPublicKeys",
    "ListServerCertificates": "ServerCertificateMetadataList",
    "ListSigningCertificates": "Certificates",
    "ListUserPolicies": "PolicyNames",
    "ListUsers": "Users",
}


def read_page_size(call: ApiCall) -> int:
    """Return MaxItems, or its default. Raises AwsError if it is out of range."""
    text = call.get("MaxItems") or str(DEFAULT_PAGE_SIZE)
    if not text.isdigit() or not 1 <= int(text) <= MAX_PAGE_SIZE:
        raise AwsError(
            "ValidationError",
            f"1 validation error detected: Value '{text}' at 'maxItems' failed to satisfy constraint: "
            f"Member must have value between 1 and {MAX_PAGE_SIZE}",
        )
    return int(text)


def read_marker(call: ApiCall) -> int:
    """Return the index of the first item of the page. Raises AwsError for a marker that is not of this module."""
    marker = call.get("Marker")
    if not marker:
        return 0
    index = marker.removeprefix(MARKER_PREFIX)
    if index == marker or not index.isdigit():
        raise AwsError("ValidationError", "Invalid Marker.")
    return int(index)


def cut_page(call: ApiCall, reply: Reply, lists: Sequence[str]) -> Reply:
    """Remove items outside the page. Several lists count as one, in order, as in GetAccountAuthorizationDetails."""
    first, size = read_marker(call), read_page_size(call)
    index = 0
    for name in lists:
        items = reply.result.find(name)
        for item in list(items) if items is not None else ():
            if items is not None and not first <= index < first + size:
                items.remove(item)
            index += 1
    _set_marker(reply.result, first + size, index)
    return reply


def _set_marker(result: ET.Element, end: int, total: int) -> None:
    put_child(result, "IsTruncated", end < total)
    put_child(result, "Marker", f"{MARKER_PREFIX}{end}" if end < total else None)


def pages_itself(call: ApiCall, reply: Reply) -> bool:
    """Return whether the emulator has cut the list into pages."""
    marker = call.get("Marker")
    return read_child_text(reply.result, "IsTruncated") == "true" or (
        bool(marker) and not marker.startswith(MARKER_PREFIX)
    )


def _page_action(name: str) -> Answer:
    def handle(call: ApiCall) -> Reply:
        return page_list(call, call.forward(), name)

    return handle


def page_list(call: ApiCall, reply: Reply, name: str) -> Reply:
    """Return the emulator's answer, cut to a page if the emulator did not do that."""
    read_page_size(call)
    return reply if not reply.ok or pages_itself(call, reply) else cut_page(call, reply, [name])


def build_page(call: ApiCall, lists: Mapping[str, Sequence[Content]], **fixed: Content) -> Reply:
    """Return a page of lists that the layer itself keeps. fixed: further elements of the answer."""
    return cut_page(call, build_reply(call.action, {**fixed, **lists}), list(lists))


RULES = ActionRules(answers={action: _page_action(name) for action, name in LISTS.items()})
