"""MaxItems and Marker where the emulator ignores them. One that pages by itself is left alone.

Source: IAM API Reference, ListUsers and every other list: MaxItems 1 to 1000, 100 by default; Marker is
opaque; a page may hold fewer, IsTruncated says whether there is more.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence

from reconciler.sandbox.strict.call import Answer, Call, Rules
from reconciler.sandbox.wire import Content, Refusal, Reply, answer, put, text

DEFAULT, MOST = 100, 1000
OURS = "sandbox-page-"
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


def size(call: Call) -> int:
    given = call.given("MaxItems") or str(DEFAULT)
    if not given.isdigit() or not 1 <= int(given) <= MOST:
        raise Refusal(
            "ValidationError",
            f"1 validation error detected: Value '{given}' at 'maxItems' failed to satisfy constraint: "
            f"Member must have value between 1 and {MOST}",
        )
    return int(given)


def start(call: Call) -> int:
    marker = call.given("Marker")
    if not marker:
        return 0
    index = marker.removeprefix(OURS)
    if index == marker or not index.isdigit():
        raise Refusal("ValidationError", "Invalid Marker.")
    return int(index)


def cut(call: Call, reply: Reply, lists: Sequence[str]) -> Reply:
    """This page of the lists, which count as one after the other, as in GetAccountAuthorizationDetails."""
    first, most = start(call), size(call)
    index = 0
    for name in lists:
        held = reply.result.find(name)
        for item in list(held) if held is not None else ():
            if held is not None and not first <= index < first + most:
                held.remove(item)
            index += 1
    _say(reply.result, first + most, index)
    return reply


def _say(result: ET.Element, end: int, total: int) -> None:
    put(result, "IsTruncated", end < total)
    put(result, "Marker", f"{OURS}{end}" if end < total else None)


def pages_itself(call: Call, reply: Reply) -> bool:
    marker = call.given("Marker")
    return text(reply.result, "IsTruncated") == "true" or (bool(marker) and not marker.startswith(OURS))


def _page(name: str) -> Answer:
    def reply(call: Call) -> Reply:
        return paged(call, call.forward(), name)

    return reply


def paged(call: Call, told: Reply, name: str) -> Reply:
    """The emulator's answer, cut where it ignores how much was asked for."""
    size(call)
    return told if not told.ok or pages_itself(call, told) else cut(call, told, [name])


def page_of(call: Call, lists: Mapping[str, Sequence[Content]], **fixed: Content) -> Reply:
    """A page of lists that the layer itself holds."""
    return cut(call, answer(call.action, {**fixed, **lists}), list(lists))


RULES = Rules(answers={action: _page(name) for action, name in LISTS.items()})
