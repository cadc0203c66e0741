"""URLs that open the AWS console as a role: the two requests of its federation endpoint.

Both URLs are secrets. The query of the first holds the keys; the second signs in whoever opens it within 15 minutes.
Source: IAM User Guide, "Enable custom identity broker access to the AWS console".
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping
from urllib.parse import quote, urlencode, urlsplit

from reconciler.assume.credentials import Credentials
from reconciler.model.partitions import PARTITIONS
from reconciler.model.problem import make_error
from reconciler.model.sts_limits import MAX_DURATION, MIN_DURATION
from reconciler.model.url import redact_url

ISSUER = "reconcile"
"""The issuer that the console shows as the origin of the session."""


def resolve_signin_endpoint(partition: str, environ: Mapping[str, str], endpoint_url: str | None = None) -> str:
    """Return the endpoint that gives sign-in tokens, without a path.

    Precedence: `endpoint_url`, then AWS_ENDPOINT_URL_SIGNIN and AWS_ENDPOINT_URL as any AWS client reads them
    ("Service-specific endpoints", AWS SDKs Reference Guide), then the partition's own.
    Raises ReconcileError if the URL is not safe for keys, or the partition has no documented endpoint.
    """
    ignored = environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true"
    configured = "" if ignored else environ.get("AWS_ENDPOINT_URL_SIGNIN") or environ.get("AWS_ENDPOINT_URL")
    url = endpoint_url or configured
    if not url:
        return f"https://{_find_host('signin', partition)}"
    if not _is_secure_url(url):
        raise make_error(
            "console-endpoint",
            f"The sign-in endpoint {redact_url(url)} is not safe for keys.",
            "reconcile sends it the role's keys, so its URL must be https, or http on this machine.",
            "Set AWS_ENDPOINT_URL_SIGNIN to another URL, or unset it.",
        )
    return url.rstrip("/")


def choose_duration(requested: int | None, chained: bool) -> int | None:
    """Return the length of the console session in seconds; None for as long as the credentials last.

    AWS answers HTTP 400 to a SessionDuration below 900 or above 43200 seconds, and to any SessionDuration that comes
    with credentials of role chaining.
    """
    if chained or requested is None or requested < MIN_DURATION:
        return None
    return min(requested, MAX_DURATION)


def build_token_url(base: str, credentials: Credentials, duration: int | None) -> str:
    """Return the URL that answers with a sign-in token for these credentials. duration: seconds."""
    session = {
        "sessionId": credentials.access_key_id,
        "sessionKey": credentials.secret_access_key,
        "sessionToken": credentials.session_token,
    }
    limit = {} if duration is None else {"SessionDuration": str(duration)}
    return _build_federation_url(base, {"Action": "getSigninToken", **limit, "Session": json.dumps(session)})


def build_login_url(base: str, partition: str, region: str | None, token: str) -> str:
    """Return the URL that opens the console's home page, in `region` if there is one."""
    home = f"https://{_find_host('console', partition)}/console/home"
    destination = f"{home}?{_encode_query({'region': region})}" if region else home
    parameters = {"Action": "login", "Issuer": ISSUER, "Destination": destination, "SigninToken": token}
    return _build_federation_url(base, parameters)


def _find_host(service: str, partition: str) -> str:
    known_partition = PARTITIONS.get(partition)
    if known_partition is None or not known_partition.console:
        documented = ", ".join(one.id for one in PARTITIONS.values() if one.console)
        raise make_error(
            "console-unknown",
            f"The partition {partition} has no known console: AWS documents no sign-in host for it.",
            f"AWS documents sign-in hosts for {documented}.",
            "Run the command again without --console.",
        )
    return known_partition.console.format(service)


def _is_secure_url(url: str) -> bool:
    parts = urlsplit(url)
    if parts.scheme == "https":
        return bool(parts.hostname)
    if parts.scheme != "http" or not parts.hostname:
        return False
    try:
        return ipaddress.ip_address(parts.hostname).is_loopback
    except ValueError:
        return parts.hostname == "localhost"


def _build_federation_url(base: str, parameters: Mapping[str, str]) -> str:
    return f"{base}/federation?{_encode_query(parameters)}"


def _encode_query(parameters: Mapping[str, str]) -> str:
    return urlencode(parameters, quote_via=quote, safe="")
