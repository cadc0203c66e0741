"""Parsers that accept AWS's answers only, and raise ForeignAnswer for anything else, such as the page of a proxy.

botocore's parsers accept any well-formed XML: a proxy's page with status 200 counts as a successful write, and one with
403 as an error without a code. Here the answer must be named after its operation (`CreateUserResponse`) and have the
fields that the code relies on (`aws/required_fields.py`) with values of their type; an error must have a code.

Source: IAM and STS API references ("Common errors", and the response elements of each operation).
"""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from botocore.parsers import JSONParser, QueryParser, ResponseParserError, ResponseParserFactory
from botocore.utils import parse_timestamp

from reconciler.aws.limits import get_answering_host
from reconciler.aws.required_fields import PATHS, PATHS_IN_JSON, RequiredPaths, find_missing_field

_PARSER_ERRORS = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""The exceptions that botocore's parsers raise for unexpected bytes."""
_NAMESPACE = re.compile(r"https?://([\w-]+\.)*amazon(aws)?\.com(\.cn)?/.*|")
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,127}")
_MAX_MESSAGE = 4000
_MAX_MARKUP = 1_000_000
"""Tags and equals signs in an answer, at most: each takes up to 300 bytes of memory. A full page has half as many."""
_MAX_JSON = 16 * 2**20
_PARSING = threading.Lock()
"""Held while a thread parses XML. Side by side, threads parse no faster, but hold more pages in memory."""

FOREIGN_ANSWER = "ReconcileForeignAnswer"
"""The field of an error that describes an answer without a code of AWS."""


class ForeignAnswer(ResponseParserError):
    """An answer that is not AWS's, or is incomplete. Its text describes the answer and quotes nothing of it."""


class AnswerParsers(ResponseParserFactory):
    """A factory of botocore's parsers. They raise ForeignAnswer for anything that is not AWS's answer."""

    def create_parser(self, protocol_name: str) -> Any:
        if protocol_name in _PARSERS:
            return _PARSERS[protocol_name](timestamp_parser=parse_datetime)
        parser: Any = super().create_parser(protocol_name)
        parse = parser.parse

        def parse_guarded(response: Any, shape: Any) -> Any:
            try:
                return parse(response, shape)
            except (*_PARSER_ERRORS, ResponseParserError):
                raise ForeignAnswer(_describe_answer(response)) from None

        parser.parse = parse_guarded
        return parser


def parse_datetime(value: Any) -> datetime:
    """Parse a timestamp like botocore, but faster: botocore's dateutil takes half the time of parsing a page."""
    try:
        time = datetime.fromisoformat(value)
    except (ValueError, TypeError):
        time = parse_timestamp(value)
    if not time.tzinfo:
        time = parse_timestamp(value)
    if not 1900 < time.year < 9999:  # converting the time zone could leave the range of datetime
        raise ValueError("no date")
    return time


