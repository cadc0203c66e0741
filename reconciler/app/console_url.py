"""The use case `assume --console`: credentials of a role → a URL that opens the AWS console as it."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.assume import console
from reconciler.assume.credentials import Credentials
from reconciler.aws import federation


def make_sign_in_url(
    credentials: Credentials,
    *,
    partition: str,
    region: str | None,
    duration: int | None,
    chained: bool,
    environ: Mapping[str, str],
    endpoint_url: str | None = None,
) -> str:
    """A secret for 15 minutes: whoever opens the URL is signed in.

    duration: seconds that were asked for, None where nobody did. chained: the credentials were assumed with
    another session's (a role's, or an MFA session's). Raises Failed.
    """
    base = console.resolve_signin_endpoint(partition, environ, endpoint_url)
    asked = console.choose_duration(duration, chained)
    token = federation.fetch_signin_token(console.build_token_url(base, credentials, asked), environ)
    return console.build_login_url(base, partition, region, token)
