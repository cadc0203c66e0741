"""Fixtures of the emulator tier."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import boto3.session
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

import reconciler.aws.session
from reconciler.sandbox.server import Sandbox
from tests.support.connections import close_connections
from tests.support.faults import FaultLayer

__all__ = ["close_connections"]

CALLER_VARIABLES = re.compile(r"AWS_|RECONCILE_CALL_|.*(_PROXY|_BUNDLE)$", re.IGNORECASE)
"""Variables that say who calls, and how AWS is reached."""


@pytest.fixture(autouse=True)
def _skip_grace_period(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sandbox is consistent at once: an apply that does not match at the first look never will."""
    monkeypatch.setattr("reconciler.aws.timing.VERIFY_PAUSES", (0.0,))


class _CachedSession:
    """A session whose clients stay: what is registered for an event replaces what was before, as for a new session."""

    def __init__(self, session: boto3.session.Session) -> None:
        self._cached = session
        self._handlers: dict[str, Any] = {}
        self.client = lru_cache(maxsize=None)(session.client)
        self.events = self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cached, name)

    def register_first(self, event: str, handler: Any) -> None:
        if event not in self._handlers:
            self._cached.events.register_first(event, lambda **given: self._handlers[event](**given))
        self._handlers[event] = handler


@pytest.fixture(autouse=True, scope="session")
def _cache_clients() -> Iterator[None]:
    """Making four clients is what is left of that half: a plan takes those of the plan before, of the same caller.

    The caller and the endpoint are all in the environment; with a file of profiles, they are not, and nothing is kept.
    """
    made = reconciler.aws.session.make_session
    kept: dict[Any, _CachedSession] = {}

    def session_of(
        profile: str | None, region: str | None, alias_place: Any = None, ask: Any = None, trace: Any = None
    ) -> Any:
        files = (os.environ.get(name) for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"))
        if any(file is None or Path(file).exists() for file in files):
            return made(profile, region, alias_place, ask, trace)
        told = (item for item in os.environ.items() if CALLER_VARIABLES.match(item[0]))
        caller = profile, region, trace, *sorted(told)
        if caller not in kept:
            kept[caller] = _CachedSession(made(profile, region, trace=trace))
        return kept[caller]

    with pytest.MonkeyPatch.context() as monkey:
        monkey.setattr(reconciler.aws.session, "make_session", session_of)
        yield


@pytest.fixture
def denied_operations(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Operations that the caller may not call, to be filled by the test."""
    operations_denied: set[str] = set()
    made = BaseClient._make_api_call

    def call(client: Any, operation: str, parameters: Any) -> Any:
        if operation in operations_denied:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, operation)
        return made(client, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    return operations_denied


@pytest.fixture(scope="module")
def front() -> FaultLayer:
    """A layer before the sandbox that loses, delays and refuses calls as a test says."""
    return FaultLayer()


@pytest.fixture(scope="module")
def faulty(front: FaultLayer) -> Iterator[Sandbox]:
    with Sandbox(wrap=front.wrap_layer) as sandbox:
        yield sandbox
