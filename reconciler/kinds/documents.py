"""Read and check the policy documents of a file. A document is written in place, or in a file of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from reconciler.model.document import Document
from reconciler.model.node import Map, Seq, find_place, has_unread
from reconciler.model.problem import Level, Place, Problem
from reconciler.policy.canonical import parse_authored
from reconciler.policy.flaw import Flaw
from reconciler.policy.grammar import PolicyType, check_document
from reconciler.policy.name_checks import KnownNames, NameChecks
from reconciler.policy.partition_checks import check_partition


@dataclass
class DocumentReader:
    """Read the policy documents of one run, and add their flaws to `problems`.

    load: path as written and its place → the parsed file; None, with a problem, on failure.
    account: "" if it is unknown.
    own_partition: the account's partition as AWS said; ARNs of another one are problems. None: AWS was not asked.
    names: AWS's lists of names, to find misspelt ones; None: do not look names up.
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
    _trust_flaws: dict[str, list[Flaw]] = field(default_factory=dict)
    _known_maps: list[Map] = field(default_factory=list)
    """Keeps the maps of `_documents` alive: Python may give the id of a deleted object to another one."""

    def read(self, node: Map, key: str, use: PolicyType, partition: str | None = None) -> Document | None:
        """Return the document under `key`, written in place or in the file that it names; flaws become problems.

        partition: the partition that its ARNs must have; None: the account's, if it is known.
        Return None if there is no document, or none that can be read as a whole, which is reported already.
        """
        written = node.get(key)
        if written is None or has_unread(written):
            return None
        if isinstance(written, str):
            return self.read_file(written, node.place_of(key), use, partition)
        return self._check_document(written, node, (key,), use, partition or self.own_partition)

    def read_file(self, path: str, place: Place, use: PolicyType, partition: str | None = None) -> Document | None:
        """Return the document in a file; flaws become problems. Return None if it cannot be read."""
        loaded = self.load(path, place)
        if loaded is None:
            return None
        return self._check_document(loaded, loaded, (), use, partition or self.own_partition)

    def _check_document(
        self, written: object, root: Map, above: tuple[str, ...], use: PolicyType, partition: str | None
    ) -> Document | None:
        """Return the document; None, with problems, if it has an error.

        A document that several entities share is read once, and its flaws are reported once.
        """
        cached_result = self._documents.get((id(written), use, partition))
        flaws, document = cached_result or self._read_document(written, use, partition)
        for flaw in flaws:
            if cached_result and (flaw.path or root is written):
                continue
            place = find_place(root, (*above, *flaw.path), of_key=flaw.at_key)
            self.problems.append(Problem(flaw.level, flaw.code, flaw.summary, "", flaw.hint, place))
        return document

    def flaws_of(self, written: object, use: PolicyType, partition: str | None = None) -> list[Flaw]:
        """Return the flaws of a parsed document, names that AWS does not know included.

        partition: the partition that its ARNs must have; None: any.
        """
        flaws = list(check_document(written, use, self.account))
        if self._name_checks:
            flaws += self._name_checks.check_document(written, use)
        if partition is not None:
            flaws += check_partition(written, partition)
        return flaws

    def flaws_of_trust(self, compiled: Mapping[str, object]) -> list[Flaw]:
        """Return the flaws of the trust policy that rules were compiled to. Many roles have the same one."""
        text = json.dumps(compiled)
        if text not in self._trust_flaws:
            self._trust_flaws[text] = self.flaws_of(compiled, PolicyType.TRUST)
        return self._trust_flaws[text]

    @cached_property
    def _name_checks(self) -> NameChecks | None:
        return NameChecks(self.names) if self.names else None

    def _read_document(
        self, written: object, use: PolicyType, partition: str | None
    ) -> tuple[list[Flaw], Document | None]:
        flaws, document = self.flaws_of(written, use, partition), None
        if isinstance(written, dict) and not any(flaw.level is Level.ERROR for flaw in flaws):
            document = replace(parse_authored(written, self.partition), places=_statement_places_of(written))
        if isinstance(written, Map):
            self._documents[id(written), use, partition] = flaws, document
            self._known_maps.append(written)
        return flaws, document


def _statement_places_of(written: Mapping[str, object]) -> tuple[Place, ...]:
    """Return the place of each statement of a document."""
    statements = written.get("Statement")
    if isinstance(statements, Seq):
        return tuple(statements.place_of(index) for index in range(len(statements)))
    return (statements.place_of(),) if isinstance(statements, Map) else ()
