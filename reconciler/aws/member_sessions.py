"""Enter the accounts of an organization: assume the role of each, or use the caller's own session in its own account.

The credentials stay in memory. Sessions of roles on the way (`via`) are made once and shared; a session that ends
within a few minutes is made anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any

import boto3.session

from reconciler.aws import timing
from reconciler.aws.session import Connection, connect_role_session, make_core_session, mark_trace
from reconciler.aws.sts import SessionKeys, assume_role
from reconciler.model.arns import role_of_session
from reconciler.model.assume_role import AssumeRoleCall
from reconciler.model.problem import Problem, ReconcileError
from reconciler.model.sentence import format_list
from reconciler.model.sts_limits import ROLE_REFUSED

_MARGIN = timedelta(seconds=timing.SHARED_SESSION_MARGIN)


@dataclass
class MemberSessions:
    """The sessions of one run. Many threads may ask for one at once.

    home: the caller's connection.
    """

    home: Connection
    _hops: dict[AssumeRoleCall, SessionKeys] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def connect(self, account: str, calls: Sequence[AssumeRoleCall]) -> Connection:
        """Return a connection to an account.

        calls: the roles to assume, the account's own one last; none for the caller's own account. Raises
        ReconcileError if AWS refuses one of them.
        """
        if not calls:
            return self.home
        keys: SessionKeys | None = None
        caller = self.home.caller_arn
        for call in calls[:-1]:
            keys, caller = self._get_hop(call, keys, caller), call.role_arn
        last = calls[-1]
        keys = self._assume(last, keys, caller)
        connection = connect_role_session(self._make_session(keys), self.home.endpoint_url, last.session_arn)
        return replace(connection, trace=self.home.trace)

    def _get_hop(self, call: AssumeRoleCall, keys: SessionKeys | None, caller: str) -> SessionKeys:
        with self._lock:
            known = self._hops.get(call)
            if known is None or datetime.fromisoformat(known[3]) - datetime.now(UTC) < _MARGIN:
                known = self._hops[call] = self._assume(call, keys, caller)
            return known

    def _assume(self, call: AssumeRoleCall, keys: SessionKeys | None, caller: str) -> SessionKeys:
        sts = self.home.make_sts_client(keys)
        try:
            return assume_role(sts, call.to_parameters(), caller)
        except ReconcileError as error:
            raise ReconcileError([_explain_refusal(problem, call, caller) for problem in error.problems]) from None

    def _make_session(self, keys: SessionKeys) -> boto3.session.Session:
        """Return a session of its own for the keys. It shares the models of AWS, which take long to read."""
        core: Any = make_core_session()
        own: Any = self.home.session
        core.register_component("data_loader", own._session.get_component("data_loader"))
        core.set_credentials(*keys[:3])
        mark_trace(core, self.home.trace)
        return boto3.session.Session(region_name=self.home.session.region_name, botocore_session=core)


def _explain_refusal(problem: Problem, call: AssumeRoleCall, caller: str) -> Problem:
    """Return a problem of AssumeRole in the words of an organization file."""
    if problem.code != ROLE_REFUSED:
        return problem
    sent = f" with the external id {call.external_id!r}" if call.external_id else ""
    actions = ["sts:AssumeRole"]
    actions += ["sts:TagSession"] if call.session_tags else []
    actions += ["sts:SetSourceIdentity"] if call.source_identity else []
    allowed = format_list(actions, len(actions))
    inside = f", and that allows {format_list(actions[1:], len(actions))}, too" if actions[1:] else ""
    hint = (
        f"Create {call.role_arn} with a trust policy that lets {_name_caller(caller)} in{sent}{inside}. "
        f"Allow the caller {allowed} on it."
    )
    return replace(problem, hint=hint)


def _name_caller(arn: str) -> str:
    """Return the caller as a trust policy can name it: the role of a session, whose path its ARN lacks."""
    role = role_of_session(arn)
    return f"the role {role} of account {arn.split(':')[4]}" if role else arn
