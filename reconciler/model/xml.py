"""XML documents as values: equal when they say the same, and still knowing what their author wrote.

`parsed` compares by the canonical form of W3C C14N 2.0, without comments and without the white space around text.
Documents with a DOCTYPE are refused: it is what expands into gigabytes, or reads files. So are those that no provider
of identities writes and that `ElementTree.canonicalize` needs the square of their length for: it looks through all
elements around each element, and all namespaces that they declare.
"""

from __future__ import annotations

import hashlib
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from xml.parsers import expat

DEEPEST = 100
"""Elements inside each other; SAML metadata has about ten."""
MOST_NAMESPACES = 100
"""Declared by an element and those around it; SAML metadata has fewer than ten."""


class NotXml(ValueError):
    """Why a text is not a document that we take; args: the reason, line and column (from 1)."""

    def __init__(self, reason: str, line: int, column: int) -> None:
        super().__init__(reason, line, column)
        self.reason, self.line, self.column = reason, line, column


@dataclass(frozen=True, slots=True)
class Xml:
    """`digest`: `sha256:…` of the canonical form. text: as it is sent. label: what a person knows it by."""

    digest: str
    text: str = field(compare=False, repr=False)
    label: str = field(default="", compare=False)

    def __str__(self) -> str:
        size = f"{len(self.text):,} characters of XML"
        return f"{self.label}, {size}, {self.digest[:19]}" if self.label else f"{size}, {self.digest[:19]}"


def parsed(text: str, label: str = "") -> Xml:
    """`label`: the attribute of the outermost element that names the document. Raises NotXml."""
    _check_encodable(text)
    root = _outermost(text)
    try:
        canonical = ET.canonicalize(text, with_comments=False, strip_text=True)
    except ET.ParseError as error:
        line, column = error.position
        raise NotXml(error.msg, line, column + 1) from None
    return Xml(_digest(canonical), text, root.get(label, ""))


def xml_of(text: str, label: str = "") -> Xml:
    """The same of a text that is there already; what is not XML, or not such as we take, is equal only to itself.

    Raises NotXml for a text with half of a surrogate pair: neither a file nor AWS holds one.
    """
    _check_encodable(text)
    try:
        return parsed(text, label)
    except NotXml:
        return Xml(_digest(f"not XML: {text}"), text)


def _check_encodable(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        before = text[: error.start]
        column = error.start - before.rfind("\n")
        raise NotXml("it has half of a surrogate pair", before.count("\n") + 1, column) from None


def _outermost(text: str) -> dict[str, str]:
    """The attributes of the outermost element, the text having been read to its end. Raises NotXml."""
    reader = _Reader()
    try:
        reader.parser.Parse(text, True)
    except expat.ExpatError as error:
        raise NotXml(expat.ErrorString(error.code), error.lineno, error.offset + 1) from None
    return reader.outermost


class _Reader:
    """A parser that builds nothing, and stops at the first thing that we do not take."""

    def __init__(self) -> None:
        self.outermost: dict[str, str] = {}
        self._depth = self._namespaces = 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartDoctypeDeclHandler = lambda *_: self._refuse("it has a DOCTYPE")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartNamespaceDeclHandler = self._declare
        self.parser.EndNamespaceDeclHandler = self._undeclare

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._depth:
            self.outermost = attributes
        self._depth += 1
        if self._depth > DEEPEST:
            self._refuse(f"its elements are nested more than {DEEPEST} deep")

    def _end(self, name: str) -> None:
        self._depth -= 1

    def _declare(self, prefix: str | None, uri: str) -> None:
        self._namespaces += 1
        if self._namespaces > MOST_NAMESPACES:
            self._refuse(f"it declares more than {MOST_NAMESPACES} namespaces for one element")

    def _undeclare(self, prefix: str | None) -> None:
        self._namespaces -= 1

    def _refuse(self, reason: str) -> None:
        raise NotXml(reason, self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1)


def _digest(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
