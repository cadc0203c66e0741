"""Answer calls about a `ReplayAccount` as AWS does, as bytes: XML, JSON for tags, and paging.

Source: IAM API Reference. GetAccountAuthorizationDetails omits the description and session length of roles and the
tags of policies; ListRoles omits tags. Entities are rendered once, and pages are kept until the next write, so that a
call costs the server almost nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

from benchmarks.account import HOLDERS, KINDS, Parameters, ReplayAccount, ReplayError, StoredEntity
from benchmarks.documents import ACCOUNT

IAM, STS = "https://iam.amazonaws.com/doc/2010-05-08/", "https://sts.amazonaws.com/doc/2011-06-15/"
CREATED_AT = "2026-01-02T03:04:05Z"
PAGE = 100
"""The default number of items in a page (IAM API, MaxItems), and the largest number for GetResources."""
_LISTS = {"User": "UserDetailList", "Group": "GroupDetailList", "Role": "RoleDetailList", "Policy": "Policies"}
_FILTERS = {"LocalManagedPolicy": "Policy"}
_EMPTY_LISTS = {
    "ListInstanceProfiles": "InstanceProfiles",
    "ListVirtualMFADevices": "VirtualMFADevices",
    "ListOpenIDConnectProviders": "OpenIDConnectProviderList",
    "ListSAMLProviders": "SAMLProviderList",
    "ListAccountAliases": "AccountAliases",
    "ListAccessKeys": "AccessKeyMetadata",
    "ListMFADevices": "MFADevices",
    "ListInstanceProfilesForRole": "InstanceProfiles",
}
_QUOTAS = {
    "AttachedPoliciesPerUserQuota": 10,
    "AttachedPoliciesPerGroupQuota": 10,
    "AttachedPoliciesPerRoleQuota": 10,
    "GroupsPerUserQuota": 10,
    "PolicySizeQuota": 6144,
    "AssumeRolePolicySizeQuota": 2048,
    "VersionsPerPolicyQuota": 5,
    "UsersQuota": 5000,
    "GroupsQuota": 300,
    "RolesQuota": 10000,
    "PoliciesQuota": 5000,
}


def render_element(name: str, text: str) -> str:
    return f"<{name}>{text}</{name}>"


def render_members(name: str, items: Iterable[str]) -> str:
    return render_element(name, "".join(f"<member>{item}</member>" for item in items))


def render_response(operation: str, result: str, namespace: str = IAM) -> bytes:
    meta = "<ResponseMetadata><RequestId>bench</RequestId></ResponseMetadata>"
    inner = render_element(f"{operation}Result", result)
    return f'<{operation}Response xmlns="{namespace}">{inner}{meta}</{operation}Response>'.encode()


def render_error(error: ReplayError) -> bytes:
    details = render_element("Code", error.code) + render_element("Message", escape(error.message))
    return f'<ErrorResponse xmlns="{IAM}"><Error><Type>Sender</Type>{details}</Error></ErrorResponse>'.encode()


class ReplayAnswers:
    """The bodies of answers about an account."""

    def __init__(self, account: ReplayAccount) -> None:
        self.account = account
        self._pages: dict[tuple[Any, ...], bytes] = {}
        self._rendered: dict[str, list[str]] = {}
        self._version = -1
        self._reads: dict[str, Callable[[str, Parameters], bytes]] = {
            "GetAccountAuthorizationDetails": self._answer_details,
            "ListRoles": self._answer_roles,
            "GetCallerIdentity": _answer_caller,
            "GetAccountSummary": _answer_summary,
            "AssumeRole": _answer_session,
            **dict.fromkeys(_EMPTY_LISTS, _answer_empty),
        }

    def answer_call(self, operation: str, parameters: Parameters) -> bytes:
        """Return the body for a call to IAM or STS. Raises ReplayError."""
        self._drop_stale_pages()
        if answer := self._reads.get(operation):
            return answer(operation, parameters)
        if operation.startswith(("Get", "List")):
            return self._answer_single(operation, parameters)
        created = self.account.run_write(operation, parameters)
        return render_response(
            operation, render_element(created.kind, _render_core(created) + _render_tags(created)) if created else ""
        )

    def answer_resources(self, request: Mapping[str, Any]) -> bytes:
        """Return the body of GetResources: policies with tags, at most 100 a page (Resource Groups Tagging API)."""
        self._drop_stale_pages()
        size = min(int(request.get("ResourcesPerPage") or PAGE), PAGE)
        start = int(request.get("PaginationToken") or 0)
        tagged = [entity for entity in self.account.entities["Policy"].values() if entity.tags]
        page = [
            {"ResourceARN": policy.arn, "Tags": [{"Key": key, "Value": value} for key, value in policy.tags.items()]}
            for policy in tagged[start : start + size]
        ]
        token = str(start + size) if start + size < len(tagged) else ""
        return json.dumps({"PaginationToken": token, "ResourceTagMappingList": page}).encode()

    def _drop_stale_pages(self) -> None:
        if self._version != self.account.version:
            self._version = self.account.version
            self._pages, self._rendered = {}, {}

    def _render_items(self, kind: str) -> list[str]:
        """Return every entity of a kind as GetAccountAuthorizationDetails shows it."""
        if kind not in self._rendered:
            self._rendered[kind] = [_render_detail(entity) for entity in self.account.entities[kind].values()]
        return self._rendered[kind]

    def _answer_details(self, operation: str, parameters: Parameters) -> bytes:
        filters = {value for name, value in parameters.items() if name.startswith("Filter.member.")}
        kinds = tuple(kind for kind in KINDS if not filters or kind in {_FILTERS.get(name, name) for name in filters})
        start, size = _read_window(parameters)
        key = (kinds, start, size)
        if key not in self._pages:
            items = [(kind, item) for kind in kinds for item in self._render_items(kind)]
            page = items[start : start + size]
            lists = (render_members(_LISTS[kind], (item for of, item in page if of == kind)) for kind in KINDS)
            self._pages[key] = render_response(operation, "".join(lists) + _render_marker(start + size, len(items)))
        return self._pages[key]

    def _answer_roles(self, operation: str, parameters: Parameters) -> bytes:
        start, size = _read_window(parameters)
        if ("Roles", start, size) not in self._pages:
            roles = list(self.account.entities["Role"].values())
            page = render_members("Roles", map(_render_core, roles[start : start + size]))
            self._pages["Roles", start, size] = render_response(
                operation, page + _render_marker(start + size, len(roles))
            )
        return self._pages["Roles", start, size]

    def _answer_single(self, operation: str, parameters: Parameters) -> bytes:
        """Return the body for a read of one entity; Terraform makes these. Raises ReplayError."""
        if operation in _SINGLE_READS:
            kind, shown = _SINGLE_READS[operation]
            return render_response(operation, shown(self.account.find_entity(kind, parameters), parameters))
        if operation == "ListGroupsForUser":
            names = self.account.find_entity("User", parameters).groups
            groups = render_members("Groups", (_render_core(self.account.entities["Group"][name]) for name in names))
            return render_response(operation, groups + _render_marker(0, 0))
        raise ReplayError(400, "InvalidAction", f"The replay server does not answer {operation}.")


def _read_window(parameters: Parameters) -> tuple[int, int]:
    return int(parameters.get("Marker", 0)), int(parameters.get("MaxItems", PAGE))


def _render_marker(end: int, total: int) -> str:
    if end >= total:
        return render_element("IsTruncated", "false")
    return render_element("IsTruncated", "true") + render_element("Marker", str(end))


def _answer_caller(operation: str, parameters: Parameters) -> bytes:
    identity = (
        render_element("Arn", f"arn:aws:iam::{ACCOUNT}:root")
        + render_element("UserId", ACCOUNT)
        + render_element("Account", ACCOUNT)
    )
    return render_response(operation, identity, STS)


def _answer_session(operation: str, parameters: Parameters) -> bytes:
    ends = (datetime.now(UTC) + timedelta(hours=1)).isoformat(timespec="seconds")
    account = parameters["RoleArn"].split(":")[4]
    keys = {"AccessKeyId": f"ASIA{account}", "SecretAccessKey": "bench", "SessionToken": "bench"}
    credentials = "".join(render_element(name, text) for name, text in (keys | {"Expiration": ends}).items())
    role, name = parameters["RoleArn"].rpartition("/")[2], parameters["RoleSessionName"]
    assumed_role_user = render_element("AssumedRoleId", f"AROABENCHBENCHBENCH1:{name}")
    assumed_role_user += render_element("Arn", f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name}")
    return render_response(
        operation,
        render_element("Credentials", credentials) + render_element("AssumedRoleUser", assumed_role_user),
        STS,
    )


def _answer_summary(operation: str, parameters: Parameters) -> bytes:
    entries = "".join(
        render_element("entry", render_element("key", key) + render_element("value", str(value)))
        for key, value in _QUOTAS.items()
    )
    return render_response(operation, render_element("SummaryMap", entries))


def _answer_empty(operation: str, parameters: Parameters) -> bytes:
    return render_response(operation, render_members(_EMPTY_LISTS[operation], ()) + _render_marker(0, 0))


def _render_names(entity: StoredEntity) -> str:
    """Return the elements of an entity that every call shows."""
    kind = entity.kind
    elements = render_element("Path", entity.path) + render_element(f"{kind}Name", entity.name)
    elements += (
        render_element(f"{kind}Id", entity.unique_id)
        + render_element("Arn", entity.arn)
        + render_element("CreateDate", CREATED_AT)
    )
    return elements + (
        render_element("AssumeRolePolicyDocument", quote(entity.document, safe="")) if kind == "Role" else ""
    )


def _render_core(entity: StoredEntity) -> str:
    """Return an entity without tags, as list calls show it. A role has all that the account details omit."""
    elements = _render_names(entity)
    if entity.kind == "Role":
        elements += render_element("MaxSessionDuration", str(entity.max_session))
    if entity.kind == "Policy":
        elements += render_element("DefaultVersionId", "v1") + render_element("AttachmentCount", "1")
        elements += render_element("PermissionsBoundaryUsageCount", "0") + render_element("IsAttachable", "true")
        elements += render_element("UpdateDate", CREATED_AT)
    return elements + (render_element("Description", escape(entity.description)) if entity.description else "")


def _render_detail(entity: StoredEntity) -> str:
    """Return an entity as GetAccountAuthorizationDetails shows it."""
    kind = entity.kind
    if kind == "Policy":
        return _render_core(entity) + render_members("PolicyVersionList", [_render_version(entity)])
    elements = _render_names(entity)
    if kind == "Role":
        elements += "<InstanceProfileList/><RoleLastUsed/>"
    if kind == "User":
        elements += render_members("GroupList", entity.groups)
    if kind != "Group":
        elements += _render_boundary(entity) + _render_tags(entity)
    inline = (_render_inline(name, text) for name, text in entity.inline.items())
    return elements + render_members(f"{kind}PolicyList", inline) + _render_attached(entity, "AttachedManagedPolicies")


def _render_version(entity: StoredEntity) -> str:
    document = render_element("Document", quote(entity.document, safe=""))
    return (
        document
        + "<VersionId>v1</VersionId><IsDefaultVersion>true</IsDefaultVersion>"
        + render_element("CreateDate", CREATED_AT)
    )


def _render_inline(name: str, text: str) -> str:
    return render_element("PolicyName", name) + render_element("PolicyDocument", quote(text, safe=""))


def _render_attached(entity: StoredEntity, tag: str) -> str:
    pairs = entity.attached.items()
    return render_members(
        tag, (render_element("PolicyName", name) + render_element("PolicyArn", arn) for arn, name in pairs)
    )


def _render_boundary(entity: StoredEntity) -> str:
    if not entity.boundary:
        return ""
    kind = render_element("PermissionsBoundaryType", "Policy")
    return render_element("PermissionsBoundary", kind + render_element("PermissionsBoundaryArn", entity.boundary))


def _render_tags(entity: StoredEntity) -> str:
    pairs = entity.tags.items()
    return render_members(
        "Tags", (render_element("Key", escape(key)) + render_element("Value", escape(value)) for key, value in pairs)
    )


def _render_whole(entity: StoredEntity, parameters: Parameters) -> str:
    users = "<Users/>" + _render_marker(0, 0) if entity.kind == "Group" else ""
    tags = "" if entity.kind == "Group" else _render_tags(entity)
    return render_element(entity.kind, _render_core(entity) + _render_boundary(entity) + tags) + users


def _render_one_inline(entity: StoredEntity, parameters: Parameters) -> str:
    name = parameters["PolicyName"]
    if name not in entity.inline:
        raise ReplayError(404, "NoSuchEntity", f"The policy {name} of {entity.name} cannot be found.")
    return render_element(f"{entity.kind}Name", entity.name) + _render_inline(name, entity.inline[name])


def _render_listed(list_of: Callable[[StoredEntity], str]) -> Callable[[StoredEntity, Parameters], str]:
    return lambda entity, parameters: list_of(entity) + _render_marker(0, 0)


_HOLDER_READS: Mapping[str, Callable[[StoredEntity, Parameters], str]] = {
    "Get*": _render_whole,
    "Get*Policy": _render_one_inline,
    "List*Policies": _render_listed(lambda entity: render_members("PolicyNames", entity.inline)),
    "ListAttached*Policies": _render_listed(lambda entity: _render_attached(entity, "AttachedPolicies")),
    "List*Tags": _render_listed(_render_tags),
}
_POLICY_READS: Mapping[str, Callable[[StoredEntity, Parameters], str]] = {
    "GetPolicy": _render_whole,
    "GetPolicyVersion": lambda entity, parameters: render_element("PolicyVersion", _render_version(entity)),
    "ListPolicyVersions": _render_listed(lambda entity: render_members("Versions", [_render_version(entity)])),
    "ListPolicyTags": _render_listed(_render_tags),
}
_SINGLE_READS: Mapping[str, tuple[str, Callable[[StoredEntity, Parameters], str]]] = {
    **{name.replace("*", kind): (kind, shown) for kind in HOLDERS for name, shown in _HOLDER_READS.items()},
    **{name: ("Policy", shown) for name, shown in _POLICY_READS.items()},
}
"""Read of one entity → its kind, and the function that renders it."""
