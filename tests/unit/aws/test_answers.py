"""Answers that pass for those of AWS: over real HTTP, and field by field; everything else is said to be none."""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from reconciler.aws.answers import AnswerParsers, ForeignAnswer, parse_datetime
from reconciler.aws.faults import problem_of
from reconciler.aws.required_fields import REQUIRED, REQUIRED_IN_JSON, VALUE_PATTERNS
from reconciler.kinds.raw_account import RawAccount
from tests.support.raw_server import RawServer, build_http, send_bytes, serve_raw
from tests.support.shapes import answer_of, answers_without

NAMESPACE = ' xmlns="https://iam.amazonaws.com/doc/2010-05-08/"'
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


@pytest.fixture(scope="module")
def server() -> Iterator[RawServer]:
    with serve_raw() as running:
        yield running


@pytest.fixture(scope="module")
def core() -> Any:
    session = botocore.session.Session()
    session.set_credentials("test", "test")
    parsers = AnswerParsers()
    parsers.set_parser_defaults(timestamp_parser=parse_datetime)
    session.register_component("response_parser_factory", parsers)
    return session


@pytest.fixture(scope="module")
def iam(core: Any, server: RawServer) -> Any:
    config = Config(retries={"mode": "standard", "total_max_attempts": 1})
    return core.create_client("iam", "us-east-1", endpoint_url=server.url, config=config)


def error(code: str, message: str = "no", namespace: str = NAMESPACE) -> bytes:
    inner = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    return f"<ErrorResponse{namespace}>{inner}<RequestId>r</RequestId></ErrorResponse>".encode()


PAGE = b"<html><head><title>Blocked</title></head><body>" + SECRET.encode() + b"</body></html>"
XHTML = b'<?xml version="1.0"?>\n<html xmlns="http://www.w3.org/1999/xhtml"><body/></html>'
BOMB = (
    b'<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;">]>'
    b"<ErrorResponse><Error><Code>&c;</Code></Error></ErrorResponse>"
)
BODIES: dict[str, bytes] = {
    "nothing": b"",
    "blanks": b" \n",
    "a page": PAGE,
    "a page that is XML": XHTML,
    "text": b"Forbidden by policy 7\n::warning::x",
    "JSON": b'{"message": "no"}',
    "JSON of another service": b'{"__type": "AccessDeniedException"}',
    "not UTF-8": b"\xff\xfe\x00<",
    "an empty element": b"<a/>",
    "an error of S3": b"<Error><Code>NoSuchEntity</Code><Message>x</Message></Error>",
    "an error in another namespace": error("NoSuchEntity", namespace=' xmlns="http://example.com/"'),
    "an error in a namespace like AWS's": error("NoSuchEntity", namespace=' xmlns="https://amazon.com.evil.org/"'),
    "SOAP": b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body/></e:Envelope>',
    "an error without a code": b"<ErrorResponse><Error><Message>x</Message></Error></ErrorResponse>",
    "an empty error": b"<ErrorResponse><Error/></ErrorResponse>",
    "an error within an error": b"<ErrorResponse><Error><Error><Code>A</Code></Error></Error></ErrorResponse>",
    "an empty code": error(""),
    "a code with a line break": error("No&#10;Such"),
    "a code with blanks": error("No Such Entity"),
    "a code of 100 KB": error("A" * 100_000),
    "a code of elements": error("<b>NoSuchEntity</b>"),
    "half an error": error("NoSuchEntity")[:-20],
    "a bomb": BOMB,
    "compressed": gzip.compress(error("NoSuchEntity")),
    "3,000 deep": b"<a>" * 3_000 + b"</a>" * 3_000,
}
STATUSES = (200, 201, 204, 300, 302, 400, 401, 403, 404, 407, 413, 451)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_what_is_not_of_aws_is_no_answer(body: bytes, status: int, iam: Any, server: RawServer) -> None:
    server.sender = send_bytes(build_http(status, b"" if status == 204 else body, "Server: squid/5.2"))
    for call in (lambda: iam.get_user(UserName="a"), lambda: iam.delete_user(UserName="a")):
        with pytest.raises(ForeignAnswer) as foreign:
            call()
        assert str(foreign.value).startswith(f"HTTP {status} with ") and len(str(foreign.value)) < 200
        assert SECRET not in str(foreign.value) and "\n" not in str(foreign.value)
        assert foreign.value.__cause__ is None and foreign.value.__suppress_context__


