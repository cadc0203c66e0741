"""Describe the exceptions that botocore raises by itself: cause and next step, without any secret.

An exception's own text is never shown, because it may hold the session token ("Invalid header value b'…'"), the
password in an endpoint's URL, or the output of a `credential_process`. So a list has a sentence for each type, with the
fields that are put into it: names, regions, paths and hosts. Of other types, only the name is shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConfigNotFound,
    ConfigParseError,
    ConnectionClosedError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    InfiniteLoopConfigError,
    InvalidConfigError,
    InvalidRegionError,
    LoginInsufficientPermissions,
    LoginRefreshRequired,
    LoginTokenLoadError,
    MissingDependencyException,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
    ProxyConnectionError,
    ReadTimeoutError,
    RefreshWithMFAUnsupportedError,
    SSLError,
    SSOTokenLoadError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)
from botocore.parsers import ResponseParserError

from reconciler.model.problem import ReconcileError
from reconciler.model.url import HIDDEN_URL, redact_url

_ENDPOINT = "Check the network, --endpoint-url and AWS_ENDPOINT_URL."
_PROFILE = "Check --profile, AWS_PROFILE, and the AWS config file."
_SIGN_IN = "Sign in again: `aws sso login`, with --profile if you use one."
_KEYS = "Pass --profile, or set AWS_PROFILE or the AWS_* keys."

_EXPLANATIONS: Mapping[type[Exception], tuple[str, str]] = {
    NoCredentialsError: ("no AWS credentials were found.", _KEYS),
    PartialCredentialsError: ("the AWS credentials are incomplete: {provider} lacks {cred_var}.", _KEYS),
    ProfileNotFound: ("The config profile ({profile}) could not be found.", _PROFILE),
    EndpointConnectionError: ("Could not connect to the endpoint URL: {endpoint_url}.", _ENDPOINT),
    ConnectTimeoutError: ("Connect timeout on endpoint URL: {endpoint_url}.", _ENDPOINT),
    ReadTimeoutError: ("Read timeout on endpoint URL: {endpoint_url}.", _ENDPOINT),
    ConnectionClosedError: ("Connection was closed before a valid response came from {endpoint_url}.", _ENDPOINT),
    ProxyConnectionError: ("Failed to connect to the proxy {proxy_url}.", "Check HTTPS_PROXY and NO_PROXY."),
    SSLError: ("no safe connection to {endpoint_url}: SSL validation failed.", "Check AWS_CA_BUNDLE, and any proxy."),
    ResponseParserError: (
        "the answer is not AWS's.",
        "Check --endpoint-url and AWS_ENDPOINT_URL, and any proxy in between.",
    ),
    CredentialRetrievalError: (
        "Error when retrieving credentials from {provider}. Its message is not shown: it may hold a secret.",
        f"See it with `aws sts get-caller-identity`. {_PROFILE}",
    ),
    ConfigNotFound: ("The config file {path} could not be found.", "Check AWS_CONFIG_FILE."),
    ConfigParseError: ("The config file {path} cannot be read.", "Fix it, or set AWS_CONFIG_FILE to another one."),
    InfiniteLoopConfigError: ("The profile {source_profile} is in a circle of `source_profile`.", _PROFILE),
    InvalidConfigError: ("An option of the AWS config file, or its variable, is not valid.", _PROFILE),
    InvalidRegionError: ("{region_name} is not a region.", "Check --region, AWS_REGION and the AWS config file."),
    NoRegionError: ("no region is set.", "Pass --region, or set AWS_REGION."),
    UnauthorizedSSOTokenError: ("The SSO session has expired or is otherwise invalid.", _SIGN_IN),
    SSOTokenLoadError: ("There is no SSO session that can be used.", _SIGN_IN),
    TokenRetrievalError: ("No token came from {provider}.", _SIGN_IN),
    LoginRefreshRequired: ("The session of `aws login` has expired.", "Sign in again: `aws login`."),
    LoginTokenLoadError: ("There is no session of `aws login` that can be used.", "Sign in again: `aws login`."),
    LoginInsufficientPermissions: (
        "The sign-in needs signin:CreateOAuth2Token.",
        "Allow that action, or sign in another way.",
    ),
    RefreshWithMFAUnsupportedError: (
        "The credentials have expired, and new ones need an MFA code.",
        "Run the command again.",
    ),
    MissingDependencyException: (
        "These credentials need a part of botocore that is not installed.",
        "Install `botocore[crt]` beside reconcile.",
    ),
    ParamValidationError: ("botocore refuses the parameters of the call.", "Check the names and lengths in the file."),
}

_SOURCE_FAILED = (
    "The program or file that the credentials come from failed: {provider}.",
    f"See it with `aws sts get-caller-identity`. {_PROFILE}",
)
_ILLEGAL_HEADER = "Invalid header value"
"""The beginning of http.client's message for a header with a line break, such as one with a broken session token."""


_SAFE_PREFIXES = ('The profile "', 'The source_profile "', 'The source profile "', 'The credential_source "')
"""The beginnings of botocore's messages about the config file that quote only names of profiles."""


class CredentialSourceError(CredentialRetrievalError):
    """The program or file that credentials come from failed in a way that botocore does not handle."""


@contextmanager
def translate_provider_errors() -> Iterator[None]:
    """Turn any exception of a credential provider into a botocore error.

    botocore does not handle the failures of a `credential_process` or a token file, such as a missing program or
    invalid JSON.
    """
    try:
        yield
    except (BotoCoreError, ClientError, ReconcileError):
        raise
    except Exception as error:
        cause = (error.strerror or "").lower() if isinstance(error, OSError) else ""
        lacks = getattr(error, "name", None) if isinstance(error, AttributeError) else None
        raise CredentialSourceError(provider=cause or "invalid output", error_msg="", lacks=lacks) from None


def describe_error(error: Exception) -> tuple[str, str]:
    """Return the cause of an error and the next step."""
    if _has_line_break(error):
        return (
            "a credential has a line break or another control character in it.",
            "Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, and the profile's keys.",
        )
    if isinstance(error, InvalidConfigError) and (text := str(error.kwargs.get("error_msg"))).startswith(
        _SAFE_PREFIXES
    ):
        return text, _PROFILE
    if isinstance(error, CredentialSourceError):
        return _SOURCE_FAILED[0].format_map(error.kwargs), _SOURCE_FAILED[1]
    for kind in type(error).__mro__:
        if kind in _EXPLANATIONS:
            sentence, hint = _EXPLANATIONS[kind]
            return sentence.format_map(_SafeFields(_fields_of(error))), hint
    return f"{_describe_type(error)}. Its text is not shown: it may hold a secret.", _ENDPOINT


class _SafeFields(dict[str, object]):
    """The fields of an exception, for a sentence. Passwords are removed from URLs; a missing field is a dash."""

    def __getitem__(self, name: str) -> str:
        value = self.get(name, "-")
        if not name.endswith("_url"):
            return str(value)
        return redact_url(value) if isinstance(value, str) else HIDDEN_URL


def _fields_of(error: Exception) -> Mapping[str, object]:
    return error.kwargs if isinstance(error, BotoCoreError) else {}


def _has_line_break(error: Exception) -> bool:
    cause = _fields_of(error).get("error") if isinstance(error, HTTPClientError) else error
    return isinstance(cause, ValueError) and _ILLEGAL_HEADER in str(cause)


def _describe_type(error: Exception) -> str:
    """Return the name of the exception's type, and of the type that it wraps."""
    cause = _fields_of(error).get("error")
    by = f", by {type(cause).__name__}" if isinstance(cause, Exception) else ""
    return f"{type(error).__name__}{by}"
