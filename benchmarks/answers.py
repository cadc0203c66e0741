"""What AWS answers to each call about an `Account`, as bytes: its XML, its JSON for tags, and its paging.

Shapes: IAM API reference. GetAccountAuthorizationDetails leaves out the description and session length of roles and
the tags of policies; ListRoles leaves out tags. Entities are rendered once and pages kept until the next write, so
that a call costs the server next to nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

from benchmarks.account import HOLDERS, KINDS, Account, Entity, Given, Refused
from benchmarks.documents import ACCOUNT

IAM, STS = "https://iam.amazonaws.com/doc/2010-05-08/", "https://sts.amazonaws.com/doc/2011-06-15/"
MADE = "2026-01-02T03:04:05Z"
PAGE = 100
"""Items of a page where the caller does not say (IAM API, MaxItems), and at most for GetResources."""
_LISTS = {"User": "UserDetailList", "Group": "GroupDetailList", "Role": "RoleDetailList", "Policy": "Policies"}
_FILTERS = {"LocalManagedPolicy": "Policy"}
_EMPTY = {
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
    "RolesQuota": 5000,
    "PoliciesQuota": 5000,
}


def element(name: str, text: str) -> str:
    return f"<{name}>{text}</{name}>"


def members(name: str, items: Iterable[str]) -> str:
    return element(name, "".join(f"<member>{item}</member>" for item in items))


def response(operation: str, result: str, namespace: str = IAM) -> bytes:
    meta = "<ResponseMetadata><RequestId>bench</RequestId></ResponseMetadata>"
    inner = element(f"{operation}Result", result)
    return f'<{operation}Response xmlns="{namespace}">{inner}{meta}</{operation}Response>'.encode()


def error(refused: Refused) -> bytes:
    told = element("Code", refused.code) + element("Message", escape(refused.message))
    return f'<ErrorResponse xmlns="{IAM}"><Error><Type>Sender</Type>{told}</Error></ErrorResponse>'.encode()


class Answers:
    """`answer` and `resources` give the body of each call."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._pages: dict[tuple[Any, ...], bytes] = {}
        self._rendered: dict[str, list[str]] = {}
        self._version = -1
        self._reads: dict[str, Callable[[str, Given], bytes]] = {
            "GetAccountAuthorizationDetails": self._details,
            "ListRoles": self._roles,
            "GetCallerIdentity": _caller,
            "GetAccountSummary": _summary,
            "AssumeRole": _session,
            **dict.fromkeys(_EMPTY, _nothing),
        }

    def answer(self, operation: str, given: Given) -> bytes:
        """The body of a call of IAM or STS. Raises Refused."""
        self._forget_what_changed()
        if read := self._reads.get(operation):
            return read(operation, given)
        if operation.startswith(("Get", "List")):
            return self._single(operation, given)
        made = self.account.write(operation, given)
        return response(operation, element(made.kind, _core(made) + _tags(made)) if made else "")

    def resources(self, asked: Mapping[str, Any]) -> bytes:
        """The body of GetResources: policies that have tags, at most 100 a page (Resource Groups Tagging API)."""
        self._forget_what_changed()
        size = min(int(asked.get("ResourcesPerPage") or PAGE), PAGE)
        start = int(asked.get("PaginationToken") or 0)
        tagged = [entity for entity in self.account.entities["Policy"].values() if entity.tags]
        page = [
            {"ResourceARN": one.arn, "Tags": [{"Key": key, "Value": value} for key, value in one.tags.items()]}
            for one in tagged[start : start + size]
        ]
        token = str(start + size) if start + size < len(tagged) else ""
        return json.dumps({"PaginationToken": token, "ResourceTagMappingList": page}).encode()

    def _forget_what_changed(self) -> None:
        if self._version != self.account.version:
            self._version = self.account.version
            self._pages, self._rendered = {}, {}

    def _items(self, kind: str) -> list[str]:
        """Of a kind, every entity as GetAccountAuthorizationDetails shows it."""
        if kind not in self._rendered:
            self._rendered[kind] = [_detail(entity) for entity in self.account.entities[kind].values()]
        return self._rendered[kind]

    def _details(self, operation: str, given: Given) -> bytes:
        asked = {value for name, value in given.items() if name.startswith("Filter.member.")}
        kinds = tuple(kind for kind in KINDS if not asked or kind in {_FILTERS.get(name, name) for name in asked})
        start, size = _window(given)
        key = (kinds, start, size)
        if key not in self._pages:
            items = [(kind, item) for kind in kinds for item in self._items(kind)]
            page = items[start : start + size]
            lists = (members(_LISTS[kind], (item for of, item in page if of == kind)) for kind in KINDS)
            self._pages[key] = response(operation, "".join(lists) + _more(start + size, len(items)))
        return self._pages[key]

    def _roles(self, operation: str, given: Given) -> bytes:
        start, size = _window(given)
        if ("Roles", start, size) not in self._pages:
            roles = list(self.account.entities["Role"].values())
            page = members("Roles", map(_core, roles[start : start + size]))
            self._pages["Roles", start, size] = response(operation, page + _more(start + size, len(roles)))
        return self._pages["Roles", start, size]

    def _single(self, operation: str, given: Given) -> bytes:
        """The reads about one entity, which Terraform makes. Raises Refused."""
        if operation in _SINGLE:
            kind, shown = _SINGLE[operation]
            return response(operation, shown(self.account.named(kind, given), given))
        if operation == "ListGroupsForUser":
            names = self.account.named("User", given).groups
            groups = members("Groups", (_core(self.account.entities["Group"][name]) for name in names))
            return response(operation, groups + _more(0, 0))
        raise Refused(400, "InvalidAction", f"The replay server does not answer {operation}.")


