"""Enter the accounts of an organization through their role, as the section `organization` says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from reconciler.assume.chain import build_calls
from reconciler.aws.member_sessions import MemberSessions
from reconciler.aws.meter import Meter
from reconciler.aws.session import Connection
from reconciler.model.assume_role import AssumeRoleCall
from reconciler.model.call_stats import CallStats
from reconciler.model.desired import Alias
from reconciler.model.member_account import MemberAccount
from reconciler.model.problem import make_error


@dataclass(frozen=True)
class AccountEntry:
    """The way into the accounts of one run.

    home: the caller's connection. role, session, hops: as in `Organization`.
    """

    home: Connection
    role: str | None
    session: Alias
    hops: Mapping[str, Alias]
    _meters: list[Meter] = field(default_factory=list)

    @cached_property
    def _sessions(self) -> MemberSessions:
        return MemberSessions(self.home)

    def connect(self, account: MemberAccount) -> Connection:
        """Enter an account. Raises ReconcileError if AWS refuses the role."""
        connection = self._sessions.connect(account.id, self.list_calls(account))
        if connection is not self.home:
            self._meters.append(connection.meter)
        return connection

    @property
    def calls(self) -> CallStats:
        """The calls of the caller, and of every account that was entered."""
        return CallStats.merge([self.home.meter.calls, *(meter.calls for meter in self._meters)])

    def list_calls(self, account: MemberAccount) -> tuple[AssumeRoleCall, ...]:
        """Return the AssumeRole calls that lead into an account; none for the caller's own. Raises ReconcileError."""
        if account.id == self.home.account:
            return ()
        if self.role is None:
            raise make_error(
                "no-member-role",
                f"`organization` names no `role`, so the account {account.label} cannot be entered.",
                f"The credentials are of account {self.home.account}.",
                "Write `role: NAME`: the role to assume in each account.",
                self.session.place,
            )
        arn = f"arn:{self.home.partition}:iam::{account.id}:role/{self.role}"
        chain = (*reversed(list(self._iter_hops())), replace(self.session, role_arn=arn))
        return build_calls(chain, self.home.caller_arn, {})

    def _iter_hops(self) -> Iterator[Alias]:
        """Yield the aliases on the way to the accounts, the last one first. Raises ReconcileError for a circle."""
        seen: list[str] = []
        name = self.session.via
        while name is not None:
            if name in seen:
                cycle = " → ".join([*seen, name])
                raise make_error("alias-cycle", f"`via` forms a cycle: {cycle}.", place=self.session.place)
            seen.append(name)
            yield self.hops[name]
            name = self.hops[name].via
