"""XML documents as values: equal when they say the same, and still knowing what their author wrote.

`parsed` compares by the canonical form of W3C C14N 2.0, without comments and without the white space around text.
Documents with a DOCTYPE are refused: it is what expands into gigabytes, or reads files.
"""

from __future__ import annotations

import hashlib
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from xml.parsers import expat


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
    root = _outermost(text)
    try:
        canonical = ET.canonicalize(text, with_comments=False, strip_text=True)
    except ET.ParseError as error:
        line, column = error.position
        raise NotXml(error.msg, line, column + 1) from None
    return Xml(_digest(canonical), text, root.get(label, ""))


def xml_of(text: str, label: str = "") -> Xml:
    """The same of a text that is there already; what is not XML, or not such as we take, is equal only to itself."""
    try:
        return parsed(text, label)
    except NotXml:
        return Xml(_digest(f"not XML: {text}"), text)


def _outermost(text: str) -> dict[str, str]:
    """The attributes of the outermost element, the text having been read to its end. Raises NotXml."""
    parser = expat.ParserCreate(namespace_separator=" ")
    found: list[dict[str, str]] = []

    def refuse(*_: object) -> None:
        raise NotXml("it has a DOCTYPE", parser.CurrentLineNumber, parser.CurrentColumnNumber + 1)

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda name, attributes: found.append(attributes) if not found else None
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        raise NotXml(expat.ErrorString(error.code), error.lineno, error.offset + 1) from None
    return found[0]


def _digest(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