class _QueryAnswerParser(QueryParser):
    """The parser for the XML of IAM and STS. Each instance parses one answer, sometimes more than once."""

    _parsed_xml: tuple[Any, Any] | None = None

    def parse(self, response: Any, shape: Any) -> Any:
        try:
            with _PARSING:
                return super().parse(response, shape)
        except ForeignAnswer as foreign:
            raise ForeignAnswer(_describe_answer(response, str(foreign))) from None
        except (*_PARSER_ERRORS, ResponseParserError):
            raise ForeignAnswer(_describe_answer(response)) from None
        finally:
            self._parsed_xml = None

    def _do_parse(self, response: Any, shape: Any) -> Any:
        operation = (response.get("context") or {}).get("operation_name", "")
        name = _name_of(self._parse_xml_string_to_dom(response["body"]))
        if response["status_code"] != 200 or not (name == f"{operation}Response" if operation else name):
            raise ForeignAnswer
        above: Any = super()
        return above._do_parse(response, shape)

    def _do_error_parse(self, response: Any, shape: Any) -> Any:
        try:
            error = _parse_error(self._parse_xml_string_to_dom(response["body"]))
        except (*_PARSER_ERRORS, ResponseParserError):
            error = None
        return _make_status_error(response) if error is None else error

    def _do_generic_error_parse(self, response: Any) -> Any:
        return _make_status_error(response)

    def _parse_xml_string_to_dom(self, xml_string: Any) -> Any:
        """Parse XML without a DOCTYPE: AWS sends none, and its entities could expand a few bytes to gigabytes."""
        if self._parsed_xml and self._parsed_xml[0] is xml_string:
            return self._parsed_xml[1]
        if b"<!DOCTYPE" in xml_string or xml_string.count(b"<") + xml_string.count(b"=") > _MAX_MARKUP:
            raise ForeignAnswer
        above: Any = super()
        self._parsed_xml = xml_string, above._parse_xml_string_to_dom(xml_string)
        return self._parsed_xml[1]

    def _node_tag(self, node: Any) -> str:
        return str(node.tag).rpartition("}")[2]

    def _build_name_to_xml_node(self, parent_node: Any) -> dict[str, Any]:
        """Return name → node. Refuse a repeated name: IAM and STS put each list into an element of its own."""
        nodes = {item.tag.rpartition("}")[2]: item for item in parent_node}
        if len(nodes) != len(parent_node):
            raise ForeignAnswer
        return nodes

    def _handle_structure(self, shape: Any, node: Any) -> Any:
        """Parse like botocore, but look up the members of a structure only once: it takes half the time for a page."""
        above: Any = super()
        if shape.metadata.get("exception"):
            node = above._get_error_root(node)
        members, parsed = _find_members(shape), {}
        for element, item in self._build_name_to_xml_node(node).items():
            if element in members:
                name, member, handle = members[element]
                parsed[name] = handle(self, member, item)
        return _check_fields(shape, parsed, PATHS)

    def _handle_list(self, shape: Any, node: Any) -> list[Any]:
        handle, member = _find_handler(shape.member), shape.member
        return [handle(self, member, item) for item in node]

    def _handle_string(self, shape: Any, node: Any) -> str:
        return node.text or ""

    def _handle_boolean(self, shape: Any, node: Any) -> bool:
        if node.text not in ("true", "false"):
            raise ForeignAnswer(shape.name)
        return bool(node.text == "true")


_Handler = Callable[[_QueryAnswerParser, Any, Any], Any]


def _find_handler(shape: Any) -> _Handler:
    handler: _Handler = getattr(_QueryAnswerParser, f"_handle_{shape.type_name}")
    return handler


@lru_cache(maxsize=1024)
def _find_members(shape: Any) -> Mapping[str, tuple[str, Any, _Handler]]:
    """Return the members of a structure by the names of their elements, each with its key, shape and handler."""
    return {
        member.serialization.get("name", name): (name, member, _find_handler(member))
        for name, member in shape.members.items()
    }


class _JsonAnswerParser(JSONParser):
    """The parser for the JSON of the Resource Groups Tagging API and of Organizations."""

    def parse(self, response: Any, shape: Any) -> Any:
        try:
            if len(response["body"]) > _MAX_JSON:
                raise ForeignAnswer
            parsed = super().parse(response, shape)
            is_error_shape = shape is not None and shape.metadata.get("exception", False)  # only its fields are read
            if response["status_code"] == 200 or is_error_shape or _is_error(parsed):
                return parsed
            return _make_status_error(response)
        except ForeignAnswer as foreign:
            raise ForeignAnswer(_describe_answer(response, str(foreign))) from None
        except (*_PARSER_ERRORS, ResponseParserError):
            raise ForeignAnswer(_describe_answer(response)) from None

    def _handle_structure(self, shape: Any, value: Any) -> Any:
        """Refuse `null` as an item of a list or as the whole answer. A missing structure does not get here."""
        if not isinstance(value, dict):
            raise ForeignAnswer(shape.name)
        above: Any = super()
        return _check_fields(shape, above._handle_structure(shape, value), PATHS_IN_JSON)

    def _handle_list(self, shape: Any, value: Any) -> Any:
        """Refuse a `null` item, which botocore passes on as None: no list of the API has one."""
        if not isinstance(value, list) or None in value:
            raise ForeignAnswer(shape.name)
        above: Any = super()
        return above._handle_list(shape, value)

    def _handle_string(self, shape: Any, value: Any) -> str:
        if not isinstance(value, str):
            raise ForeignAnswer(shape.name)
        return value