@pytest.mark.parametrize(
    ("protocol", "body"),
    [
        ("query", b"<a>" + b"<b/>" * 1_000_000 + b"</a>"),
        ("query", b"<a " + b'b="" ' * 1_000_000 + b"/>"),
        ("json", b"[" * 17_000_000),
    ],
    ids=["elements", "attributes", "lists"],
)
def test_millions_of_anything_are_not_read(protocol: str, body: bytes) -> None:
    parser = AnswerParsers().create_parser(protocol)
    began = time.monotonic()
    with pytest.raises(ForeignAnswer):
        parser.parse({"status_code": 200, "headers": {}, "body": body}, None)
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_failing_gateway_is_an_error_with_its_status(body: bytes, status: int, iam: Any, server: RawServer) -> None:
    """Whatever it sends: botocore repeats a read, and a write counts as lost, by the status."""
    server.sender = send_bytes(build_http(status, body))
    with pytest.raises(ClientError) as failed:
        iam.delete_user(UserName="a")
    found: Any = failed.value.response
    assert (found["Error"]["Code"], found["ResponseMetadata"]["HTTPStatusCode"]) == (str(status), status)
    assert f"HTTP {status} with " in found["Error"]["Message"] and SECRET not in str(failed.value)
    problem = problem_of(failed.value, "deleting a user")
    assert f"failed: the answer is not AWS's: HTTP {status} with " in problem.summary


def test_too_many_requests_are_throttling_whoever_says_it(iam: Any, server: RawServer) -> None:
    server.sender = send_bytes(build_http(429, PAGE))
    with pytest.raises(ClientError) as failed:
        iam.delete_user(UserName="a")
    assert failed.value.response["Error"]["Code"] == "TooManyRequestsException"


LOOKS: dict[str, tuple[bytes, str]] = {
    "nothing": (b" \n", "no content"),
    "a page": (PAGE, "an HTML page"),
    "a page in capitals": (b"\xef\xbb\xbf<!DOCTYPE HTML PUBLIC>", "an HTML page"),
    "a page that is XML": (XHTML, "an HTML page"),
    "XML": (b"<a/>", "XML that is broken or not AWS's"),
    "JSON": (b"[]", "JSON"),
    "text": (b"no", "content that is not XML"),
}


@pytest.mark.parametrize(("body", "said"), LOOKS.values(), ids=LOOKS.keys())
@pytest.mark.parametrize(
    ("header", "software"), [("Server: squid/5.2", " (squid/5.2)"), ("Server: \x1b[1m", ""), ("X: y", "")]
)
def test_who_answered_and_with_what_is_said(
    body: bytes, said: str, header: str, software: str, iam: Any, server: RawServer
) -> None:
    server.sender = send_bytes(build_http(403, body, header))
    with pytest.raises(ForeignAnswer) as foreign:
        iam.get_user(UserName="a")
    problem = problem_of(foreign.value, "reading")
    assert problem.summary.startswith(f"Reading failed: the answer is not AWS's: HTTP 403 with {said}")
    assert problem.summary.endswith(f"{software}.")
    assert "AWS_ENDPOINT_URL" in problem.hint


# Errors of AWS


ERRORS: dict[str, tuple[bytes, str, str]] = {
    "of IAM": (error("NoSuchEntity", "not there"), "NoSuchEntity", "not there"),
    "without a namespace": (error("NoSuchEntity", namespace=""), "NoSuchEntity", "no"),
    "of a front end": (error("A.B", namespace=' xmlns="http://webservices.amazon.com/AWSFault/x"'), "A.B", "no"),
    "of EC2's form": (
        b"<Response><Errors><Error><Code>A</Code></Error></Errors><RequestID>r</RequestID></Response>",
        "A",
        "",
    ),
    "with blanks": (error(" NoSuchEntity\n"), "NoSuchEntity", "no"),
    "with a long message": (error("A", "m" * 100_000), "A", "m" * 4000),
    "with a field of another kind": (error("A", "<b/>"), "A", ""),
}


@pytest.mark.parametrize(("body", "code", "message"), ERRORS.values(), ids=ERRORS.keys())
@pytest.mark.parametrize("status", [400, 403, 404, 409, 500, 503])
def test_an_error_of_aws_is_read(
    body: bytes, code: str, message: str, status: int, iam: Any, server: RawServer
) -> None:
    server.sender = send_bytes(build_http(status, body))
    with pytest.raises(ClientError) as failed:
        iam.get_user(UserName="a")
    found: Any = failed.value.response
    assert (found["Error"]["Code"], found["Error"]["Message"]) == (code, message)
    assert found["ResponseMetadata"]["HTTPStatusCode"] == status
    assert found["ResponseMetadata"]["RequestId"] == "r"


# Fields


