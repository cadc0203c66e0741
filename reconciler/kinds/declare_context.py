"""Give a kind the means to turn its entries into entities: it resolves names, reads documents, collects problems."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
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
from reconciler.model.desired import Declaration, Expiry, ExpiryKind
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
    """Hold the state of one run over one merged file.

    paths: every declared address → its path (from the file, else the live one, else `/`).
    load_document: path as written and its place → the parsed document; None, with a problem, on failure.
    load_text: the same for a file that is used as text; returns the file's path and its text.
    problems: every problem so far; kinds add to it.
    now: the moment to compare `expires` with; None: nothing has expired.
    names: AWS's lists of names, to find misspelt ones; None: do not look names up.
    unread_kinds: kinds with declarations that could not be read.
    misplaced_addresses: entities declared in a section whose name is misspelt.
    A name of an unread kind, or a misplaced one, is never reported as unknown.
    own_partition: the account's partition as AWS said; ARNs of another one are problems. None: AWS was not asked.
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
        """Return the account; "" if it is unknown (`desired/load.py` then uses zeros)."""
        return self.account if self.account.strip("0") else ""

    def arn_of(self, address: Address) -> str:
        declared = self._declared_addresses.get(address, address)
        return arn_of(declared, self.paths.get(address, "/"), self.account, self.partition)

    def resolve_name(self, kind: str, name: str, place: Place) -> Address | None:
        """Return the declared address of that kind and name; None, with a problem, if there is none."""
        address = Address(kind, name)
        if address in self.paths:
            return self._resolve_spelling(address, place)
        if self.may_be_declared(address):
            return None
        close = suggest_word(name, self.declared_names.get(kind, ()))
        hint = explain_text(name) or (f"Did you mean {close!r}?" if close else explain_undeclared(kind))
        self.add_problem("unknown-reference", f"There is no {kind} {name!r} in this file.", place, hint)
        return None

    def may_be_declared(self, address: Address) -> bool:
        """Return whether an unknown name may be declared in a part of the file that could not be read."""
        return address.kind in self.unread_kinds or address in self.misplaced_addresses

    def _resolve_spelling(self, address: Address, place: Place) -> Address:
        declared = self._declared_addresses[address]
        if declared.name != address.name:
            self.add_problem(
                "reference-case",
                f"{address.name!r} is declared as {declared.name!r}.",
                place,
                f"Write {declared.name!r}: IAM compares some names with letter case.",
            )
        return declared

    @cached_property
    def _declared_addresses(self) -> Mapping[Address, Address]:
        """Return each address → the address as the file spells it. Addresses ignore letter case."""
        return {address: address for address in self.paths}

    @cached_property
    def declared_names(self) -> Mapping[str, tuple[str, ...]]:
        """Return the names of all declared entities by kind."""
        names_by_kind: dict[str, list[str]] = {}
        for address in self.paths:
            names_by_kind.setdefault(address.kind, []).append(address.name)
        return {kind: tuple(names) for kind, names in names_by_kind.items()}

    def check_partition(self, arn: str, place: Place, partition: str | None = None) -> None:
        """Report an ARN of another partition. partition: the expected one; None: the account's, if it is known."""
        expected = partition or self.own_partition
        if expected is not None and is_foreign_arn(arn, expected):
            summary, hint = explain_partition(repr(arn), arn, expected)
            self.add_problem(OTHER_PARTITION, summary, place, hint)

    def resolve_policy(self, reference: str, place: Place, partition: str | None = None) -> str | None:
        """Return the ARN of a policy reference (name, `aws:NAME` or ARN); None, with a problem, if there is none.

        partition: the expected partition; None: the account's.
        """
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
        self.add_problem("unknown-reference", f"There is no policy {reference!r} in this file.", place, hint)
        return None

    def resolve_policies(self, node: Map, key: str = "policies", partition: str | None = None) -> frozenset[str]:
        """Return the ARNs of the attached policies without the expired ones. A policy listed twice is a problem."""
        expiries_by_arn: dict[str, datetime | None] = {}
        reported = find_repeated_texts(node, key)
        for value, place, ending in read_attachments(node, key):
            arn = self.resolve_policy(value, place, partition)
            if arn in expiries_by_arn and value not in reported:
                self.add_problem("duplicate-reference", f"{value!r} is listed twice.", place, "Remove one.")
            expiry = self.read_expiry(ending) if ending else None
            if arn:
                expiries_by_arn[arn] = expiry
        return frozenset(arn for arn, expiry in expiries_by_arn.items() if not self.is_over(expiry))

    def read_expiry(self, node: Map) -> datetime | None:
        """Return the moment under `expires`; None if there is none, or, with a problem, if it is not a moment."""
        written = get_text(node, "expires")
        try:
            return parse_timestamp(written) if written is not None else None
        except InvalidTimestamp as bad:
            summary, hint = bad.args
            self.add_problem("bad-moment", f"expires: {summary}", node.place_of("expires"), hint)
            return None

    def is_over(self, at: datetime | None) -> bool:
        """Return whether the moment has come. AWS still allows the moment before it, not the moment itself.

        Source: the condition operator `DateLessThan`.
        """
        return at is not None and self.now is not None and at <= self.now

    def read_declaration(self, node: Map, *, mfa: bool = False) -> Declaration:
        """Return the declaration of an entity: its place, `protect`, `ignore_changes`, and each `expires`."""
        protect = node.get("protect")
        ignored = tuple(value for value, _ in get_texts(node, "ignore_changes"))
        protected = protect if isinstance(protect, bool) else None
        ends: list[Expiry] = []
        for expiry in read_expiries(node):
            field = ExpiryKind.INLINE if expiry.kind is ExpiryKind.ENTITY else expiry.kind
            names = {field, f"{field}.{expiry.name or USER_EXPIRY_POLICY}", f"{field}_policy"}
            ends.append(replace(expiry, ignored=not names.isdisjoint(ignored)))
            if ends[-1].ignored:
                summary = f"`expires` has no effect here: {field} is listed in `ignore_changes`."
                hint = "Remove `expires`, or the entry in `ignore_changes`."
                self.add_problem("expires-ignored", summary, expiry.place, hint, level=Level.WARNING)
        return Declaration(node.place_of(), protected, ignored, mfa, expiries=tuple(ends))

    def read_inline_policies(self, node: Map) -> dict[str, Document]:
        """Return the inline policies of an entity by name, without expired and unreadable ones."""
        written = node.get_map("inline_policies")
        documents: dict[str, Document] = {}
        for name in written:
            place = written.place_of(name, of_key=True)
            self.problems.extend(limits.check_name("inline policy", name, 128, place))
            document = self._read_inline_policy(written, name)
            if document:
                documents[name] = document
        return documents

    def _read_inline_policy(self, written: Map, name: str) -> Document | None:
        """Return one inline policy; None if it cannot be read, or has expired."""
        if not is_wrapped(written[name]):
            return self.document_reader.read(written, name, PolicyType.IDENTITY)
        node = written.get_map(name)
        if "document" not in node:
            hint = "Write {document: DOCUMENT, expires: MOMENT}, with a policy document or the path of one."
            summary = f"The inline policy {name!r} lacks the key `document`."
            self.add_problem("missing-key", summary, node.place_of(), hint)
            return None
        for key in sorted(set(node) - WRAPPER_KEYS):
            close = suggest_word(key, WRAPPER_KEYS)
            hint = f"Did you mean {close!r}?" if close else "Only `expires` can be written beside `document`."
            self.add_problem(
                "unknown-key", f"Unknown key {key!r} beside `document`.", node.place_of(key, of_key=True), hint
            )
        expiry, document = self.read_expiry(node), self.document_reader.read(node, "document", PolicyType.IDENTITY)
        if document is None or expiry is None or self.is_over(expiry):
            return document if expiry is None else None
        try:
            return add_expiry(document, expiry, self.partition)
        except ExpiryConflict:
            summary = "`expires` adds DateLessThan on aws:CurrentTime, but a statement already has that condition."
            self.add_problem("expires-twice", summary, node.place_of("expires"), "Remove one of the two.")
            return None

    def resolve_groups(self, node: Map) -> tuple[list[Address], set[Address]]:
        """Return all groups that the file names for a user, and the expired ones among them."""
        groups: list[Address] = []
        expired: set[Address] = set()
        for name, place, ending in read_memberships(node):
            group = self.resolve_name("group", name, place)
            expiry = self.read_expiry(ending) if ending else None
            if group is not None and group in groups:
                self.add_problem("duplicate-reference", f"{name!r} is listed twice.", place, "Remove one.")
            elif group is not None:
                groups.append(group)
                expired |= {group} if self.is_over(expiry) else set()
        return groups, expired

    def read_tags(self, node: Map) -> dict[str, str]:
        """Return the tags of an entity, with the tags for owner and protection that reconcile adds."""
        tags = {key: str(value) for key, value in node.get_map("tags").items()}
        if self.owner:
            tags[OWNER] = self.owner
        if node.get("protect") is True:
            tags[PROTECT] = "true"
        self.problems.extend(limits.check_tags(tags, node))
        return tags


def explain_undeclared(kind: str) -> str:
    """Return the hint for a name that the file does not declare. Groups cannot be named by their ARN."""
    return "Declare it." if kind == "group" else f"Declare it, or name an existing {kind} by its ARN."