_PARSERS: Mapping[str, Any] = {"query": _QueryAnswerParser, "json": _JsonAnswerParser}


def _name_of(root: Any) -> str:
    """Return the name of a document's root element; "" if its namespace is not AWS's."""
    namespace, _, name = str(root.tag).rpartition("}")
    return name if _NAMESPACE.fullmatch(namespace.removeprefix("{")) else ""


def _parse_error(root: Any) -> dict[str, Any] | None:
    """Parse `<ErrorResponse><Error>`, or the `<Response><Errors><Error>` of some front ends; None if it is neither."""
    path = {"ErrorResponse": "{*}Error", "Response": "{*}Errors/{*}Error"}.get(_name_of(root))
    error = root.find(path) if path else None
    if error is None:
        return None
    texts = {name: (error.findtext(f"{{*}}{name}") or "").strip() for name in ("Type", "Code", "Message")}
    texts["Message"] = texts["Message"][:_MAX_MESSAGE]
    request = root.findtext("{*}RequestId") or root.findtext("{*}RequestID") or ""
    parsed = {"Error": texts, "ResponseMetadata": {"RequestId": request.strip()}}
    return parsed if _is_error(parsed) else None


def _is_error(parsed: Any) -> bool:
    return bool(_CODE.fullmatch(str(parsed.get("Error", {}).get("Code", ""))))


def _make_status_error(response: Any) -> dict[str, Any]:
    """Return an error for an HTTP status 5xx or 429 without a code of AWS. Raises ForeignAnswer for another status.

    Load balancers send such answers, and botocore retries them by the codes that are set here. FOREIGN_ANSWER keeps the
    description for messages.
    """
    status = response["status_code"]
    if status != 429 and status < 500:
        raise ForeignAnswer
    code = "TooManyRequestsException" if status == 429 else str(status)
    reason = http.client.responses.get(status, "no reason")
    answer = _describe_answer(response)
    error = {"Code": code, "Message": f"{reason} ({answer})", FOREIGN_ANSWER: answer}
    return {"Error": error, "ResponseMetadata": {}}


def _check_fields(shape: Any, parsed: Any, required: RequiredPaths) -> Any:
    """Return the structure. Raises ForeignAnswer if a field that the code relies on is missing or malformed."""
    missing = find_missing_field(shape.name, parsed, required)
    if missing is not None:
        raise ForeignAnswer(f"{shape.name}.{missing}")
    return parsed


def _describe_answer(response: Any, field: str = "") -> str:
    """Return a description of an answer that quotes nothing of it, because any part may be harmful or secret."""
    body = response["body"] or b""
    content = f", but {field} is missing or malformed" if field else f" with {_describe_body(body)}"
    server = str(response["headers"].get("server", ""))
    software = f" ({server})" if re.fullmatch(r"[A-Za-z0-9./ _-]{1,40}", server) else ""
    host = get_answering_host()
    return f"HTTP {response['status_code']}{content}" + (f", from {host}{software}" if host else software)


def _describe_body(body: bytes) -> str:
    start = body[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not start:
        return "no content"
    if start.startswith((b"<!doctype html", b"<html")) or b"<html" in start:
        return "an HTML page"
    if start.startswith(b"<"):
        return "XML that is broken or not AWS's"
    return "JSON" if start.startswith((b"{", b"[")) else "content that is not XML"
