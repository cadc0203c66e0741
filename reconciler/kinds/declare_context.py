"""What a kind needs to turn its part of the file into entities: names, documents, and a place for problems."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from reconciler.kinds import limits, policy_references
from reconciler.kinds.documents import DocumentReader
from reconciler.kinds.expiries import (
    USER_EXPIRY_POLICY,
    WRAPPER_KEYS,
    is_wrapped,
    read_attachments,
    read_expiries,
    read_memberships,
)
from reconciler.kinds.facets.tags import OWNER, PROTECT
from reconciler.model.address import Address
from reconciler.model.arns import arn_of, arn_of_aws_policy
from reconciler.model.desired import Declaration, ExpiryKind
from reconciler.model.document import Document
from reconciler.model.node import Map, find_repeated_texts, get_text, get_texts
from reconciler.model.partitions import ARN_PARTITION
from reconciler.model.problem import Level, Place, Problem
from reconciler.model.suggest import suggest_word
from reconciler.policy.document_expiry import ExpiryConflict, add_expiry
from reconciler.policy.grammar import PolicyType
from reconciler.policy.name_checks import KnownNames
from reconciler.policy.partition_checks import OTHER_PARTITION, explain_partition, is_foreign_arn
from reconciler.policy.placeholders import explain_text
from reconciler.policy.timestamps import InvalidTimestamp, parse_timestamp

_POLICY_ARN = re.compile(rf"arn:{ARN_PARTITION}:iam::(\d{{12}}|aws):policy/[\x21-\x7e]+")


@dataclass
class DeclareContext:
    """One run over one (merged) file.

    paths: every declared address → its path (the file's, else the live one's, else `/`).
    load_document: (path as written, place) → the parsed file, or None with a problem.
    load_text: the same for a file that is sent as it is: where it is, and its text.
    now: what `read_expiry` is measured against; None: nothing is over.
    names: AWS's lists, to find names that are misspelt; None: nothing is looked up.
    unread_kinds: kinds of which not every declaration could be read. misplaced_addresses: what is declared where it
    is not read. Neither is called unknown.
    own_partition: that of the account, as AWS says; ARNs of another are problems. None: it has not been asked.
    """

    account: str
    partition: str
    owner: str | None
    paths: Mapping[Address, str]
    load_document: Callable[[str, Place], Map | None]
    load_text: Callable[[str, Place], tuple[str, str] | None]
    problems: list[Problem] = field(default_factory=list)
    now: datetime | None = None
    names: KnownNames | None = None
    unread_kinds: frozenset[str] = frozenset()
    misplaced_addresses: frozenset[Address] = frozenset()
    own_partition: str | None = None

    def add_problem(
        self,
        code: str,
        summary: str,
        place: Place,
        hint: str = "",
        detail: str = "",
        level: Level = Level.ERROR,
    ) -> None:
        self.problems.append(Problem(level, code, summary, detail, hint, place))

    @cached_property
    def document_reader(self) -> DocumentReader:
        account = self.known_account
        return DocumentReader(
            self.load_document, account, self.partition, self.own_partition, self.names, self.problems
        )

    @property
    def known_account(self) -> str:
        """The account; empty if nobody knows it, for which zeros stand (`desired/load.py`)."""
        return self.account if self.account.strip("0") else ""

    def arn_of(self, address: Address) -> str:
        declared = self._declared_addresses.get(address, address)
        return arn_of(declared, self.paths.get(address, "/"), self.account, self.partition)

    def resolve_name(self, kind: str, name: str, place: Place) -> Address | None:
        """The declared entity of that kind and name, or a problem with a suggestion."""
        address = Address(kind, name)
        if address in self.paths:
            return self._resolve_spelling(address, place)
        if self.may_be_declared(address):
            return None
        close = suggest_word(name, self.declared_names.get(kind, ()))
        otherwise = "Declare it." if kind == "group" else f"Declare it, or name an existing {kind} by its ARN."
        hint = explain_text(name) or (f"Did you mean {close!r}?" if close else otherwise)
        self.add_problem("unknown-reference", f"No {kind} {name!r} in this file.", place, hint)
        return None

    def may_be_declared(self, address: Address) -> bool:
        """Return whether a name that was not read may be declared all the same, where something is wrong."""
        return address.kind in self.unread_kinds or address in self.misplaced_addresses

    def _resolve_spelling(self, address: Address, place: Place) -> Address:
        declared = self._declared_addresses[address]
        if declared.name != address.name:
            self.add_problem(
                "reference-case",
                f"{address.name!r} is declared as {declared.name!r}.",
                place,
                f"Write {declared.name!r}: IAM minds letter case in some places that take names.",
            )
        return declared

    @cached_property
    def _declared_addresses(self) -> Mapping[Address, Address]:
        """Each address as the file spells it."""
        return {address: address for address in self.paths}

    @cached_property
    def declared_names(self) -> Mapping[str, tuple[str, ...]]:
        """The names of all declared entities by their kind."""
        found: dict[str, list[str]] = {}
        for address in self.paths:
            found.setdefault(address.kind, []).append(address.name)
        return {kind: tuple(names) for kind, names in found.items()}

    def check_partition(self, arn: str, place: Place, partition: str | None = None) -> None:
        """Report an ARN of another partition than this one; None: than the account's, as far as it is known."""
        wanted = partition or self.own_partition
        if wanted is not None and is_foreign_arn(arn, wanted):
            summary, hint = explain_partition(repr(arn), arn, wanted)
            self.add_problem(OTHER_PARTITION, summary, place, hint)

    def resolve_policy(self, reference: str, place: Place, partition: str | None = None) -> str | None:
        """A policy reference (name, `aws:NAME`, ARN) as an ARN, or a problem. partition: None: that of the account."""
        self.problems.extend(policy_references.check_managed_policy(reference, place, self.names, self.partition))
        if reference.startswith("aws:"):
            return arn_of_aws_policy(reference.removeprefix("aws:"), partition or self.partition)
        if reference.startswith("arn:"):
            if _POLICY_ARN.fullmatch(reference):
                self.check_partition(reference, place, partition)
                return reference
            self.add_problem(
                "bad-arn", f"{reference!r} is not the ARN of a managed policy.", place, explain_text(reference)
            )
            return None
        address = Address("policy", reference)
        if address in self.paths:
            return self.arn_of(self._resolve_spelling(address, place))
        if self.may_be_declared(address):
            return None
        close = suggest_word(reference, self.declared_names.get("policy", ()))
        hint = explain_text(reference)
        hint = hint or policy_references.suggest_reference(reference, close, self.arn_of(address), self.names)
        self.add_problem("unknown-reference", f"No policy {reference!r} in this file.", place, hint)
        return None

    def resolve_policies(self, node: Map, key: str = "policies", partition: str | None = None) -> frozenset[str]:
        """The attached policies of an entity, less those whose time is over; one named twice is a problem."""
        found: dict[str, datetime | None] = {}
        reported = find_repeated_texts(node, key)
        for value, place, ending in read_attachments(node, key):
            arn = self.resolve_policy(value, place, partition)
            if arn in found and value not in reported:
                self.add_problem("duplicate-reference", f"{value!r} is listed twice.", place, "Remove one.")
            at = self.read_expiry(ending) if ending else None
            if arn:
                found[arn] = at
        return frozenset(arn for arn, at in found.items() if not self.is_over(at))

    def read_expiry(self, node: Map) -> datetime | None:
        """The `read_expiry` of a mapping of the file; None, with a problem, where it is no moment."""
        written = get_text(node, "expires")
        try:
            return parse_timestamp(written) if written is not None else None
        except InvalidTimestamp as bad:
            summary, hint = bad.args
            self.add_problem("bad-moment", f"expires: {summary}", node.place_of("expires"), hint)
            return None

    def is_over(self, at: datetime | None) -> bool:
        """AWS lets in before that moment, and no longer at it (`DateLessThan`)."""
        return at is not None and self.now is not None and at <= self.now

    def read_declaration(self, node: Map, *, mfa: bool = False) -> Declaration:
        """How the file speaks of the entity of this node."""
        protect = node.get("protect")
        ignored = tuple(value for value, _ in get_texts(node, "ignore_changes"))
        kept = protect if isinstance(protect, bool) else None
        ends = tuple(read_expiries(node))
        for expiry in ends:
            field = ExpiryKind.INLINE if expiry.kind is ExpiryKind.ENTITY else expiry.kind
            names = {field, f"{field}.{expiry.name or USER_EXPIRY_POLICY}", f"{field}_policy"}
            if names.intersection(ignored):
                summary = f"`expires` has no effect here: `ignore_changes` leaves {field} as it is live."
                hint = "Take it out of `ignore_changes`, or take `expires` away."
                self.add_problem("expires-ignored", summary, expiry.place, hint, level=Level.WARNING)
        return Declaration(node.place_of(), kept, ignored, mfa, expiries=ends)

    def read_inline_policies(self, node: Map) -> dict[str, Document]:
        written = node.get_map("inline_policies")
        found: dict[str, Document] = {}
        for name in written:
            place = written.place_of(name, of_key=True)
            self.problems.extend(limits.check_name("inline policy", name, 128, place))
            document = self._read_inline_policy(written, name)
            if document:
                found[name] = document
        return found

    def _read_inline_policy(self, written: Map, name: str) -> Document | None:
        """One inline policy; None, too, for one whose time is over."""
        if not is_wrapped(written[name]):
            return self.document_reader.read(written, name, PolicyType.IDENTITY)
        node = written.get_map(name)
        if "document" not in node:
            hint = "Write {document: …, expires: …}: a document, or the path of one, goes under `document`."
            self.add_problem("missing-key", f"The inline policy {name!r} lacks `document`.", node.place_of(), hint)
            return None
        for key in sorted(set(node) - WRAPPER_KEYS):
            close = suggest_word(key, WRAPPER_KEYS)
            hint = f"Did you mean {close!r}?" if close else "Beside `document` stands `expires` alone."
            self.add_problem(
                "unknown-key", f"Unknown key {key!r} beside `document`.", node.place_of(key, of_key=True), hint
            )
        at, document = self.read_expiry(node), self.document_reader.read(node, "document", PolicyType.IDENTITY)
        if document is None or at is None or self.is_over(at):
            return document if at is None else None
        try:
            return add_expiry(document, at, self.partition)
        except ExpiryConflict:
            summary = "A statement has a DateLessThan on aws:CurrentTime of its own, which `expires` sets."
            self.add_problem("expires-twice", summary, node.place_of("expires"), "Remove one of the two.")
            return None

    def resolve_groups(self, node: Map) -> tuple[list[Address], set[Address]]:
        """The groups of a user: all that the file names, and those of them whose time is over."""
        listed: list[Address] = []
        over: set[Address] = set()
        for name, place, ending in read_memberships(node):
            group = self.resolve_name("group", name, place)
            at = self.read_expiry(ending) if ending else None
            if group is not None and group in listed:
                self.add_problem("duplicate-reference", f"{name!r} is listed twice.", place, "Remove one.")
            elif group is not None:
                listed.append(group)
                over |= {group} if self.is_over(at) else set()
        return listed, over

    def read_tags(self, node: Map) -> dict[str, str]:
        """The tags of an entity plus those that we keep on it: its owner, and its protection."""
        found = {key: str(value) for key, value in node.get_map("tags").items()}
        if self.owner:
            found[OWNER] = self.owner
        if node.get("protect") is True:
            found[PROTECT] = "true"
        self.problems.extend(limits.check_tags(found, node))
        return found
