"""Which profile a session's credentials come from, told along with every error that they cause.

botocore's errors name no profile, or only half of what led to it. So a session marks its errors: those of its ways to
credentials (`aws/credential_guard.py`), and the answers to calls that it signed. `aws/profile_errors.py` reads the
mark.
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
"""botocore's name for credentials that a program passes, as those of an earlier role."""


@dataclass(frozen=True, slots=True)
class CredentialOrigin:
    """profile: the one that was asked for, None for botocore's own choice. place: of the alias that names it.

    method: botocore's word for the way the credentials came, "" where there are none yet.
    """

    profile: str | None = None
    place: Place | None = None
    method: str = ""


def mark_error(error: Exception, origin: CredentialOrigin) -> None:
    """Note on an error whose credentials it is about; a mark that is there already stays."""
    if isinstance(error, ClientError):
        response = cast("dict[str, Any]", error.response)
        response.setdefault("ResponseMetadata", {}).setdefault(_MARK, origin)
    elif isinstance(error, BotoCoreError):
        kwargs = cast("dict[str, Any]", error.kwargs)
        kwargs.setdefault(_MARK, origin)


def origin_of(error: Exception) -> CredentialOrigin | None:
    """Return the mark of an error."""
    if isinstance(error, ClientError):
        found: object = dict(error.response.get("ResponseMetadata", {})).get(_MARK)
    else:
        found = error.kwargs.get(_MARK) if isinstance(error, BotoCoreError) else None
    return found if isinstance(found, CredentialOrigin) else None


def mark_answers(events: Any, origin: CredentialOrigin) -> None:
    """Have every client made with these events of a botocore session mark AWS's answers to calls with its credentials.

    Calls with credentials of their own, such as those of a role that was just assumed, stay unmarked.
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
