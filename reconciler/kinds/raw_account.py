"""The account as AWS's list calls return it, before the kinds turn it into entities."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from reconciler.kinds.facets.tags import is_of_aws, with_our_keys
from reconciler.model.address import Address
from reconciler.model.document import Document
from reconciler.policy.canonical import canonical
from reconciler.policy.url_encoding import decode_document

Item = Mapping[str, Any]


@dataclass(frozen=True)
class ItemCall:
    """A call for each item of a list, whose answer is merged into the item. parameter: takes the item's `key`."""

    operation: str
    parameter: str
    key: str


@dataclass(frozen=True)
class ReadCall:
    """A list call of IAM. operation: its AWS name. keys: the lists in its answer.

    parameters: those of the call. fields: the fields to keep of each item; none: all of them.
    paged: true if it takes MaxItems and Marker.
    item_call: the call that reads, item by item, what the list leaves out.
    optional: true if a plan goes on, and says so, when AWS denies the call.
    lists_kind: true if the entities of the kind come from it, so that the kind is unread without it.
    only_for: the one entity that it shows; read only for a file that declares it.
    needs_section: true if it is read only for a file with the kind's section.
    is_shown: true if every plan shows its answer. A file that does not declare `only_for` then does without it if AWS
        refuses the call, and says nothing of it.
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
    is_shown: bool = False


@dataclass(frozen=True)
class TagsAndDescription:
    """The tags and the description of an entity. description: None: not read."""

    tags: Mapping[str, str]
    description: str | None = None


NO_TAGS = TagsAndDescription({})


@dataclass(frozen=True)
class RawAccount:
    """The answers of the list calls.

    lists: key of the answer, such as UserDetailList, Roles or InstanceProfiles → its items.
    details: ARN → the tags and description that the lists leave out, for the kinds whose lists do so.
    known_documents: text → parsed document of this partition, such as those of a file. A live document of the same
    text means the same, and is not parsed again.
    """

    account: str
    partition: str
    lists: Mapping[str, list[Item]]
    details: Mapping[str, TagsAndDescription] = field(default_factory=dict)
    known_documents: Mapping[str, Document] = field(default_factory=dict)
    _decoded: dict[str, Document] = field(default_factory=dict, repr=False)

    def items_of(self, key: str) -> list[Item]:
        return self.lists.get(key, [])

    def texts_of(self, key: str) -> list[str]:
        """Return a list whose items are plain texts, such as names."""
        return [str(item) for item in self.lists.get(key, [])]

    def parse_document(self, value: Any) -> Document:
        """Parse a document that IAM sends as URL-encoded JSON (IAM API, PolicyVersion), or botocore has decoded."""
        if not isinstance(value, str):
            return canonical(value, self.partition)
        if value not in self._decoded:
            self._decoded[value] = self._decode_document(value)
        return self._decoded[value]

    def _decode_document(self, encoded: str) -> Document:
        text = decode_document(encoded)
        known_document = self.known_documents.get(text)
        if known_document is not None:
            return replace(known_document, places=(), from_rules=False)
        try:
            body = json.loads(text)
        except (ValueError, RecursionError):  # no JSON, a number of thousands of digits, or nested without end
            return canonical(encoded, self.partition)
        return canonical(body if isinstance(body, dict) else encoded, self.partition)

    def map_unique_ids(self) -> dict[str, Address]:
        """Return unique id (AIDA…, AROA…) → user or role. IAM may show an id in place of an ARN ("IAM identifiers")."""
        users = {item["UserId"]: Address("user", item["UserName"]) for item in self.items_of("UserDetailList")}
        return users | {item["RoleId"]: Address("role", item["RoleName"]) for item in self.items_of("RoleDetailList")}

    def parse_inline_policies(self, item: Item, key: str) -> dict[str, Document]:
        """Return the inline policies of one item of GetAccountAuthorizationDetails: name → document."""
        return {one["PolicyName"]: self.parse_document(one["PolicyDocument"]) for one in item.get(key) or ()}


def attached_arns_of(item: Item) -> frozenset[str]:
    return frozenset(one["PolicyArn"] for one in item.get("AttachedManagedPolicies") or ())


def boundary_arn_of(item: Item) -> str | None:
    arn = (item.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")
    return str(arn) if arn else None


def tags_of(tags: Iterable[Item] | None) -> dict[str, str]:
    """Return tags as a mapping, without AWS's own, which nobody else can change."""
    return {tag["Key"]: tag["Value"] for tag in tags or () if not is_of_aws(tag["Key"])}


def principal_tags_of(item: Item) -> dict[str, str]:
    """Return the tags of a user or role, with our keys in our spelling: IAM ignores the letter case of these keys."""
    return with_our_keys(tags_of(item.get("Tags")))
