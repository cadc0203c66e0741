"""The boto3 session of a program that uses reconcile as a library (`reconciler/api.py`), made ready for our calls.

Our clients limit what they read and how long they wait (`aws/limits.py`). A session of somebody else is never changed
for that: one of ours takes its credentials, profile and region. Its event handlers stay behind.
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
    """Find the account of a program's session; None: of the credentials that botocore finds in the environment.

    Nothing is read from a terminal: credentials that need an MFA code are refused. Raises ReconcileError.
    """
    if session is not None:
        return connect_session(borrow_session(session))
    return connect_session(make_session(None, None, ask=_refuse_question))


def borrow_session(session: Session, region: str | None = None) -> Session:
    """Return a session of ours with the credentials, profile and region of another one. Raises ReconcileError.

    region: one that goes before the session's own.
    """
    core = make_core_session()
    core.register_component("credential_provider", _CredentialLender(session))
    named = session.profile_name
    profile = named if named in session.available_profiles else None
    with translate_errors("finding credentials"):
        ours = Session(profile_name=profile, region_name=region or session.region_name, botocore_session=core)
        guard_credentials(core, CredentialOrigin(profile))
        return ours


def read_aws_variables() -> Mapping[str, str]:
    """Return the variables that a library goes by: AWS's own, and those that say where this user's folders are."""
    return {name: value for name, value in os.environ.items() if name.startswith("AWS_") or name in _FOLDER_VARIABLES}


class _CredentialLender:
    """Stand in for botocore's chain of credential providers: hand out the credentials of one session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def load_credentials(self) -> Any:
        """Return the credentials, as an object that we may change; None if the session has none."""
        found: Any = self._session.get_credentials()
        if found is None or type(found) is Credentials:
            return copy(found)
        return _LentCredentials(found)


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
