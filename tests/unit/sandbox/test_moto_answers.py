"""The short ways through moto: same answers as the long ones."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlencode

import pytest
import xmltodict

from reconciler.sandbox.moto_answers import _XmlWriter
from reconciler.sandbox.server import Sandbox


@pytest.mark.parametrize(
    "content",
    [
        {"@xmlns": 'http://x/"<', "A": {"B": ""}, "C": "", "D": {}},
        {"A": {"member": [{"X": "1&<>'\""}, {"X": True}, {"Y": None}, {}, "text", ""]}},
        {"A": [], "B": {"member": []}, "C": 5, "D": False, "E": None, "F": {"G": {"@a": "b"}}},
        {"A": ("x", "y")},
        {},
        "",
        "text\r\n\tmore",
    ],
)
def test_xml_is_written_as_the_library_writes_it(content: Any) -> None:
    options = {"full_document": False, "short_empty_elements": True, "pretty": False}
    assert _XmlWriter(xmltodict).unparse({"R": content}, **options) == xmltodict.unparse({"R": content}, **options)


CALLS = [
    ("iam", {"Action": "CreateUser", "UserName": "same", "Path": "/a/", "Tags.member.1.Key": "k"}),
    ("iam", {"Action": "GetUser", "UserName": "same"}),
    ("iam", {"Action": "GetUser", "UserName": "none"}),
    ("iam", {"Action": "ListUsers"}),
    ("iam", {"Action": "CreatePolicy", "PolicyName": "same", "PolicyDocument": "no JSON"}),
    ("iam", {"Action": "GetAccountAuthorizationDetails", "Filter.member.1": "User", "Filter.member.2": "Role"}),
    ("iam", {"Action": "GetPolicy", "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}),
    ("iam", {"Action": "ListPolicies", "MaxItems": "3"}),
    ("iam", {"Action": "NoSuchAction"}),
    ("sts", {"Action": "GetCallerIdentity"}),
    ("sts", {"Action": "AssumeRole", "RoleArn": "arn:aws:iam::123456789012:role/x", "RoleSessionName": "%é€"}),
]


@pytest.mark.parametrize(("service", "parameters"), CALLS, ids=lambda given: given if isinstance(given, str) else None)
def test_a_call_without_the_web_framework_is_answered_as_with_it(
    sandbox: Sandbox, service: str, parameters: dict[str, str]
) -> None:
    assert _answer(sandbox, service, parameters) == _answer(
        sandbox, service, parameters, **{"Content-Encoding": "none"}
    )


NEW = "RequestId|UserId|CreateDate|AccessKeyId|SecretAccessKey|SessionToken|Expiration|AssumedRoleId"
"""Elements that differ in each answer."""


def _answer(sandbox: Sandbox, service: str, parameters: dict[str, str], **headers: str) -> Any:
    """Return status, type and body of moto's own answer, without what is new in each."""
    urllib.request.urlopen(urllib.request.Request(f"{sandbox.upstream_url}/moto-api/reset", method="POST")).read()
    request = urllib.request.Request(sandbox.upstream_url, urlencode(parameters).encode(), headers)
    scope = f"Credential=test/20260101/us-east-1/{service}/aws4_request"
    request.add_header("Authorization", f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0")
    try:
        answer = urllib.request.urlopen(request)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        body = re.sub(
            "<(RequestId|UserId|CreateDate|AccessKeyId|SecretAccessKey|SessionToken|Expiration)>.*?<",
            "",
            answer.read().decode(),
        )
        body = re.sub("AROA\\w+|<AssumedRoleId>.*?<", "", body)
        return answer.status, answer.headers.get_content_type() if body else "", body
