"""What a kind needs to turn its part of the file into entities: names, documents, and a place for problems."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from reconciler.kinds import limits, policy_references
from reconciler.kinds.documents import DocumentReader
from reconciler.kinds.endings import END_OF_USER, WRAPPED, attachments, expiries, is_wrapped, memberships
from reconciler.kinds.facets.tags import OWNER, PROTECT
from reconciler.model.address import Address
from reconciler.model.arns import arn_of, aws_policy_arn
from reconciler.model.desired import Declaration, Ending
from reconciler.model.document import Document
from reconciler.model.node import Map, items, repeated_texts, text
from reconciler.model.problem import Level, Place, Problem
from reconciler.model.suggest import suggestion
from reconciler.policy.endings import EndsAlready, with_end
from reconciler.policy.grammar import Use
from reconciler.policy.moments import BadMoment, moment
from reconciler.policy.names import Names
from reconciler.policy.partition_checks import OTHER_PARTITION, explain, is_foreign
from reconciler.policy.placeholders import explain_text

_POLICY_ARN = re.compile(r"arn:[a-z0-9-]+:iam::(\d{12}|aws):policy/[\x21-\x7e]+")


@dataclass
class Declaring:
    """One run over one (merged) file.

    paths: every declared address → its path (the file's, else the live one's, else `/`).
    load_document: (path as written, place) → the parsed file, or None with a problem.
    load_text: the same for a file that is sent as it is: where it is, and its text.
    now: what `expires` is measured against; None: nothing is over.
    names: AWS's lists, to find names that are misspelt; None: nothing is looked up.
    unread: kinds of which not every declaration could be read. misplaced: what is declared where it is not read.
    Neither is called unknown.
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
    names: Names | None = None
    unread: frozenset[str] = frozenset()
    misplaced: frozenset[Address] = frozenset()
    own_partition: str | None = None

    def problem(
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
    def documents(self) -> DocumentReader:
        account = self.known_account
        return DocumentReader(
            self.load_document, account, self.partition, self.own_partition, self.names, self.problems
        )

    @property
    def known_account(self) -> str:
        """The account; empty if nobody knows it, for which zeros stand (`desired/load.py`)."""
        return self.account if self.account.strip("0") else ""

    def arn(self, address: Address) -> str:
        declared = self._declared.get(address, address)
        return arn_of(declared, self.paths.get(address, "/"), self.account, self.partition)

    def named(self, kind: str, name: str, place: Place) -> Address | None:
        """The declared entity of that kind and name, or a problem with a suggestion."""
        address = Address(kind, name)
        if address in self.paths:
            return self._as_declared(address, place)
        if self.may_be_declared(address):
            return None
        close = suggestion(name, self.declared_names.get(kind, ()))
        otherwise = "Declare it." if kind == "group" else f"Declare it, or name an existing {kind} by its ARN."
        hint = explain_text(name) or (f"Did you mean {close!r}?" if close else otherwise)
        self.problem("unknown-reference", f"No {kind} {name!r} in this file.", place, hint)
        return None

    def may_be_declared(self, address: Address) -> bool:
        """Return whether a name that was not read may be declared all the same, where something is wrong."""
        return address.kind in self.unread or address in self.misplaced

    def _as_declared(self, address: Address, place: Place) -> Address:
        declared = self._declared[address]
        if declared.name != address.name:
            self.problem(
                "reference-case",
                f"{address.name!r} is declared as {declared.name!r}.",
                place,
                f"Write {declared.name!r}: IAM minds letter case in some places that take names.",
            )
        return declared

    @cached_property
    def _declared(self) -> Mapping[Address, Address]:
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
        if wanted is not None and is_foreign(arn, wanted):
            summary, hint = explain(repr(arn), arn, wanted)
            self.problem(OTHER_PARTITION, summary, place, hint)

    def policy_arn(self, reference: str, place: Place, partition: str | None = None) -> str | None:
        """A policy reference (name, `aws:NAME`, ARN) as an ARN, or a problem. partition: None: that of the account."""
        self.problems.extend(policy_references.managed_problems(reference, place, self.names, self.partition))
        if reference.startswith("aws:"):
            return aws_policy_arn(reference.removeprefix("aws:"), partition or self.partition)
        if reference.startswith("arn:"):
            if _POLICY_ARN.fullmatch(reference):
                self.check_partition(reference, place, partition)
                return reference
            self.problem(
                "bad-arn", f"{reference!r} is not the ARN of a managed policy.", place, explain_text(reference)
            )
            return None
        address = Address("policy", reference)
        if address in self.paths:
            return self.arn(self._as_declared(address, place))
        if self.may_be_declared(address):
            return None
        close = suggestion(reference, self.declared_names.get("policy", ()))
        hint = explain_text(reference)
        hint = hint or policy_references.unknown_hint(reference, close, self.arn(address), self.names)
        self.problem("unknown-reference", f"No policy {reference!r} in this file.", place, hint)
        return None

    def policy_arns(self, node: Map, key: str = "policies", partition: str | None = None) -> frozenset[str]:
        """The attached policies of an entity, less those whose time is over; one named twice is a problem."""
        found: dict[str, datetime | None] = {}
        reported = repeated_texts(node, key)
        for value, place, ending in attachments(node, key):
            arn = self.policy_arn(value, place, partition)
            if arn in found and value not in reported:
                self.problem("duplicate-reference", f"{value!r} is listed twice.", place, "Remove one.")
            at = self.expires(ending) if ending else None
            if arn:
                found[arn] = at
        return frozenset(arn for arn, at in found.items() if not self.over(at))

    def expires(self, node: Map) -> datetime | None:
        """The `expires` of a mapping of the file; None, with a problem, where it is no moment."""
        written = text(node, "expires")
        try:
            return moment(written) if written is not None else None
        except BadMoment as bad:
            summary, hint = bad.args
            self.problem("bad-moment", f"expires: {summary}", node.place("expires"), hint)
            return None

    def over(self, at: datetime | None) -> bool:
        """AWS lets in before that moment, and no longer at it (`DateLessThan`)."""
        return at is not None and self.now is not None and at <= self.now

    def declaration(self, node: Map, *, mfa: bool = False) -> Declaration:
        """How the file speaks of the entity of this node."""
        protect = node.get("protect")
        ignored = tuple(value for value, _ in items(node, "ignore_changes"))
        kept = protect if isinstance(protect, bool) else None
        ends = tuple(expiries(node))
        for expiry in ends:
            field = Ending.INLINE if expiry.ending is Ending.ENTITY else expiry.ending
            names = {field, f"{field}.{expiry.name or END_OF_USER}", f"{field}_policy"}
            if names.intersection(ignored):
                summary = f"`expires` has no effect here: `ignore_changes` leaves {field} as it is live."
                hint = "Take it out of `ignore_changes`, or take `expires` away."
                self.problem("expires-ignored", summary, expiry.place, hint, level=Level.WARNING)
        return Declaration(node.place(), kept, ignored, mfa, expiries=ends)

    def inline_documents(self, node: Map) -> dict[str, Document]:
        written = node.child("inline_policies")
        found: dict[str, Document] = {}
        for name in written:
            place = written.place(name, of_key=True)
            self.problems.extend(limits.name_problems("inline policy", name, 128, place))
            document = self._inline_document(written, name)
            if document:
                found[name] = document
        return found

    def _inline_document(self, written: Map, name: str) -> Document | None:
        """One inline policy; None, too, for one whose time is over."""
        if not is_wrapped(written[name]):
            return self.documents.read(written, name, Use.IDENTITY)
        node = written.child(name)
        if "document" not in node:
            hint = "Write {document: …, expires: …}: a document, or the path of one, goes under `document`."
            self.problem("missing-key", f"The inline policy {name!r} lacks `document`.", node.place(), hint)
            return None
        for key in sorted(set(node) - WRAPPED):
            close = suggestion(key, WRAPPED)
            hint = f"Did you mean {close!r}?" if close else "Beside `document` stands `expires` alone."
            self.problem("unknown-key", f"Unknown key {key!r} beside `document`.", node.place(key, of_key=True), hint)
        at, document = self.expires(node), self.documents.read(node, "document", Use.IDENTITY)
        if document is None or at is None or self.over(at):
            return document if at is None else None
        try:
            return with_end(document, at, self.partition)
        except EndsAlready:
            summary = "A statement has a DateLessThan on aws:CurrentTime of its own, which `expires` sets."
            self.problem("expires-twice", summary, node.place("expires"), "Remove one of the two.")
            return None

    def group_addresses(self, node: Map) -> tuple[list[Address], set[Address]]:
        """The groups of a user: all that the file names, and those of them whose time is over."""
        listed: list[Address] = []
        over: set[Address] = set()
        for name, place, ending in memberships(node):
            group = self.named("group", name, place)
            at = self.expires(ending) if ending else None
            if group is not None and group in listed:
                self.problem("duplicate-reference", f"{name!r} is listed twice.", place, "Remove one.")
            elif group is not None:
                listed.append(group)
                over |= {group} if self.over(at) else set()
        return listed, over

    def tags(self, node: Map) -> dict[str, str]:
        """The tags of an entity plus those that we keep on it: its owner, and its protection."""
        found = {key: str(value) for key, value in node.child("tags").items()}
        if self.owner:
            found[OWNER] = self.owner
        if node.get("protect") is True:
            found[PROTECT] = "true"
        self.problems.extend(limits.tag_problems(found, node))
        return found
