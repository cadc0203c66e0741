"""botocore's ways to credentials, each of whose failures is an error of botocore's that names its profile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import botocore.session
from botocore.exceptions import BotoCoreError, ClientError

from reconciler.aws.library_errors import retrieving_credentials
from reconciler.aws.origin import Origin, mark_answers, mark_error


def guard_credentials(core: botocore.session.Session, origin: Origin) -> None:
    """Make the session raise nothing but errors of botocore's while it finds credentials, and while it renews them.

    Those, and AWS's answers to calls with these credentials, are marked with where they come from.
    """
    chain: Any = core.get_component("credential_provider")
    load = chain.load_credentials

    def load_guarded() -> Any:
        with marking(origin), retrieving_credentials():
            found = load()
        if found is not None:
            _guard(found, origin)
        return found

    chain.load_credentials = load_guarded
    mark_answers(core.get_component("event_emitter"), origin)


@contextmanager
def marking(origin: Origin) -> Iterator[None]:
    """Mark every error of botocore's that leaves the block."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        mark_error(error, origin)
        raise


def origin_of_credentials(credentials: Any) -> Origin | None:
    """Return where a session's own credentials come from; None for those that a program passes."""
    found = getattr(credentials, _ORIGIN, None)
    return replace(found, method=str(credentials.method)) if isinstance(found, Origin) else None


_ORIGIN = "reconcile_origin"


def _guard(credentials: Any, origin: Origin) -> None:
    setattr(credentials, _ORIGIN, origin)
    freeze = credentials.get_frozen_credentials

    def freeze_guarded() -> Any:
        with marking(origin), retrieving_credentials():
            return freeze()

    credentials.get_frozen_credentials = freeze_guarded
