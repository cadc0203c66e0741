"""Check a client when it is made, so that a fault is reported before the first call, and without a secret."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from botocore.credentials import Credentials
from botocore.exceptions import InvalidRegionError

from reconciler.aws.credential_guard import origin_of_credentials
from reconciler.aws.credential_origin import CredentialOrigin
from reconciler.aws.faults import BAD_CREDENTIALS, translate_errors
from reconciler.aws.profile_context import ProfileContext
from reconciler.aws.profile_refusals import explain_dead_credentials
from reconciler.model.problem import ReconcileError, make_error
from reconciler.model.url import redact_url

_REGION_VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION")


def check_client(client: Any) -> Any:
    """Return the client if it can make calls. botocore would fail at the first call, without a reason.

    Raises ValueError for an invalid endpoint, and ReconcileError for keys with characters that a request cannot hold:
    HTTP's own error would print them. Only static keys are checked, because others would be fetched by this.
    """
    if urlsplit(str(client.meta.endpoint_url)).port == 0:
        raise ValueError("Port 0 cannot be called")
    static = getattr(getattr(client, "_request_signer", None), "_credentials", None)
    if type(static) is Credentials:
        keys = {
            "access key id": static.access_key,
            "secret access key": static.secret_key,
            "session token": static.token,
        }
        for name, value in keys.items():
            if value and not (value.isascii() and value.isprintable()):
                raise _explain_broken_key(name, origin_of_credentials(static))
    return client


def _explain_broken_key(name: str, origin: CredentialOrigin | None) -> ReconcileError:
    reason = f"the {name} holds an invalid character, such as a line end or a letter that is not ASCII"
    text = explain_dead_credentials(ProfileContext.from_origin(origin), reason) if origin else None
    if text is not None:
        return make_error(BAD_CREDENTIALS, text.summary, text.detail, text.hint, text.place)
    hint = "Set it again: check the AWS_* variables and the credentials file."
    return make_error(BAD_CREDENTIALS, f"T{reason[1:]}.", hint=hint)


def _explain_bad_region(region: str, profile: str) -> ReconcileError:
    """Return the error for a region that botocore refuses, with the setting that names it."""
    context = ProfileContext.from_origin(CredentialOrigin(profile))
    setting = context.profiles.find_setting(profile, "region")
    variable = next((name for name in _REGION_VARIABLES if os.environ.get(name) == region), None)
    place = None
    detail, hint = "It comes from --region, or from `region` of an alias.", "Write a region, such as us-east-1."
    if variable is not None:
        detail, hint = f"It comes from {variable}.", f"Correct it: `export {variable}=us-east-1`"
    elif setting is not None and setting.value == region:
        detail = f"It comes from `region` of {context.describe_profile(profile, 'region')}."
        hint, place = f"Correct it: {context.format_command('configure set region us-east-1', profile)}", setting.place
    summary = f"{region!r} is not a region: a name has only letters, digits and hyphens."
    return make_error("bad-region", summary, detail, hint, place)


@contextmanager
def translate_client_errors(service: str, session: Any, endpoint_url: str | None) -> Iterator[None]:
    """Turn the errors of making a client into ReconcileError: credentials, region, endpoint.

    session: the boto3 session that makes the client.
    """
    with translate_errors(f"preparing to call {service}"):
        try:
            yield
        except InvalidRegionError as error:
            raise _explain_bad_region(str(error.kwargs["region_name"]), session.profile_name) from None
        except ValueError:
            raise make_error(
                "bad-endpoint",
                f"Invalid endpoint: {redact_url(endpoint_url) if endpoint_url else 'the one that is configured'}.",
                hint="Check --endpoint-url, AWS_ENDPOINT_URL, and `endpoint_url` of the profile.",
            ) from None
        except (AttributeError, LookupError, TypeError):  # botocore does not check the content of AWS's files
            raise make_error(
                "bad-profile",
                f"Preparing to call {service} failed: the profile's settings are not as AWS documents them.",
                "A credential_process may not print a JSON object, or a cached login may be damaged.",
                "Check the profile with the AWS CLI: `aws sts get-caller-identity`",
            ) from None
