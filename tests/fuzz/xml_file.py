"""Fuzz target: the metadata of a SAML provider, from a file, from AWS and from a saved plan."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random

from reconciler.app.desired_files import validate_files
from reconciler.model.problem import ReconcileError
from reconciler.model.xml_document import XmlError, parse_xml, parse_xml_or_opaque
from tests.fuzz.mutations import MAX_INPUT_BYTES, draw_repetitions, spoil_bytes, spoil_text
from tests.fuzz.target import print_problems, print_text, write_input

_PIECES = (
    "<!DOCTYPE a [<!ENTITY x 'y'>]>", "<!DOCTYPE a SYSTEM 'file:///etc/passwd'>", "&x;", "&#0;", "&#xD800;",
    "&#x10FFFF;", "<![CDATA[", "]]>", "<!--", "-->", "<?xml version='1.1' encoding='UTF-16'?>", "<?xml version='1.0'?>",
    "<?x y?>", " xmlns=''", " xmlns='u'", " xmlns:a='u'", " xmlns:b='u'", " xmlns:xml='x'", " xmlns:a=''", "a:", "b:",
    "xml:space", " xml:space='preserve'", "{u}a", "<a>", "</a>", "<a/>", "<a:b xmlns:a='v'/>", "\ufffe", "\ud800", "\0",
)  # fmt: skip
_TAG = re.compile(r"</?[^<>]*>")
_SEEDS = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" '
    'entityID="https://idp.example.com"><md:IDPSSODescriptor WantAuthnRequestsSigned="false" '
    'protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:KeyDescriptor use="signing">'
    '<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>MIID'
    f"{'A' * 900}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor><md:SingleSignOnService "
    'Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example.com/sso"/>'
    "</md:IDPSSODescriptor></md:EntityDescriptor>",
    f'<EntityDescriptor xmlns="u" entityID="x"><a xmlns="">t</a><!-- c --><b xml:space="preserve"> {"y" * 1000} </b>'
    "<c d='1' e='2'><![CDATA[<&>]]></c></EntityDescriptor>",
    f"<a>{'<b>' * 20}{'z' * 1000}{'</b>' * 20}</a>",
)
_FILE = b"version: 1\naccount: '123456789012'\nowner: me\nsaml_providers: {okta: {metadata: input.xml}}\n"


class XmlFile:
    name = "xml"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        write_input(folder / "roles.yaml", _FILE)

    def make_seeds(self) -> Sequence[bytes]:
        return [text.encode() for text in _SEEDS]

    def spoil(self, random: Random, data: bytes, other: bytes) -> bytes:
        text = data.decode("utf-8", "surrogateescape")
        match random.randrange(5):
            case 0:
                return spoil_bytes(random, data, other)
            case 1:
                return spoil_text(random, text).encode("utf-8", "surrogatepass")
            case 2:
                return _spoil_tags(random, text).encode("utf-8", "surrogateescape")
            case 3:
                return _deepen(random, text).encode("utf-8", "surrogateescape")
            case _:
                at = random.choice([0, *(found.end() - random.randrange(2) for found in _TAG.finditer(text))])
                return f"{text[:at]}{random.choice(_PIECES)}{text[at:]}".encode("utf-8", "surrogatepass")

    def read(self, data: bytes) -> Iterable[str]:
        words = {self._read_text(data.decode("utf-8", "replace"))}
        write_input(self._folder / "input.xml", data)
        try:
            found = validate_files([str(self._folder / "roles.yaml")], {})[1]
        except ReconcileError as failed:
            found = failed.problems
        return words | print_problems(found)

    def _read_text(self, text: str) -> str:
        same = parse_xml_or_opaque(text, "entityID")
        assert same == parse_xml_or_opaque(text, "entityID")
        print_text(same.digest)
        try:
            document = parse_xml(text, "entityID")
        except XmlError as error:
            assert error.line >= 1 and error.column >= 1, error
            return error.reason
        assert document == same
        assert document == parse_xml(f"{text}<!-- a comment -->", "entityID")
        return "XML"


def _spoil_tags(random: Random, text: str) -> str:
    """Drop, double or move one tag."""
    tags = list(_TAG.finditer(text))
    if not tags:
        return text + "<a/>"
    tag, other = random.choice(tags), random.choice(tags)
    without = text[: tag.start()] + text[tag.end() :]
    return random.choice((without, without[: other.start()] + tag[0] + without[other.start() :], text + tag[0]))


def _deepen(random: Random, text: str) -> str:
    """Put the document inside many elements, or many elements into its first one."""
    head = re.match(r"\s*<\?xml[^>]*\?>", text)
    start, body = (head[0], text[head.end() :]) if head else ("", text)
    piece = random.choice(("<a>", "<a xmlns='u'>", "<a xmlns:b='u'>", "<x:a xmlns:x='v'>", "<a b='c'>"))
    name = piece[1:].split(">")[0].split()[0]
    times = draw_repetitions(random, 2 * len(piece))
    if random.randrange(2):
        return f"{start}{piece * times}{body}{f'</{name}>' * times}"
    first = _TAG.search(body)
    at = first.end() if first else 0
    many = f"{piece}</{name}>" if random.randrange(2) else ""
    if many:
        return f"{start}{body[:at]}{many * times}{body[at:]}"
    declared = "".join(f" xmlns:n{n}='u{n}'" for n in range(min(times, MAX_INPUT_BYTES // 40)))
    return f"{start}<r{declared}>{'<q/>' * times}{body}</r>"
