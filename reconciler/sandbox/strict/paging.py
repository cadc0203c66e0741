"""MaxItems and Marker where the emulator ignores them. One that pages by itself is left alone.

Source: IAM API Reference, ListUsers and every other list: MaxItems 1 to 1000, 100 by default; Marker is
opaque; a page may hold fewer, IsTruncated says whether there is more.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence

from reconciler.sandbox.query_protocol import Content, Refusal, Reply, build_reply, put_child, read_child_text
from reconciler.sandbox.strict.api_call import ActionRules, Answer, ApiCall

DEFAULT, MOST = 100, 1000
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
    given = call.get("MaxItems") or str(DEFAULT)
    if not given.isdigit() or not 1 <= int(given) <= MOST:
        raise Refusal(
            "ValidationError",
            f"1 validation error detected: Value '{given}' at 'maxItems' failed to satisfy constraint: "
            f"Member must have value between 1 and {MOST}",
        )
    return int(given)


def read_marker(call: ApiCall) -> int:
    marker = call.get("Marker")
    if not marker:
        return 0
    index = marker.removeprefix(MARKER_PREFIX)
    if index == marker or not index.isdigit():
        raise Refusal("ValidationError", "Invalid Marker.")
    return int(index)


def cut_page(call: ApiCall, reply: Reply, lists: Sequence[str]) -> Reply:
    """This page of the lists, which count as one after the other, as in GetAccountAuthorizationDetails."""
    first, most = read_marker(call), read_page_size(call)
    index = 0
    for name in lists:
        held = reply.result.find(name)
        for item in list(held) if held is not None else ():
            if held is not None and not first <= index < first + most:
                held.remove(item)
            index += 1
    _set_marker(reply.result, first + most, index)
    return reply


def _set_marker(result: ET.Element, end: int, total: int) -> None:
    put_child(result, "IsTruncated", end < total)
    put_child(result, "Marker", f"{MARKER_PREFIX}{end}" if end < total else None)


def pages_itself(call: ApiCall, reply: Reply) -> bool:
    marker = call.get("Marker")
    return read_child_text(reply.result, "IsTruncated") == "true" or (
        bool(marker) and not marker.startswith(MARKER_PREFIX)
    )


def _page_action(name: str) -> Answer:
    def handle(call: ApiCall) -> Reply:
        return page_list(call, call.forward(), name)

    return handle


def page_list(call: ApiCall, told: Reply, name: str) -> Reply:
    """The emulator's answer, cut where it ignores how much was asked for."""
    read_page_size(call)
    return told if not told.ok or pages_itself(call, told) else cut_page(call, told, [name])


def build_page(call: ApiCall, lists: Mapping[str, Sequence[Content]], **fixed: Content) -> Reply:
    """A page of lists that the layer itself holds."""
    return cut_page(call, build_reply(call.action, {**fixed, **lists}), list(lists))


RULES = ActionRules(answers={action: _page_action(name) for action, name in LISTS.items()})