def _window(given: Given) -> tuple[int, int]:
    return int(given.get("Marker", 0)), int(given.get("MaxItems", PAGE))


def _more(end: int, total: int) -> str:
    if end >= total:
        return element("IsTruncated", "false")
    return element("IsTruncated", "true") + element("Marker", str(end))


def _caller(operation: str, given: Given) -> bytes:
    told = element("Arn", f"arn:aws:iam::{ACCOUNT}:root") + element("UserId", ACCOUNT) + element("Account", ACCOUNT)
    return response(operation, told, STS)


def _session(operation: str, given: Given) -> bytes:
    ends = (datetime.now(UTC) + timedelta(hours=1)).isoformat(timespec="seconds")
    keys = {"AccessKeyId": "ASIABENCHBENCHBENCH1", "SecretAccessKey": "bench", "SessionToken": "bench"}
    credentials = "".join(element(name, text) for name, text in (keys | {"Expiration": ends}).items())
    role, name = given["RoleArn"].rpartition("/")[2], given["RoleSessionName"]
    who = element("AssumedRoleId", f"AROABENCHBENCHBENCH1:{name}")
    who += element("Arn", f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name}")
    return response(operation, element("Credentials", credentials) + element("AssumedRoleUser", who), STS)


def _summary(operation: str, given: Given) -> bytes:
    entries = "".join(
        element("entry", element("key", key) + element("value", str(value))) for key, value in _QUOTAS.items()
    )
    return response(operation, element("SummaryMap", entries))


def _nothing(operation: str, given: Given) -> bytes:
    return response(operation, members(_EMPTY[operation], ()) + _more(0, 0))


def _names(entity: Entity) -> str:
    """What every call shows of an entity."""
    kind = entity.kind
    found = element("Path", entity.path) + element(f"{kind}Name", entity.name)
    found += element(f"{kind}Id", entity.unique_id) + element("Arn", entity.arn) + element("CreateDate", MADE)
    return found + (element("AssumeRolePolicyDocument", quote(entity.document, safe="")) if kind == "Role" else "")


