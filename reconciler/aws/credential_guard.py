"""botocore's ways to credentials, each of whose failures is an error of botocore's that names its profile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import botocore.session
from botocore.exceptions import BotoCoreError, ClientError

from reconciler.aws.credential_origin import CredentialOrigin, mark_answers, mark_error
from reconciler.aws.library_errors import translate_provider_errors


def guard_credentials(core: botocore.session.Session, origin: CredentialOrigin) -> None:
    """Make the session raise nothing but errors of botocore's while it finds credentials, and while it renews them.

    Those, and AWS's answers to calls with these credentials, are marked with where they come from.
    """
    chain: Any = core.get_component("credential_provider")
    load = chain.load_credentials

    def load_guarded() -> Any:
        with mark_errors(origin), translate_provider_errors():
            found = load()
        if found is not None:
            _guard_refresh(found, origin)
        return found

    chain.load_credentials = load_guarded
    mark_answers(core.get_component("event_emitter"), origin)


@contextmanager
def mark_errors(origin: CredentialOrigin) -> Iterator[None]:
    """Mark every error of botocore's that leaves the block."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        mark_error(error, origin)
        raise


def origin_of_credentials(credentials: Any) -> CredentialOrigin | None:
    """Return where a session's own credentials come from; None for those that a program passes."""
    found = getattr(credentials, _ORIGIN_ATTRIBUTE, None)
    return replace(found, method=str(credentials.method)) if isinstance(found, CredentialOrigin) else None


_ORIGIN_ATTRIBUTE = "reconcile_origin"


def _guard_refresh(credentials: Any, origin: CredentialOrigin) -> None:
    setattr(credentials, _ORIGIN_ATTRIBUTE, origin)
    freeze = credentials.get_frozen_credentials

    def freeze_guarded() -> Any:
        with mark_errors(origin), translate_provider_errors():
            return freeze()

    credentials.get_frozen_credentials = freeze_guarded
