"""What a kind needs to turn its part of the file into entities: names, documents, and a place for problems."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from reconciler.kinds import limits
from reconciler.kinds.facets.tags import OWNER, PROTECT
from reconciler.model.address import Address
from reconciler.model.arns import arn_of, aws_policy_arn
from reconciler.model.document import Document
from reconciler.model.node import Map, Seq, place_of
from reconciler.model.problem import Level, Place, Problem
from reconciler.model.state import Declaration, Expiry
from reconciler.model.suggest import suggestion
from reconciler.policy.canonical import authored
from reconciler.policy.flaw import Flaw
from reconciler.policy.grammar import Use, flaws
from reconciler.policy.moments import BadMoment, moment
from reconciler.policy.partition_checks import OTHER_PARTITION, explain, flaws_of_partition, is_foreign

_DURATION = re.compile(r"([0-9]{1,9})([smhd]?)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_POLICY_ARN = re.compile(r"arn:[a-z0-9-]+:iam::(\d{12}|aws):policy/[\x21-\x7e]+")


@dataclass
class Declaring:
    """One run over one (merged) file.

    paths: every declared address → its path (the file's, else the live one's, else `/`).
    load_document: (path as written, place) → the parsed file, or None with a problem.
    load_text: the same for a file that is sent as it is: where it is, and its text.
    now: what `expires` is measured against; None: nothing is over.
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
    own_partition: str | None = None
    _documents: dict[tuple[int, Use, str | None], tuple[list[Flaw], Document | None]] = field(default_factory=dict)
    _held: list[Map] = field(default_factory=list)
    """The objects that the keys of `_documents` are of: an object that goes would leave its number to another."""

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

    def arn(self, address: Address) -> str:
        declared = self._declared.get(address, address)
        return arn_of(declared, self.paths.get(address, "/"), self.account, self.partition)

    def named(self, kind: str, name: str, place: Place) -> Address | None:
        """The declared entity of that kind and name, or a problem with a suggestion."""
        address = Address(kind, name)
        if address in self.paths:
            return self._as_declared(address, place)
        close = suggestion(name, self.names.get(kind, ()))
        otherwise = "Declare it." if kind == "group" else f"Declare it, or name an existing {kind} by its ARN."
        hint = f"Did you mean {close!r}?" if close else otherwise
        self.problem("unknown-reference", f"No {kind} {name!r} in this file.", place, hint)
        return None

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
    def names(self) -> Mapping[str, tuple[str, ...]]:
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
        if reference.startswith("aws:"):
            return aws_policy_arn(reference.removeprefix("aws:"), partition or self.partition)
        if reference.startswith("arn:"):
            if _POLICY_ARN.fullmatch(reference):
                self.check_partition(reference, place, partition)
                return reference
            self.problem("bad-arn", f"{reference!r} is not the ARN of a managed policy.", place)
            return None
        address = Address("policy", reference)
        if address in self.paths:
            return self.arn(self._as_declared(address, place))
        close = suggestion(reference, self.names.get("policy", ()))
        hint = f"Did you mean {close!r}?" if close else f"For a policy of AWS write 'aws:{reference}'."
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
        """The `expires` of a trust rule or an attachment; None, with a problem, where it is no moment."""
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

    def document(self, node: Map, key: str, use: Use, partition: str | None = None) -> Document | None:
        """A document written in place, or in the file that a path names; its flaws become problems.

        partition: the one that its ARNs must have; None: that of the account, as far as it is known.
        """
        written, where = node[key], place_of(node, [key])
        if isinstance(written, str):
            loaded = self.load_document(written, where)
            if loaded is None:
                return None
            return self._checked(loaded, loaded, (), use, partition or self.own_partition)
        return self._checked(written, node, (key,), use, partition or self.own_partition)

    def _checked(
        self, written: object, root: Map, above: tuple[str, ...], use: Use, partition: str | None
    ) -> Document | None:
        """Return the document; None, with problems, if it has an error.

        A document that many entities share is read once, and what is wrong inside of it is reported once.
        """
        known = self._documents.get((id(written), use, partition))
        found, document = known or self._read_document(written, use, partition)
        for flaw in found:
            if known and flaw.path:
                continue
            place = place_of(root, (*above, *flaw.path), of_key=flaw.at_key)
            self.problem(flaw.code, flaw.summary, place, flaw.hint, level=flaw.level)
        return document

    def _read_document(self, written: object, use: Use, partition: str | None) -> tuple[list[Flaw], Document | None]:
        found, document = list(flaws(written, use)), None
        if partition is not None:
            found += flaws_of_partition(written, partition)
        if isinstance(written, dict) and not any(flaw.level is Level.ERROR for flaw in found):
            document = replace(authored(written, self.partition), places=_statement_places(written))
        if isinstance(written, Map):
            self._documents[id(written), use, partition] = found, document
            self._held.append(written)
        return found, document

    def declaration(self, node: Map, *, mfa: bool = False) -> Declaration:
        """How the file speaks of the entity of this node."""
        protect = node.get("protect")
        ignored = tuple(value for value, _ in items(node, "ignore_changes"))
        kept = protect if isinstance(protect, bool) else None
        return Declaration(node.place(), kept, ignored, mfa, expiries=tuple(_expiries(node)))

    def inline_documents(self, node: Map) -> dict[str, Document]:
        written = node.child("inline_policies")
        found: dict[str, Document] = {}
        for name in written:
            place = written.place(name, of_key=True)
            self.problems.extend(limits.name_problems("inline policy", name, 128, place))
            document = self.document(written, name, Use.IDENTITY)
            if document:
                found[name] = document
        return found

    def tags(self, node: Map) -> dict[str, str]:
        """The tags of an entity plus those that we keep on it: its owner, and its protection."""
        found = {key: str(value) for key, value in node.child("tags").items()}
        if self.owner:
            found[OWNER] = self.owner
        if node.get("protect") is True:
            found[PROTECT] = "true"
        self.problems.extend(limits.tag_problems(found, node))
        return found


