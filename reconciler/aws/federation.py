"""Fetch a sign-in token for temporary credentials from the console's federation endpoint.

The URL's query holds the keys. So nothing may show the URL: no error (botocore's errors contain it), no log (urllib3
logs it at DEBUG), no chained exception.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from botocore.awsrequest import AWSRequest
from botocore.exceptions import (
    BotoCoreError,
    ConnectTimeoutError,
    HTTPClientError,
    InvalidProxiesConfigError,
    ProxyConnectionError,
    ReadTimeoutError,
    SSLError,
)
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies

from reconciler.aws import timing
from reconciler.aws.limits import AnswerTooLong, CallTimeout, LimitedSession, read_call_timeout
from reconciler.aws.log_guard import pause_logging
from reconciler.model.problem import ReconcileError, make_error


def fetch_signin_token(url: str, environ: Mapping[str, str]) -> str:
    """Fetch the sign-in token. It is a secret, and so is the URL (Action=getSigninToken).

    Proxies and trusted certificates are botocore's. Raises ReconcileError.
    """
    host = urlsplit(url).hostname or ""
    verify = environ.get("AWS_CA_BUNDLE") or environ.get("REQUESTS_CA_BUNDLE") or True
    # Plain http is used for an endpoint on this machine only, and a proxy would see the keys.
    proxies = get_environ_proxies(url) if url.startswith("https:") else {}
    make: Any = URLLib3Session
    timeouts = timing.STS_CONNECT_TIMEOUT, timing.STS_READ_TIMEOUT
    with pause_logging():
        session = LimitedSession(make(verify=verify, proxies=proxies, timeout=timeouts), read_call_timeout(environ))
        try:
            outcome = _send_request(session, url)
            for pause in timing.SIGNIN_PAUSES:
                if not _is_transient(outcome):
                    break
                time.sleep(pause)
                outcome = _send_request(session, url)
        finally:
            session.close()
    if isinstance(outcome, AnswerTooLong):
        raise _explain_refusal(200, host)
    if isinstance(outcome, BotoCoreError):
        raise _explain_unreachable(outcome, host)
    status, body = outcome
    token = _parse_token(body) if status == 200 else None
    if token is None:
        raise _explain_refusal(status, host)
    return token


_Response = tuple[int, bytes] | BotoCoreError
"""Status and body, or the error if there was no answer."""


def _send_request(session: LimitedSession, url: str) -> _Response:
    try:
        answer = session.send(AWSRequest(method="GET", url=url, headers={"Accept": "application/json"}).prepare())
    except BotoCoreError as error:
        return error
    return answer.status_code, answer.content


def _is_transient(outcome: _Response) -> bool:
    """Return whether another attempt may succeed."""
    if isinstance(outcome, BotoCoreError):
        # HTTPClientError itself, not a subclass, means for example a file of certificates that cannot be read.
        final = SSLError | InvalidProxiesConfigError | CallTimeout | AnswerTooLong
        return not (isinstance(outcome, final) or type(outcome) is HTTPClientError)
    return outcome[0] >= 500 or outcome[0] == 429


def _parse_token(body: bytes) -> str | None:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return None
    token = content.get("SigninToken") if isinstance(content, dict) else None
    return token if isinstance(token, str) and token else None


def _explain_unreachable(error: BotoCoreError, host: str) -> ReconcileError:
    summary, hint = f"{host} cannot be reached.", "Check the network, HTTPS_PROXY and AWS_ENDPOINT_URL_SIGNIN."
    if isinstance(error, SSLError):
        summary = f"no safe connection to {host}: its certificate is not trusted."
        hint = "Set AWS_CA_BUNDLE to the certificates of your network's proxy."
    elif isinstance(error, ProxyConnectionError | InvalidProxiesConfigError):
        summary, hint = f"the proxy before {host} does not work.", "Check HTTPS_PROXY and NO_PROXY."
    elif isinstance(error, ConnectTimeoutError | ReadTimeoutError | CallTimeout):
        summary = f"{host} did not answer in time."
    elif type(error) is HTTPClientError:
        hint = "Check the network, and that AWS_CA_BUNDLE names a file of certificates."
    return make_error("console-unreachable", f"Asking for a console sign-in failed: {summary}", hint=hint)


def _explain_refusal(status: int, host: str) -> ReconcileError:
    if status in (400, 401, 403):
        return make_error(
            "console-refused",
            f"AWS gives no console sign-in for these credentials (HTTP {status}).",
            "They may have expired, be of another partition, or come from role chaining, which may not choose a "
            "duration.",
            "Run the command again with --no-cache, and without --duration.",
        )
    cause = f"{host} answered without a sign-in token." if status == 200 else f"{host} answered HTTP {status}."
    is_temporary = status >= 500 or status == 429
    hint = "Run the command again in a minute." if is_temporary else "Check AWS_ENDPOINT_URL and any proxy."
    return make_error("console-answer", f"Asking for a console sign-in failed: {cause}", hint=hint)
