"""IAM's list calls, every page of them, several at once. A call is one of `CALLS`, by its AWS name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.aws.session import Connection

PAGE = 1000


@dataclass(frozen=True)
class ListCall:
    """method: of the boto3 client. keys: the lists in its answer."""

    method: str
    keys: tuple[str, ...]
    parameters: Mapping[str, Any] = field(default_factory=dict)


CALLS: Mapping[str, ListCall] = {
    "GetAccountAuthorizationDetails": ListCall(
        "get_account_authorization_details",
        ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"),
        {"Filter": ["User", "Group", "Role", "LocalManagedPolicy"]},
    ),
    "ListRoles": ListCall("list_roles", ("Roles",)),
    "ListInstanceProfiles": ListCall("list_instance_profiles", ("InstanceProfiles",)),
    "ListVirtualMFADevices": ListCall(
        "list_virtual_mfa_devices", ("VirtualMFADevices",), {"AssignmentStatus": "Assigned"}
    ),
}


def pages(connection: Connection, name: str) -> Iterator[Mapping[str, Any]]:
    """Every page of a list call; pages may be short or lack a list, so only the marker ends them."""
    call = CALLS[name]
    marker: dict[str, Any] = {}
    while True:
        page = getattr(connection.iam, call.method)(MaxItems=PAGE, **call.parameters, **marker)
        yield page
        if not page.get("IsTruncated"):
            return
        marker = {"Marker": page["Marker"]}


def listed(connection: Connection, name: str) -> dict[str, list[Mapping[str, Any]]]:
    """The lists of every page, joined."""
    found: dict[str, list[Mapping[str, Any]]] = {key: [] for key in CALLS[name].keys}
    for page in pages(connection, name):
        for key, items in found.items():
            items += page.get(key) or ()
    return found
