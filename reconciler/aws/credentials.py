"""botocore's ways to credentials, each of whose failures is an error of botocore's."""

from __future__ import annotations

from typing import Any

import botocore.session

from reconciler.aws.library_errors import retrieving_credentials


def guard_credentials(core: botocore.session.Session) -> None:
    """Make the session raise nothing but errors of botocore's while it finds credentials, and while it renews them."""
    chain: Any = core.get_component("credential_provider")
    load = chain.load_credentials

    def load_guarded() -> Any:
        with retrieving_credentials():
            found = load()
        if found is not None:
            _guard(found)
        return found

    chain.load_credentials = load_guarded


def _guard(credentials: Any) -> None:
    freeze = credentials.get_frozen_credentials

    def freeze_guarded() -> Any:
        with retrieving_credentials():
            return freeze()

    credentials.get_frozen_credentials = freeze_guarded
