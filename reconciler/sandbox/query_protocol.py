"""The AWS query protocol as values: requests, replies, and refusals as AWS's XML.

It knows no rule of IAM and no emulator.
Sources: Smithy specification, "Query protocol" (awsQuery); IAM API Reference, "Making query requests", "Common errors".
"""

from __future__ import annotations

import re
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from urllib.parse import parse_qsl, urlsplit

IAM_VERSION = "2010-05-08"
STS_VERSION = "2011-06-15"
NAMESPACES = {
    IAM_VERSION: "https://iam.amazonaws.com/doc/2010-05-08/",
    STS_VERSION: "https://sts.amazonaws.com/doc/2011-06-15/",
}

Content = str | bool | int | Sequence["Content"] | Mapping[str, "Content"]


class Entries(dict[str, str]):
    """A map, which AWS writes as a list of entries with a key and a value each."""


@dataclass(frozen=True)
class HttpRequest:
    """An HTTP request. target: its path and query."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name), "")

    @cached_property
    def parameters(self) -> dict[str, str]:
        """Return the flat parameters of the query protocol; empty for any other protocol."""
        pairs = parse_qsl(urlsplit(self.target).query, keep_blank_values=True)
        if "x-www-form-urlencoded" in self.header("content-type"):
            pairs += parse_qsl(self.body.decode(), keep_blank_values=True)
        return dict(pairs)

    @property
    def action(self) -> str:
        """Return the name of the operation. JSON protocols put it into X-Amz-Target."""
        return self.parameters.get("Action", "") or self.header("x-amz-target").rpartition(".")[2]

    @property
    def is_query(self) -> bool:
        return "Action" in self.parameters

    @property
    def version(self) -> str:
        return self.parameters.get("Version", "")

    @cached_property
    def region(self) -> str:
        """Return the region that the request is signed for; "" if it has no signature in a header."""
        match = re.search(r"Credential=[^/]+/\d+/([^/]+)/", self.header("authorization"))
        return match[1] if match else ""

    @cached_property
    def access_key(self) -> str:
        match = re.search(r"Credential=([^/,\s]+)/", self.header("authorization"))
        return match[1] if match else self.parameters.get("X-Amz-Credential", "").partition("/")[0]


class AwsError(Exception):
    """An error answer of AWS. code: AWS's error code. message: its text. status: the HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status

    def to_reply(self, version: str) -> Reply:
        fault = "Sender" if self.status < 500 else "Receiver"
        error = {"Type": fault, "Code": self.code, "Message": self.message}
        root = ET.Element("ErrorResponse", {"xmlns": NAMESPACES.get(version, NAMESPACES[IAM_VERSION])})
        fill_element(root, {"Error": error, "RequestId": str(uuid.uuid4())})
        return Reply(self.status, tree=root)


@dataclass
class Reply:
    """An answer to the client. Reading `root` or `result` parses `body` into `tree`, which then replaces it."""

    status: int
    body: bytes = b""
    content_type: str = "text/xml"
    headers: tuple[tuple[str, str], ...] = ()
    tree: ET.Element | None = field(default=None, repr=False)

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_xml(self) -> bool:
        if self.tree is not None:
            return True
        start = self.body[:64].lstrip().lower()
        return start.startswith(b"<") and not start.startswith((b"<!doctype", b"<html"))

    @property
    def root(self) -> ET.Element:
        """Return the root element, with the namespace as a plain attribute so that tags have short names."""
        if self.tree is None:
            plain, _ = re.subn(rb' xmlns="([^"]*)"', rb' was="\1"', self.body, count=1)
            self.tree = ET.fromstring(plain)
            namespace = self.tree.attrib.pop("was", "")
            if namespace:
                self.tree.set("xmlns", namespace)
        return self.tree

    @property
    def result(self) -> ET.Element:
        """Return the element that holds the operation's output; add it if it is missing."""
        for child in self.root:
            if child.tag.endswith("Result"):
                return child
        return ET.SubElement(self.root, self.root.tag.removesuffix("Response") + "Result")

    def to_bytes(self) -> bytes:
        if self.tree is None:
            return self.body
        # As text first: ElementTree writes bytes through a codec, which takes twice as long.
        text: str = ET.tostring(self.tree, encoding="unicode")
        return text.encode("utf-8", "xmlcharrefreplace")


def format_timestamp(timestamp: float) -> str:
    """Return seconds since 1970 as a timestamp of the query protocol, in whole seconds of UTC."""
    return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def build_reply(action: str, content: Mapping[str, Content] | None = None, version: str = IAM_VERSION) -> Reply:
    """Return a successful reply. Sequences become `member` elements, as everywhere in IAM."""
    root = ET.Element(f"{action}Response", {"xmlns": NAMESPACES[version]})
    if content is not None:
        fill_element(ET.SubElement(root, f"{action}Result"), content)
    fill_element(root, {"ResponseMetadata": {"RequestId": str(uuid.uuid4())}})
    return Reply(200, tree=root)


def fill_element(parent: ET.Element, content: Content) -> None:
    if isinstance(content, Entries):
        for key, text_of_key in content.items():
            fill_element(ET.SubElement(parent, "entry"), {"key": key, "value": text_of_key})
    elif isinstance(content, Mapping):
        for name, value in content.items():
            fill_element(ET.SubElement(parent, name), value)
    elif isinstance(content, str):
        parent.text = content
    elif isinstance(content, bool | int):
        parent.text = str(content).lower()
    else:
        for item in content:
            fill_element(ET.SubElement(parent, "member"), item)


def put_child(parent: ET.Element, name: str, content: Content | None) -> None:
    """Replace the child elements of this name by one with the content; None: only remove them."""
    for old in parent.findall(name):
        parent.remove(old)
    if content is not None:
        fill_element(ET.SubElement(parent, name), content)


def read_child_text(parent: ET.Element, name: str) -> str:
    return parent.findtext(name) or ""


def list_members(parent: ET.Element, name: str) -> Iterator[ET.Element]:
    """Yield the members of a list, from a copy: the caller may remove them from the list."""
    members = parent.find(name)
    yield from list(members) if members is not None else ()
