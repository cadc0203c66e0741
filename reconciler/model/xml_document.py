"""XML documents as values: equal if they mean the same, and with the text that their author wrote.

Two documents are equal if their canonical forms (W3C C14N 2.0) are, without comments and white space around text. A
DOCTYPE is refused, because it can expand into gigabytes or read files. Deep nesting and many namespaces are refused
too: no identity provider writes them, and `ElementTree.canonicalize` then takes time in the square of the length.
"""

from __future__ import annotations

import hashlib
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from xml.parsers import expat

MAX_DEPTH = 100
"""The most elements inside each other; SAML metadata has about ten."""
MAX_NAMESPACES = 100
"""The most namespaces that an element and those around it declare; SAML metadata has fewer than ten."""


class XmlError(ValueError):
    """Says why a text is not an acceptable XML document. args: the reason, line and column (from 1)."""

    def __init__(self, reason: str, line: int, column: int) -> None:
        super().__init__(reason, line, column)
        self.reason, self.line, self.column = reason, line, column


@dataclass(frozen=True, slots=True)
class XmlDocument:
    """An XML document.

    digest: `sha256:…` of the canonical form. text: the text that is sent. label: a name to show, such as the entityID.
    """

    digest: str
    text: str = field(compare=False, repr=False)
    label: str = field(default="", compare=False)

    def __str__(self) -> str:
        size = f"{len(self.text):,} characters of XML"
        return f"{self.label}, {size}, {self.digest[:19]}" if self.label else f"{size}, {self.digest[:19]}"


def parse_xml(text: str, label: str = "") -> XmlDocument:
    """Return the document of a text. Raises XmlError.

    label: the attribute of the outermost element that names the document.
    """
    _check_encodable(text)
    root = _read_root_attributes(text)
    try:
        canonical = ET.canonicalize(text, with_comments=False, strip_text=True)
    except ET.ParseError as error:
        line, column = error.position
        raise XmlError(error.msg, line, column + 1) from None
    return XmlDocument(_digest_of(canonical), text, root.get(label, ""))


def parse_xml_or_opaque(text: str, label: str = "") -> XmlDocument:
    """Return the document of a live text; a text that is not acceptable XML equals only itself.

    Raises XmlError for half of a surrogate pair, which neither a file nor AWS can hold.
    """
    _check_encodable(text)
    try:
        return parse_xml(text, label)
    except XmlError:
        return XmlDocument(_digest_of(f"not XML: {text}"), text)


def _check_encodable(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        before = text[: error.start]
        column = error.start - before.rfind("\n")
        raise XmlError("it has half of a surrogate pair", before.count("\n") + 1, column) from None


def _read_root_attributes(text: str) -> dict[str, str]:
    """Return the attributes of the outermost element, after reading the whole text. Raises XmlError."""
    reader = _RootReader()
    try:
        reader.parser.Parse(text, True)
    except expat.ExpatError as error:
        raise XmlError(expat.ErrorString(error.code), error.lineno, error.offset + 1) from None
    return reader.root_attributes


class _RootReader:
    """A parser that keeps only the attributes of the outermost element, and stops at the first thing it refuses."""

    def __init__(self) -> None:
        self.root_attributes: dict[str, str] = {}
        self._depth = self._namespaces = 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartDoctypeDeclHandler = lambda *_: self._refuse("it has a DOCTYPE")
        self.parser.StartElementHandler = self._start_element
        self.parser.EndElementHandler = self._end_element
        self.parser.StartNamespaceDeclHandler = self._declare_namespace
        self.parser.EndNamespaceDeclHandler = self._undeclare_namespace

    def _start_element(self, name: str, attributes: dict[str, str]) -> None:
        if not self._depth:
            self.root_attributes = attributes
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._refuse(f"its elements are nested more than {MAX_DEPTH} deep")

    def _end_element(self, name: str) -> None:
        self._depth -= 1

    def _declare_namespace(self, prefix: str | None, uri: str) -> None:
        self._namespaces += 1
        if self._namespaces > MAX_NAMESPACES:
            self._refuse(f"it declares more than {MAX_NAMESPACES} namespaces for one element")

    def _undeclare_namespace(self, prefix: str | None) -> None:
        self._namespaces -= 1

    def _refuse(self, reason: str) -> None:
        raise XmlError(reason, self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1)


def _digest_of(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
