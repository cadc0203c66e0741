"""Policy documents of a file: read in place or from a file of their own, and checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from reconciler.model.document import Document
from reconciler.model.node import Map, Seq, find_place
from reconciler.model.problem import Level, Place, Problem
from reconciler.policy.canonical import parse_authored
from reconciler.policy.flaw import Flaw
from reconciler.policy.grammar import PolicyType, check_document
from reconciler.policy.name_checks import KnownNames, NameChecks
from reconciler.policy.partition_checks import check_partition


@dataclass
class DocumentReader:
    """Reads the documents of one run; what is wrong with them goes to `problems`.

    load: (path as written, place) → the parsed file, or None with a problem. account: "" if nobody knows it.
    own_partition: that of the account, as AWS says; ARNs of another are problems. None: it has not been asked.
    names: AWS's lists, to find names that are misspelt; None: nothing is looked up.
    """

    load: Callable[[str, Place], Map | None]
    account: str
    partition: str
    own_partition: str | None
    names: KnownNames | None
    problems: list[Problem]
    _documents: dict[tuple[int, PolicyType, str | None], tuple[list[Flaw], Document | None]] = field(
        default_factory=dict
    )
    _kept_alive: list[Map] = field(default_factory=list)
    """The objects that the keys of `_documents` are of: an object that goes would leave its number to another."""

    def read(self, node: Map, key: str, use: PolicyType, partition: str | None = None) -> Document | None:
        """Return a document written in place, or in the file that a path names; its flaws become problems.

        partition: the one that its ARNs must have; None: that of the account, as far as it is known.
        None as well if there is none that could be read, which the schema has reported.
        """
        written, where = node.get(key), find_place(node, [key])
        if written is None or (isinstance(written, Map) and "Statement" in written.unread):
            return None
        if isinstance(written, str):
            loaded = self.load(written, where)
            if loaded is None:
                return None
            return self._check_document(loaded, loaded, (), use, partition or self.own_partition)
        return self._check_document(written, node, (key,), use, partition or self.own_partition)

    def _check_document(
        self, written: object, root: Map, above: tuple[str, ...], use: PolicyType, partition: str | None
    ) -> Document | None:
        """Return the document; None, with problems, if it has an error.

        A document that many entities share is read once, and what is wrong inside of it is reported once.
        """
        known = self._documents.get((id(written), use, partition))
        found, document = known or self._read_document(written, use, partition)
        for flaw in found:
            if known and flaw.path:
                continue
            place = find_place(root, (*above, *flaw.path), of_key=flaw.at_key)
            self.problems.append(Problem(flaw.level, flaw.code, flaw.summary, "", flaw.hint, place))
        return document

    def flaws_of(self, written: object, use: PolicyType, partition: str | None = None) -> list[Flaw]:
        """Return what is wrong with a parsed document, and which of its names AWS does not have.

        partition: the one that its ARNs must have; None: any.
        """
        found = list(check_document(written, use, self.account))
        if self._name_checks:
            found += self._name_checks.check_document(written, use)
        if partition is not None:
            found += check_partition(written, partition)
        return found

    @cached_property
    def _name_checks(self) -> NameChecks | None:
        return NameChecks(self.names) if self.names else None

    def _read_document(
        self, written: object, use: PolicyType, partition: str | None
    ) -> tuple[list[Flaw], Document | None]:
        found, document = self.flaws_of(written, use, partition), None
        if isinstance(written, dict) and not any(flaw.level is Level.ERROR for flaw in found):
            document = replace(parse_authored(written, self.partition), places=_statement_places_of(written))
        if isinstance(written, Map):
            self._documents[id(written), use, partition] = found, document
            self._kept_alive.append(written)
        return found, document


def _statement_places_of(written: Mapping[str, object]) -> tuple[Place, ...]:
    """Return the place of each statement of a document; one that is no list stands alone."""
    statements = written.get("Statement")
    if isinstance(statements, Seq):
        return tuple(statements.place_of(index) for index in range(len(statements)))
    return (statements.place_of(),) if isinstance(statements, Map) else ()
