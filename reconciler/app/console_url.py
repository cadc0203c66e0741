"""The use case `assume --console`: turn credentials of a role into a URL that opens the AWS console as that role."""

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
    """Return the URL. It is a secret for 15 minutes, because it signs in whoever opens it.

    duration: seconds, None if the user asked for none. chained: the credentials were made with another session's
    (a role's or an MFA session's). Raises ReconcileError.
    """
    base = console.resolve_signin_endpoint(partition, environ, endpoint_url)
    seconds = console.choose_duration(duration, chained)
    token = federation.fetch_signin_token(console.build_token_url(base, credentials, seconds), environ)
    return console.build_login_url(base, partition, region, token)
