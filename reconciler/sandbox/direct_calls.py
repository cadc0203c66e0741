"""Hand calls of the query protocol to moto's code for IAM and STS, without the web framework around it.

Flask, its extensions and werkzeug's request take half of the time of a small call. `_Form` has the attributes that moto
reads of a request. Flask still answers every other call, and all calls if moto is not version 5.2.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from botocore.exceptions import ClientError
from werkzeug.exceptions import HTTPException

from reconciler.sandbox.moto_answers import MADE_FOR, SERVICES

Response = tuple[str, list[tuple[str, str]], bytes]
_SCOPE = re.compile(r"AWS4-HMAC-SHA256 Credential=[^/,\s]*/\d{8}/[\w-]+/(\w+)/aws4_request\b")
_FORM = "application/x-www-form-urlencoded"


class _Headers(dict[str, str]):
    """Headers by name, in any letter case. A name that came twice has its values side by side."""

    def __init__(self, items: Iterable[tuple[str, str]]) -> None:
        super().__init__()
        for name, value in items:
            key = name.lower()
            self[key] = f"{super().__getitem__(key)},{value}" if key in self else value

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(name.lower())

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.items())


class _Form:
    """The attributes of werkzeug's request that moto reads, for a form that was posted to `/`."""

    from_wsgi_server = True
    method, path, raw_path = "POST", "/", "/"
    content_type, content_encoding = _FORM, None
    data, query_string = b"", b""
    files: dict[str, Any] = {}  # noqa: RUF012

    def __init__(self, headers: _Headers, form: dict[str, str]) -> None:
        self.headers = headers
        self.form = self.values = form
        self.environ: dict[str, Any] = {}
        self.url = self.raw_url = f"http://{headers.get('host', '127.0.0.1')}/"


def answer_directly(method: str, target: str, items: Iterable[tuple[str, str]], body: bytes) -> Response | None:
    """Return status, headers and body of the answer; None if the request is not one for this way."""
    if (method, target) != ("POST", "/"):
        return None
    headers = _Headers(items)
    scope = _SCOPE.match(headers.get("authorization", ""))
    service = _find_service(scope[1]) if scope else None
    if service is None or "content-encoding" in headers or not headers.get("content-type", "").startswith(_FORM):
        return None
    form: dict[str, str] = {}
    for name, value in parse_qsl(body.decode(), keep_blank_values=True, errors="werkzeug.url_quote"):
        form.setdefault(name, value)
    request = _Form(headers, form)
    try:
        status, given, content = service.dispatch(request, request.url, headers)
    except ClientError as error:
        status, given, content = 400, {}, error.response["Error"]["Message"]
    except HTTPException as error:
        status, given, content = error.code or 500, dict(error.get_headers()), error.get_body()
    phrase = HTTPStatus(int(status)).phrase
    return f"{status} {phrase}", [(name, str(value)) for name, value in given.items()], _to_bytes(content)


@cache
def _find_service(name: str) -> Any:
    """Return moto's class that answers the calls of a service; None if it is not for this way."""
    import moto

    if name not in SERVICES or not moto.__version__.startswith(MADE_FOR):
        return None
    from moto.iam.responses import IamResponse
    from moto.sts.responses import TokenResponse

    return IamResponse if name == "iam" else TokenResponse


def _to_bytes(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.encode()
