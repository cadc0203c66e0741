"""How AWS writes what every reply may hold: unique ids by their prefix, documents percent-encoded.

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


def unique_id_of(kind: str, given: str) -> str:
    """An emulator's id as AWS would have made it; the same for the same id, always."""
    prefix = ID_PREFIXES[kind]
    return given if not given or given.startswith(prefix) else f"{prefix}{given.upper()[-17:]}"


def encode_reply(reply: Reply) -> Reply:
    if reply.ok:
        body = ID.sub(_encode_id, reply.to_bytes())
        reply.body, reply.tree = DOCUMENT.sub(_encode_document, body), None
    return reply


def _encode_id(found: re.Match[bytes]) -> bytes:
    kind = found[1].decode()
    return b"<%bId>%b<" % (found[1], unique_id_of(kind, found[2].decode()).encode())


def _encode_document(found: re.Match[bytes]) -> bytes:
    return b"<%b>%b<" % (found[1], quote(unescape(found[2].decode()), safe="").encode())
