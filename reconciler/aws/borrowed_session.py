"""Borrow the credentials of a boto3 session, for a program that uses reconcile as a library (`reconciler/api.py`).

Our clients limit how much they read and how long they wait (`aws/limits.py`). The program's session is never changed
for that: a session of ours takes its credentials, profile and region, but not its event handlers.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from copy import copy
from typing import Any

import boto3.session
from botocore.credentials import Credentials

from reconciler.aws.credential_guard import guard_credentials
from reconciler.aws.credential_origin import CredentialOrigin
from reconciler.aws.faults import translate_errors
from reconciler.aws.profile_mfa import explain_no_terminal
from reconciler.aws.session import Connection, connect_session, make_core_session, make_session

Session = boto3.session.Session

_FOLDER_VARIABLES = ("HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "LOCALAPPDATA", "USERPROFILE")


def connect_program(session: Session | None) -> Connection:
    """Connect a program's session to its account; None for the credentials that botocore finds in the environment.

    Nothing is read from a terminal: credentials that need an MFA code are refused. Raises ReconcileError.
    """
    if session is not None:
        return connect_session(borrow_session(session))
    return connect_session(make_session(None, None, ask=_refuse_question))


def borrow_session(session: Session, region: str | None = None) -> Session:
    """Return a session of ours with the credentials, profile and region of another one. Raises ReconcileError.

    region: overrides the session's own.
    """
    core = make_core_session()
    core.register_component("credential_provider", _CredentialLender(session))
    profile_name = session.profile_name
    profile = profile_name if profile_name in session.available_profiles else None
    with translate_errors("finding credentials"):
        ours = Session(profile_name=profile, region_name=region or session.region_name, botocore_session=core)
        guard_credentials(core, CredentialOrigin(profile))
        return ours


def read_aws_variables() -> Mapping[str, str]:
    """Return the variables that a library reads: AWS's own, and those that locate this user's folders."""
    return {name: value for name, value in os.environ.items() if name.startswith("AWS_") or name in _FOLDER_VARIABLES}


class _CredentialLender:
    """A stand-in for botocore's chain of credential providers, with the credentials of one session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def load_credentials(self) -> Any:
        """Return the credentials, as an object that we may change; None if the session has none."""
        credentials: Any = self._session.get_credentials()
        if credentials is None or type(credentials) is Credentials:
            return copy(credentials)
        return _LentCredentials(credentials)


class _LentCredentials:
    """Credentials that their owner renews: every question goes to the owner's object."""

    def __init__(self, lent: Any) -> None:
        self._lent = lent

    def get_frozen_credentials(self) -> Any:
        return self._lent.get_frozen_credentials()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._lent, name)


def _refuse_question(serial: str) -> str:
    raise explain_no_terminal(serial)
