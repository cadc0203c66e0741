"""A proxy in front of the sandbox that answers AccessDenied to some operations, and passes all others on.

The answer is that of IAM (API reference, "Common Errors"): 403, code AccessDenied.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import parse_qs

from tests.support.answering_server import HttpAnswer, serve_answers

_DENIED = (
    '<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type>'
    "<Code>AccessDenied</Code><Message>User is not authorized to perform: iam:{0}</Message></Error></ErrorResponse>"
)


@contextmanager
def deny_operations(url: str, operations: Iterable[str]) -> Iterator[str]:
    """Yield the address of a proxy in front of `url`. `*` at the beginning of an operation is a wildcard."""
    listed = tuple(operations)

    def answer(headers: Mapping[str, str], body: bytes) -> HttpAnswer:
        action = parse_qs(body.decode()).get("Action", [""])[0]
        if any(action == item or (item[:1] == "*" and action.endswith(item[1:])) for item in listed):
            return HttpAnswer(403, _DENIED.format(action).encode())
        asked = urllib.request.Request(url, body, dict(headers), method="POST")
        try:
            with urllib.request.urlopen(asked) as passed:
                return HttpAnswer(passed.status, passed.read())
        except urllib.error.HTTPError as error:
            return HttpAnswer(error.code, error.read())

    with serve_answers(answer) as address:
        yield address
