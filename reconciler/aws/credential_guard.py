"""Guard how botocore finds credentials, so that each failure is a botocore error that knows its profile."""

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
    """Make the session raise only botocore errors while it loads or refreshes credentials.

    These errors, and AWS's error answers to calls with these credentials, are marked with `origin`.
    """
    chain: Any = core.get_component("credential_provider")
    load = chain.load_credentials

    def load_guarded() -> Any:
        with mark_errors(origin), translate_provider_errors():
            credentials = load()
        if credentials is not None:
            _guard_refresh(credentials, origin)
        return credentials

    chain.load_credentials = load_guarded
    mark_answers(core.get_component("event_emitter"), origin)


@contextmanager
def mark_errors(origin: CredentialOrigin) -> Iterator[None]:
    """Mark every botocore error that leaves the block."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        mark_error(error, origin)
        raise


def origin_of_credentials(credentials: Any) -> CredentialOrigin | None:
    """Return the origin of a session's credentials; None if the program passed them."""
    origin = getattr(credentials, _ORIGIN_ATTRIBUTE, None)
    return replace(origin, method=str(credentials.method)) if isinstance(origin, CredentialOrigin) else None


_ORIGIN_ATTRIBUTE = "reconcile_origin"


def _guard_refresh(credentials: Any, origin: CredentialOrigin) -> None:
    setattr(credentials, _ORIGIN_ATTRIBUTE, origin)
    freeze = credentials.get_frozen_credentials

    def freeze_guarded() -> Any:
        with mark_errors(origin), translate_provider_errors():
            return freeze()

    credentials.get_frozen_credentials = freeze_guarded