XML_SERVICES, JSON_SERVICES = ("iam", "sts"), ("resourcegroupstaggingapi", "organizations")
SERVICES = (*XML_SERVICES, *JSON_SERVICES)
MODELS = {name: botocore.session.get_session().get_service_model(name) for name in SERVICES}
OPERATIONS = [
    *(("sts", name) for name in ("GetCallerIdentity", "AssumeRole", "GetSessionToken")),
    *(("iam", name.removesuffix("Response")) for name in REQUIRED if name.endswith("Response")),
    *(("iam", name) for name in ("ListOpenIDConnectProviders", "ListSAMLProviders", "ListSSHPublicKeys")),
    *(("iam", name) for name in ("ListServiceSpecificCredentials", "ListPolicies", "ListPolicyVersions")),
    *(("iam", name) for name in ("ListAttachedUserPolicies", "CreateUser", "CreateRole", "CreatePolicyVersion")),
]
OPERATIONS = [(service, name) for service, name in dict.fromkeys(OPERATIONS) if name in MODELS[service].operation_names]


def parse_answer(service: str, operation: str, body: bytes) -> Any:
    parser = AnswerParsers().create_parser("query")
    response = {"status_code": 200, "headers": {}, "body": body, "context": {"operation_name": operation}}
    return parser.parse(response, MODELS[service].operation_model(operation).output_shape)


@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
def test_without_a_field_that_is_relied_on_an_answer_is_none(service: str, operation: str) -> None:
    """The same answer with all of its fields is one; with an empty one in its place it is none either."""
    shape: Any = MODELS[service].operation_model(operation).output_shape
    whole = answer_of(operation, shape)
    assert parse_answer(service, operation, whole)
    for body in answers_without(whole, shape, REQUIRED):
        with pytest.raises(ForeignAnswer, match=r"missing or malformed|is broken or not AWS's"):
            parse_answer(service, operation, body)


@pytest.mark.parametrize(
    ("required", "services"), [(REQUIRED, XML_SERVICES), (REQUIRED_IN_JSON, JSON_SERVICES)], ids=["XML", "JSON"]
)
def test_every_field_that_is_relied_on_is_one_of_aws(
    required: Mapping[str, tuple[str, ...]], services: tuple[str, ...]
) -> None:
    found: dict[str, Any] = {}
    for service in services:
        for operation in MODELS[service].operation_names:
            _collect(MODELS[service].operation_model(operation).output_shape, found)
    for name, paths in required.items():
        for path in paths:
            first, _, rest = path.partition(".")
            inner = found[name].members[first]
            inner = inner.member if inner.type_name == "list" else inner
            assert not rest or rest in inner.members, (name, path)


def test_every_format_is_of_a_field_that_is_relied_on() -> None:
    paths = {path for required in (REQUIRED, REQUIRED_IN_JSON) for fields in required.values() for path in fields}
    assert {path.rpartition(".")[2] for path in paths} >= VALUE_PATTERNS.keys()


def _collect(shape: Any, found: dict[str, Any]) -> None:
    if shape is None or shape.name in found:
        return
    if shape.type_name == "structure":
        found[shape.name] = shape
        for member in shape.members.values():
            _collect(member, found)
    elif shape.type_name == "list":
        _collect(shape.member, found)


def replace_text(operation: str, before: str, after: str) -> bytes:
    shape: Any = MODELS["sts" if operation == "AssumeRole" else "iam"].operation_model(operation).output_shape
    whole = answer_of(operation, shape).decode()
    assert before in whole
    return whole.replace(before, after, 1).encode()


WRONG: dict[str, tuple[str, str, str]] = {
    "neither true nor false": ("ListUsers", "<IsTruncated>false<", "<IsTruncated>maybe<"),
    "an empty truth": ("ListUsers", "<IsTruncated>false<", "<IsTruncated><"),
    "no date": ("ListAccessKeys", ">2026-01-02T03:04:05Z<", ">yesterday<"),
    "a date without end": ("ListAccessKeys", ">2026-01-02T03:04:05Z<", f">{'9' * 400}<"),
    "a date before all dates": ("AssumeRole", ">2026-01-02T03:04:05Z<", ">0001-01-01T00:00:00+14:00<"),
    "no number": ("GetAccountPasswordPolicy", "<MaxPasswordAge>1<", "<MaxPasswordAge>one<"),
    "a number of 100,000 digits": ("GetAccountPasswordPolicy", "<MaxPasswordAge>1<", f"<MaxPasswordAge>{'1' * 10**5}<"),
    "a field twice": ("GetUser", "<UserName>text</UserName>", "<UserName>text</UserName><UserName>b</UserName>"),
    "a list twice": ("ListUsers", "<Users>", "<Users/><Users>"),
    "a list of texts": ("ListUsers", "<Users><member>", "<Users><member>text</member><member>"),
    "a key that is a line of a file": ("CreateAccessKey", "<AccessKeyId>AKIA", "<AccessKeyId>AKIA&#10;[default]"),
    "a secret with a line break": ("CreateAccessKey", "<SecretAccessKey>", "<SecretAccessKey>a&#10;b"),
    "a token with a line break": ("AssumeRole", "<SessionToken>", "<SessionToken>a&#10;"),
    "a seed that is none": ("CreateVirtualMFADevice", "<Base32StringSeed>", "<Base32StringSeed>////"),
    "no default version": ("GetAccountAuthorizationDetails", "<IsDefaultVersion>true", "<IsDefaultVersion>false"),
    "the answer of another call": ("ListUsers", "ListUsersResponse", "ListRolesResponse"),
    "another namespace": ("ListUsers", "<ListUsersResponse>", '<ListUsersResponse xmlns="http://example.com/">'),
}


