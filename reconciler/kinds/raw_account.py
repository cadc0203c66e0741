"""The account as AWS's list calls gave it, before kinds make entities of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote

from reconciler.kinds.facets.tags import is_of_aws, with_our_keys
from reconciler.model.address import Address
from reconciler.model.document import Document
from reconciler.policy.canonical import canonical

Item = Mapping[str, Any]


@dataclass(frozen=True)
class ItemCall:
    """A call for every item of a list, whose answer joins the item. `parameter` takes the item's `key`."""

    operation: str
    parameter: str
    key: str


@dataclass(frozen=True)
class ReadCall:
    """A list call of IAM, by its AWS name. keys: the lists in its answer.

    fields: what is kept of each item; none: all of it. paged: takes MaxItems and Marker. item_call: what the list
    leaves
    out, asked item by item where no call tells it of all. optional: where it is denied, a plan goes on and says so.
    lists_kind: the entities of the kind come from it, so that the kind is unread without it. only_for: the one entity
    that it tells of; read only for who declares that. needs_section: read only for files with the kind's section.
    """

    operation: str
    keys: tuple[str, ...]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    fields: tuple[str, ...] = ()
    paged: bool = True
    item_call: ItemCall | None = None
    optional: bool = False
    lists_kind: bool = False
    only_for: Address | None = None
    needs_section: bool = False


@dataclass(frozen=True)
class Detail:
    """Tags, and a policy's description; None: not asked for."""

    tags: Mapping[str, str]
    description: str | None = None


NO_DETAIL = Detail({})


@dataclass(frozen=True)
class RawAccount:
    """`lists` is keyed by the key of the answer: UserDetailList, Roles, InstanceProfiles, …

    `details`: ARN → what the lists leave out, for the kinds of which they leave something out. known_documents: text
    → document
    of this partition, such as those of a file: a live one of that text means the same, and is not worked out again.
    """

    account: str
    partition: str
    lists: Mapping[str, list[Item]]
    details: Mapping[str, Detail] = field(default_factory=dict)
    known_documents: Mapping[str, Document] = field(default_factory=dict)
    _decoded: dict[str, Document] = field(default_factory=dict, repr=False)

    def items_of(self, key: str) -> list[Item]:
        return self.lists.get(key, [])

    def texts_of(self, key: str) -> list[str]:
        """A list whose items are no mappings."""
        return [str(item) for item in self.lists.get(key, [])]

    def parse_document(self, value: Any) -> Document:
        """A document as IAM sends it, URL-encoded JSON (IAM API, PolicyVersion), or as botocore has decoded it."""
        if not isinstance(value, str):
            return canonical(value, self.partition)
        if value not in self._decoded:
            self._decoded[value] = self._decode_document(value)
        return self._decoded[value]

    def _decode_document(self, encoded: str) -> Document:
        text = unquote(encoded)
        known = self.known_documents.get(text)
        if known is not None:
            return replace(known, places=(), from_rules=False)
        try:
            body = json.loads(text)
        except (ValueError, RecursionError):  # no JSON, a number of thousands of digits, or nested without end
            return canonical(encoded, self.partition)
        return canonical(body if isinstance(body, dict) else encoded, self.partition)

    def map_unique_ids(self) -> dict[str, Address]:
        """AIDA… and AROA… → the user or role; IAM shows them where it once showed an ARN ("IAM identifiers")."""
        users = {item["UserId"]: Address("user", item["UserName"]) for item in self.items_of("UserDetailList")}
        return users | {item["RoleId"]: Address("role", item["RoleName"]) for item in self.items_of("RoleDetailList")}

    def parse_inline_policies(self, item: Item, key: str) -> dict[str, Document]:
        """Inline policies of a detail of GetAccountAuthorizationDetails."""
        return {one["PolicyName"]: self.parse_document(one["PolicyDocument"]) for one in item.get(key) or ()}


def attached_arns_of(item: Item) -> frozenset[str]:
    return frozenset(one["PolicyArn"] for one in item.get("AttachedManagedPolicies") or ())


def boundary_arn_of(item: Item) -> str | None:
    arn = (item.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")
    return str(arn) if arn else None


def tags_of(tags: Iterable[Item] | None) -> dict[str, str]:
    """Tags as a mapping; AWS's own are left out: nobody else can change them."""
    return {tag["Key"]: tag["Value"] for tag in tags or () if not is_of_aws(tag["Key"])}


def principal_tags_of(item: Item) -> dict[str, str]:
    """Tags of a user or role, of which IAM ignores the letter case of keys: ours are known however they are spelled."""
    return with_our_keys(tags_of(item.get("Tags")))
