"""Mark errors with the profile that a session's credentials come from.

botocore's errors name no profile, or only a part of the way to it. So a session marks its errors: those of loading
credentials (`aws/credential_guard.py`), and AWS's error answers to calls that it signed. `aws/profile_errors.py` reads
the mark.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast

import botocore
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from reconciler.model.problem import Place

_MARK = "reconcile-origin"
_METHOD = "reconcile-method"
_EXPLICIT = "explicit"
"""botocore's method name for credentials that the program passes, such as those of an assumed role."""


@dataclass(frozen=True, slots=True)
class CredentialOrigin:
    """The origin of a session's credentials.

    profile: the requested profile, None for botocore's own choice. place: the alias that names it. method: botocore's
    name for the provider of the credentials, "" if there are none yet.
    """

    profile: str | None = None
    place: Place | None = None
    method: str = ""


def mark_error(error: Exception, origin: CredentialOrigin) -> None:
    """Mark an error with the origin of its credentials, unless it is marked already."""
    if isinstance(error, ClientError):
        response = cast("dict[str, Any]", error.response)
        response.setdefault("ResponseMetadata", {}).setdefault(_MARK, origin)
    elif isinstance(error, BotoCoreError):
        kwargs = cast("dict[str, Any]", error.kwargs)
        kwargs.setdefault(_MARK, origin)


def origin_of(error: Exception) -> CredentialOrigin | None:
    """Return the mark of an error."""
    if isinstance(error, ClientError):
        mark: object = dict(error.response.get("ResponseMetadata", {})).get(_MARK)
    else:
        mark = error.kwargs.get(_MARK) if isinstance(error, BotoCoreError) else None
    return mark if isinstance(mark, CredentialOrigin) else None


def mark_answers(events: Any, origin: CredentialOrigin) -> None:
    """Mark AWS's error answers to calls that are signed with the session's credentials.

    events: the event emitter of the botocore session. Calls with other credentials, such as those of a role that was
    just assumed, are not marked.
    """

    def on_sign(request: Any, request_signer: Any, signature_version: Any, **_: object) -> None:
        credentials = getattr(request_signer, "_credentials", None)
        if credentials is not None:
            request.context[_METHOD] = str(getattr(credentials, "method", ""))
        elif signature_version is not botocore.UNSIGNED:
            error = NoCredentialsError()
            mark_error(error, origin)
            raise error

    def on_answer(parsed: Any, context: Any, **_: object) -> None:
        method = context.get(_METHOD)
        if method not in (None, _EXPLICIT) and isinstance(parsed, dict) and "Error" in parsed:
            parsed.setdefault("ResponseMetadata", {})[_MARK] = replace(origin, method=method)

    events.register("before-sign", on_sign)
    events.register("after-call", on_answer)