def _statement_places(written: Mapping[str, object]) -> tuple[Place, ...]:
    """Where each statement of a document is written; one that is no list stands alone."""
    statements = written.get("Statement")
    if isinstance(statements, Seq):
        return tuple(statements.place(index) for index in range(len(statements)))
    return (statements.place(),) if isinstance(statements, Map) else ()


def items(node: Map, key: str) -> Sequence[tuple[str, Place]]:
    """The strings of a list with their places; empty where the key is absent."""
    values = node.get(key)
    if not isinstance(values, Seq):
        return [] if values is None else [(str(values), node.place(key))]
    return [(str(value), values.place(index)) for index, value in enumerate(values)]


def attachments(node: Map, key: str = "policies") -> Iterator[tuple[str, Place, Map | None]]:
    """Each attached policy as it is referred to, with its place, and its mapping where it is written as one."""
    values = node.get(key)
    for index, value in enumerate(values if isinstance(values, Seq) else ()):
        if isinstance(value, Map):
            yield str(value.get("policy", "")), value.place("policy"), value
        elif isinstance(values, Seq):
            yield str(value), values.place(index), None


def _expiries(node: Map) -> Iterator[Expiry]:
    """What an entity has that ends; what is no moment has been reported where it was read."""
    trust = node.get("trust")
    rules = [("", rule) for rule in trust if isinstance(rule, Map)] if isinstance(trust, Seq) else []
    for policy, ending in (*rules, *((value, ending) for value, _, ending in attachments(node) if ending)):
        try:
            yield Expiry(moment(text(ending, "expires") or ""), ending.place("expires"), policy)
        except BadMoment:
            continue


def repeated_texts(node: Map, key: str) -> frozenset[str]:
    """Return the texts that stand more than once in a list, which the schema has reported already."""
    values = node.get(key)
    counts = Counter(map(str, values)) if isinstance(values, Seq) else {}
    return frozenset(value for value, count in counts.items() if count > 1)


def text(node: Map, key: str) -> str | None:
    value = node.get(key)
    return value if isinstance(value, str) else None


def seconds(value: object) -> int | None:
    """`45m`, `1h`, `90d` or a number of seconds; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    return int(match[1]) * _SECONDS[match[2]] if match else None
