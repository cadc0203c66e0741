"""What a warm and a cold `assume` do alike before anybody is asked: whose keys they are, and how entries are named.

Standard library only, and little of it: this is on the path of every warm `assume`.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from reconciler.assume.cache import CREDENTIALS, IDENTITIES, Cache, Entry, is_fresh, key_of
from reconciler.assume.credential_source import endpoint_of
from reconciler.assume.credentials import ALIAS_VARIABLE, Credentials

IDENTITY_TTL = 86400.0
"""Seconds that the owner of keys is remembered: a renamed user is noticed within a day."""

CallParameters = Sequence[Mapping[str, object]]
"""The parameters of each AssumeRole call, first hop first."""


def resolve_sts_endpoint(option: str | None, profile: str | None, environ: Mapping[str, str]) -> str:
    """Where STS is called, "" for AWS itself: the same role at another endpoint is another role.

    Precedence: AWS SDKs and Tools Reference Guide, "Service-specific endpoints".
    """
    if option:
        return option
    if environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
        return ""
    named = environ.get("AWS_ENDPOINT_URL_STS") or environ.get("AWS_ENDPOINT_URL")
    return named or endpoint_of(profile, environ)


def find_identity(cache: Cache, source: str, endpoint: str) -> Entry | None:
    """Who the source credentials are, where it was asked within a day: `arn`, `account`, `session_name`."""
    found = cache.get(IDENTITIES, key_of(source, endpoint))
    asked = found.get("asked") if found else None
    return found if isinstance(asked, int | float) and 0 <= time.time() - asked < IDENTITY_TTL else None


def credentials_key_of(source: str, endpoint: str, calls: CallParameters) -> str:
    """The name of the credentials that these calls give: every argument counts, and whose keys made them."""
    return key_of(source, endpoint, *calls)


def find_credentials(cache: Cache, key: str) -> Credentials | None:
    """Credentials from the cache that last long enough to be handed out."""
    found = cache.get(CREDENTIALS, key)
    return parse_credentials(found) if is_fresh(found) else None


def parse_credentials(entry: Entry | None) -> Credentials | None:
    """The credentials of an entry, however old."""
    keys = entry.get("keys") if entry else None
    if not (isinstance(keys, list) and len(keys) == 4 and all(isinstance(part, str) for part in keys)):
        return None
    return Credentials(*keys)


def describe_nesting(profile: str | None, environ: Mapping[str, str]) -> str:
    """One line on who the person is already and whom the role is assumed from; "" where they are nobody's session."""
    already = environ.get(ALIAS_VARIABLE)
    if not already:
        return ""
    if profile:
        return f"You are already {already}; the role is assumed from the profile {profile}."
    return (
        f"You are already {already}, and the role is assumed from it: no AWS_PROFILE was kept from before, "
        "and keys of before are stored nowhere."
    )
