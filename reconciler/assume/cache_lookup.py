"""The cache lookups that a warm and a cold `assume` share: who owns the source keys, and the key of each entry.

Standard library only, and little of it: every warm `assume` imports this module.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from reconciler.assume.cache import CREDENTIALS, IDENTITIES, Cache, Entry, is_fresh, key_of
from reconciler.assume.credential_source import endpoint_of
from reconciler.assume.credentials import ALIAS_VARIABLE, Credentials

IDENTITY_TTL = 86400.0
"""Seconds for which the owner of keys is remembered, so that a renamed user is noticed within a day."""

CallParameters = Sequence[Mapping[str, object]]
"""The parameters of each AssumeRole call, first hop first."""


def resolve_sts_endpoint(option: str | None, profile: str | None, environ: Mapping[str, str]) -> str:
    """Return the endpoint at which STS is called, "" for AWS's own. It is part of each cache key.

    Precedence: AWS SDKs and Tools Reference Guide, "Service-specific endpoints".
    """
    if option:
        return option
    if environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
        return ""
    configured = environ.get("AWS_ENDPOINT_URL_STS") or environ.get("AWS_ENDPOINT_URL")
    return configured or endpoint_of(profile, environ)


def find_identity(cache: Cache, source: str, endpoint: str) -> Entry | None:
    """Return the owner of the source credentials: `arn`, `account`, `session_name`. None if AWS must be asked again."""
    entry = cache.get(IDENTITIES, key_of(source, endpoint))
    asked_at = entry.get("asked") if entry else None
    return entry if isinstance(asked_at, int | float) and 0 <= time.time() - asked_at < IDENTITY_TTL else None


def credentials_key_of(source: str, endpoint: str, calls: CallParameters) -> str:
    """Return the cache key of the credentials that these calls give, made of the source keys and each argument."""
    return key_of(source, endpoint, *calls)


def find_credentials(cache: Cache, key: str) -> Credentials | None:
    """Return credentials from the cache if they last long enough to be handed out."""
    entry = cache.get(CREDENTIALS, key)
    return parse_credentials(entry) if is_fresh(entry) else None


def parse_credentials(entry: Entry | None) -> Credentials | None:
    """Return the credentials of an entry, even if they have expired; None if it holds none."""
    keys = entry.get("keys") if entry else None
    if not (isinstance(keys, list) and len(keys) == 4 and all(isinstance(part, str) for part in keys)):
        return None
    return Credentials(*keys)


def describe_nesting(profile: str | None, environ: Mapping[str, str]) -> str:
    """Return one line on the alias that this shell is in and the credentials that `assume` starts from, or ""."""
    active_alias = environ.get(ALIAS_VARIABLE)
    if not active_alias:
        return ""
    if profile:
        return f"This shell is already in `{active_alias}`. Starting again from profile {profile}, not chaining."
    return (
        f"This shell is already in `{active_alias}`. Chaining from it: no profile was set before, and reconcile "
        "never stores the keys that were. To start elsewhere, pass --profile."
    )