@pytest.mark.parametrize(("operation", "before", "after"), WRONG.values(), ids=WRONG.keys())
def test_a_value_of_another_kind_is_no_answer(operation: str, before: str, after: str) -> None:
    service = "sts" if operation == "AssumeRole" else "iam"
    body = replace_text(operation, before, after)
    body = body.replace(b"</ListUsersResponse>", b"</ListRolesResponse>") if "ListRolesR" in after else body
    with pytest.raises(ForeignAnswer):
        parse_answer(service, operation, body)


@pytest.mark.parametrize(
    "text",
    [
        "no JSON",
        "%zz%",
        "%ff%fe",
        "%00",
        "[" * 100_000,
        quote("[" * 900 + "]" * 900),
        "1",
        "null",
        '"text"',
        "NaN",
        "[]",
    ],
)
def test_a_document_that_is_none_is_kept_as_it_is_and_means_nothing(text: str) -> None:
    document = RawAccount("123456789012", "aws", {}).parse_document(text)
    assert document.opaque


@given(st.data())
def test_whatever_comes_is_an_answer_or_said_to_be_none(data: st.DataObject) -> None:
    """Answers with a few bytes taken out, put in or repeated, and with any status."""
    service, operation = data.draw(st.sampled_from(OPERATIONS))
    shape: Any = MODELS[service].operation_model(operation).output_shape
    body = answer_of(operation, shape)
    for _ in range(data.draw(st.integers(0, 4))):
        start, size = data.draw(st.integers(0, len(body))), data.draw(st.integers(0, 40))
        new = data.draw(st.one_of(st.binary(max_size=8), st.sampled_from([b"<", b"</a>", b"&#10;", b'""', b"]]>"])))
        body = (
            body[:start] + data.draw(st.sampled_from([new, body[start : start + size] * 2, b""])) + body[start + size :]
        )
    status = data.draw(st.sampled_from([200, 400, 403, 500, 429, 101]))
    for protocol in ("query", "json", "rest-json", "rest-xml"):
        parser = AnswerParsers().create_parser(protocol)
        response = {"status_code": status, "headers": {}, "body": body, "context": {"operation_name": operation}}
        try:
            found = parser.parse(response, shape)
        except ForeignAnswer:
            continue
        assert isinstance(found, dict)


NULLS = [
    "null",
    "[]",
    '"text"',
    '{"ResourceTagMappingList": [null]}',
    '{"ResourceTagMappingList": "text"}',
    '{"ResourceTagMappingList": {}}',
    '{"ResourceTagMappingList": [{"ResourceARN": "arn:aws:iam::123456789012:policy/p", "Tags": [null]}]}',
]


def parsed_json(body: str) -> Any:
    """The answer of GetResources, of the only API that speaks JSON."""
    shape = MODELS["resourcegroupstaggingapi"].operation_model("GetResources").output_shape
    response = {"status_code": 200, "headers": {}, "body": body.encode(), "context": {}}
    return AnswerParsers().create_parser("json").parse(response, shape)


@pytest.mark.parametrize("body", NULLS)
def test_json_without_the_objects_and_lists_of_the_api_is_no_answer(body: str) -> None:
    with pytest.raises(ForeignAnswer):
        parsed_json(body)


def test_json_as_the_api_answers_is_read() -> None:
    found = parsed_json(
        '{"ResourceTagMappingList": [{"ResourceARN": "arn:aws:iam::123456789012:policy/p", "Tags": []}]}'
    )
    assert [item["Tags"] for item in found["ResourceTagMappingList"]] == [[]]
    assert parsed_json('{"PaginationToken": "", "ResourceTagMappingList": []}')["ResourceTagMappingList"] == []
