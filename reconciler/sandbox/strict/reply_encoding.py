"""Encode replies as AWS does: unique ids get AWS's prefixes, and policy documents are percent-encoded.

Sources: IAM User Guide, "IAM identifiers: unique identifiers" (AIDA user, AGPA group, AROA role, AIPA
instance profile, ANPA managed policy); API Reference: policies are "URL-encoded compliant with RFC 3986".
"""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import quote

from reconciler.sandbox.query_protocol import Reply

ID_PREFIXES = {"User": "AIDA", "Group": "AGPA", "Role": "AROA", "InstanceProfile": "AIPA", "Policy": "ANPA"}
ID = re.compile(rb"<(User|Group|Role|InstanceProfile|Policy)Id>([^<]+)<")
DOCUMENT = re.compile(rb"<(PolicyDocument|AssumeRolePolicyDocument|Document)>(\s*\{[^<]*)<")


def unique_id_of(kind: str, emulator_id: str) -> str:
    """Return an emulator's id in the form of AWS. The same id always gives the same result."""
    prefix = ID_PREFIXES[kind]
    has_prefix = not emulator_id or emulator_id.startswith(prefix)
    return emulator_id if has_prefix else f"{prefix}{emulator_id.upper()[-17:]}"


def encode_reply(reply: Reply) -> Reply:
    if reply.ok:
        body = ID.sub(_encode_id, reply.to_bytes())
        reply.body, reply.tree = DOCUMENT.sub(_encode_document, body), None
    return reply


def _encode_id(match: re.Match[bytes]) -> bytes:
    kind = match[1].decode()
    return b"<%bId>%b<" % (match[1], unique_id_of(kind, match[2].decode()).encode())


def _encode_document(match: re.Match[bytes]) -> bytes:
    return b"<%b>%b<" % (match[1], quote(unescape(match[2].decode()), safe="").encode())