def _core(entity: Entity) -> str:
    """An entity without its tags, as list calls show it; of a role, what GetAccountAuthorizationDetails leaves out."""
    found = _names(entity)
    if entity.kind == "Role":
        found += element("MaxSessionDuration", str(entity.max_session))
    if entity.kind == "Policy":
        found += element("DefaultVersionId", "v1") + element("AttachmentCount", "1")
        found += element("PermissionsBoundaryUsageCount", "0") + element("IsAttachable", "true")
        found += element("UpdateDate", MADE)
    return found + (element("Description", escape(entity.description)) if entity.description else "")


def _detail(entity: Entity) -> str:
    """An entity as GetAccountAuthorizationDetails shows it."""
    kind = entity.kind
    if kind == "Policy":
        return _core(entity) + members("PolicyVersionList", [_version(entity)])
    found = _names(entity)
    if kind == "Role":
        found += "<InstanceProfileList/><RoleLastUsed/>"
    if kind == "User":
        found += members("GroupList", entity.groups)
    if kind != "Group":
        found += _boundary(entity) + _tags(entity)
    inline = (_inline(name, text) for name, text in entity.inline.items())
    return found + members(f"{kind}PolicyList", inline) + _attached(entity, "AttachedManagedPolicies")


def _version(entity: Entity) -> str:
    document = element("Document", quote(entity.document, safe=""))
    return document + "<VersionId>v1</VersionId><IsDefaultVersion>true</IsDefaultVersion>" + element("CreateDate", MADE)


def _inline(name: str, text: str) -> str:
    return element("PolicyName", name) + element("PolicyDocument", quote(text, safe=""))


def _attached(entity: Entity, tag: str) -> str:
    pairs = entity.attached.items()
    return members(tag, (element("PolicyName", name) + element("PolicyArn", arn) for arn, name in pairs))


def _boundary(entity: Entity) -> str:
    if not entity.boundary:
        return ""
    kind = element("PermissionsBoundaryType", "Policy")
    return element("PermissionsBoundary", kind + element("PermissionsBoundaryArn", entity.boundary))


def _tags(entity: Entity) -> str:
    pairs = entity.tags.items()
    return members("Tags", (element("Key", escape(key)) + element("Value", escape(value)) for key, value in pairs))


def _whole(entity: Entity, given: Given) -> str:
    users = "<Users/>" + _more(0, 0) if entity.kind == "Group" else ""
    tags = "" if entity.kind == "Group" else _tags(entity)
    return element(entity.kind, _core(entity) + _boundary(entity) + tags) + users


def _one_inline(entity: Entity, given: Given) -> str:
    name = given["PolicyName"]
    if name not in entity.inline:
        raise Refused(404, "NoSuchEntity", f"The policy {name} of {entity.name} cannot be found.")
    return element(f"{entity.kind}Name", entity.name) + _inline(name, entity.inline[name])


def _listed(list_of: Callable[[Entity], str]) -> Callable[[Entity, Given], str]:
    return lambda entity, given: list_of(entity) + _more(0, 0)


_OF_HOLDERS: Mapping[str, Callable[[Entity, Given], str]] = {
    "Get*": _whole,
    "Get*Policy": _one_inline,
    "List*Policies": _listed(lambda entity: members("PolicyNames", entity.inline)),
    "ListAttached*Policies": _listed(lambda entity: _attached(entity, "AttachedPolicies")),
    "List*Tags": _listed(_tags),
}
_OF_POLICIES: Mapping[str, Callable[[Entity, Given], str]] = {
    "GetPolicy": _whole,
    "GetPolicyVersion": lambda entity, given: element("PolicyVersion", _version(entity)),
    "ListPolicyVersions": _listed(lambda entity: members("Versions", [_version(entity)])),
    "ListPolicyTags": _listed(_tags),
}
_SINGLE: Mapping[str, tuple[str, Callable[[Entity, Given], str]]] = {
    **{name.replace("*", kind): (kind, shown) for kind in HOLDERS for name, shown in _OF_HOLDERS.items()},
    **{name: ("Policy", shown) for name, shown in _OF_POLICIES.items()},
}
"""Reads about one entity → its kind, and what they show of it."""
