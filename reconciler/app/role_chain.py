"""Walk a role chain: make one AssumeRole call per hop, send an MFA code at most once, and cache all credentials.

Each hop's credentials come from the cache, or are made by one process at a time; a process that waited looks into the
cache again. MFA goes with the first hop only. If that session lasts an hour at most, the code opens an MFA session
(GetSessionToken) that later runs reuse. AWS counts that as role chaining, so a longer session takes the code itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from reconciler.app.assume_request import AssumeRun
from reconciler.app.used_codes import UsedCodes, make_device_key
from reconciler.assume import cache_lookup, mfa_codes, mfa_demands
from reconciler.assume.cache import CODES, CREDENTIALS, MFA_SESSIONS, Entry, Notice, is_fresh, key_of
from reconciler.assume.credentials import Credentials, parse_expiration
from reconciler.aws import sts
from reconciler.aws.faults import BAD_CREDENTIALS
from reconciler.diagnose.request_context import WITH_CODE, Mfa
from reconciler.model.assume_role import AssumeRoleCall
from reconciler.model.escape import escape_line
from reconciler.model.explanation import Explanation
from reconciler.model.problem import ReconcileError, make_error
from reconciler.model.sts_limits import MAX_CHAINED_DURATION, ROLE_REFUSED

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient

MFA_SESSION_SECONDS = 43200
"""Seconds that an MFA session lasts: AWS's own default."""
AGE_MARGIN = 60
"""Seconds by which a cached MFA session must be younger than a trust's `max_age`, for clocks and the network."""

NO_MFA = Mfa()


@dataclass
class AssumeChain:
    """The role chain of one run, with its progress. notice: shows a line to the user."""

    run: AssumeRun
    code_sources: mfa_codes.CodeSources
    notice: Notice
    position: int = 0
    """The hop of the last call."""
    sent_mfa: Mfa = NO_MFA
    """The MFA that the first hop's last call carried."""
    code_sent: bool = False
    """A code has been sent."""
    needs_retry: bool = False
    """AWS refused the first call without a code, and a code may help."""

    def get_credentials(self) -> Credentials:
        """Return the credentials of the last role. Raises ReconcileError."""
        return self._get_hop_credentials(len(self.run.requests) - 1)

    @property
    def is_chained(self) -> bool:
        """True if AWS counts the last role's credentials as made by role chaining."""
        run = self.run
        from_session = ":user/" not in run.caller.arn or (self._mfa_need.certain and self._opens_session)
        return len(run.requests) > 1 or from_session

    @property
    def never_asks_code(self) -> bool:
        """True if the alias forbids asking for a code."""
        return self.run.chain_aliases[0].mfa is False and not any(alias.mfa for alias in self.run.chain_aliases)

    def request_code(self, explanation: Explanation) -> bool:
        """Decide, once, whether the first call is tried again with a code after this refusal.

        A person is asked only if both sides are known to allow the call with a code. A code from --token-command or the
        variable is also sent if that is not known.
        """
        has_code = self.code_sources.command is not None or bool(self.code_sources.variable)
        if self.position or self.code_sent or self.needs_retry or ":user/" not in self.run.caller.arn:
            return False
        may_help = explanation.code_helps or (explanation.code_helps is None and has_code)
        if self.never_asks_code or not may_help:
            if self.code_sources.command is not None:
                reason = (
                    "the alias has `mfa: false`" if self.never_asks_code else "an MFA code would not change the answer"
                )
                self.notice(f"--token-command was not run: {reason}.")
            return False
        self.needs_retry = self._can_ask
        if self.needs_retry:
            self.notice("AWS refused the call without an MFA code; trying again with one.")
        return self.needs_retry

    def _get_hop_credentials(self, position: int) -> Credentials:
        run = self.run
        key = run.cache_key_of(position)
        alias = run.requests[position].alias
        credentials = cache_lookup.find_credentials(run.cache, key)
        if credentials is not None:
            return credentials
        with run.cache.lock_entry(CREDENTIALS, key, f"another run is assuming {alias}; waiting for it."):
            credentials = cache_lookup.find_credentials(run.cache, key)
            if credentials is None:
                credentials = Credentials(
                    *(self._assume_first_role() if position == 0 else self._assume_later_role(position))
                )
                entry = _make_entry(credentials, alias=alias)
                if is_fresh(entry):  # credentials with less time left are never handed out
                    run.cache.put(CREDENTIALS, key, entry)
            return credentials

    def _assume_later_role(self, position: int) -> sts.SessionKeys:
        previous = self.run.requests[position - 1]
        keys = self._get_hop_credentials(position - 1)
        return self._assume_hop(position, self.run.source.make_sts_client(keys), previous.role_arn)

    def _assume_first_role(self) -> sts.SessionKeys:
        run, need = self.run, self._mfa_need
        if not need.certain and self.code_sources.code is None:
            return self._assume_without_code()
        if ":user/" not in run.caller.arn:
            raise _make_mfa_error(run.requests[0], run.caller.arn)
        if run.source.is_temporary and self.code_sources.code is None and not self.needs_retry:
            self.sent_mfa = Mfa(present=None, temporary=True)  # only AWS knows if GetSessionToken made it with MFA
            try:
                return self._assume_hop(0, run.source.make_sts_client(), run.caller.arn)
            except ReconcileError as error:
                if not _has_code(error, ROLE_REFUSED):
                    raise
        return self._assume_with_session() if self._opens_session else self._assume_with_code()

    def _assume_without_code(self) -> sts.SessionKeys:
        """Assume the first role without MFA. If AWS refuses, try a cached MFA session."""
        run = self.run
        if run.source.is_temporary:
            self.sent_mfa = Mfa(present=None if ":user/" in run.caller.arn else False, temporary=True)
        try:
            return self._assume_hop(0, run.source.make_sts_client(), run.caller.arn)
        except ReconcileError as error:
            session = self._find_session(None) if _has_code(error, ROLE_REFUSED) and self._opens_session else None
            if session is None:
                raise
            self.sent_mfa = Mfa(True, self._get_session_age(), temporary=True)
            return self._assume_hop(0, run.source.make_sts_client(session), run.caller.arn)

    def _assume_with_code(self) -> sts.SessionKeys:
        run, request = self.run, self.run.requests[0]
        serial = self._find_serial()
        self.position, self.sent_mfa = 0, WITH_CODE
        client, caller = run.source.make_unretried_sts(), run.caller.arn
        return self._send_code(
            request.alias,
            serial,
            lambda code: sts.assume_role(client, request.to_parameters(), caller, serial, code),
        )

    def _assume_with_session(self) -> sts.SessionKeys:
        """Assume the first role with the cached MFA session, or a new one if there is none or AWS refuses it."""
        run, need = self.run, self._mfa_need
        cached, caller = self._find_session(need.max_age), run.caller.arn
        if cached is not None and not (self.needs_retry and self.sent_mfa.present):
            self.sent_mfa = Mfa(True, self._get_session_age(), temporary=True)
            try:
                return self._assume_hop(0, run.source.make_sts_client(cached), caller)
            except ReconcileError as error:
                may_help = _has_code(error, BAD_CREDENTIALS) or (_has_code(error, ROLE_REFUSED) and not need.is_exact)
                if not (may_help and self._can_ask):
                    raise
                self.notice("AWS refused the cached MFA session; trying again with a new code.")
        keys = self._create_session(need.max_age, refused=cached)
        self.sent_mfa = Mfa(True, self._get_session_age(), temporary=True)
        return self._assume_hop(0, run.source.make_sts_client(keys), caller)

    def _create_session(self, max_age: int | None, refused: Credentials | None) -> Credentials:
        run, wait_notice = self.run, "another run is asking for an MFA code; waiting for it."
        with run.cache.lock_entry(MFA_SESSIONS, self._session_key, wait_notice):
            cached = self._find_session(max_age)
            if cached is not None and cached != refused:
                return cached
            serial, asked_at = self._find_serial(), time.time()
            client, caller = run.source.make_unretried_sts(), run.caller.arn
            keys = self._send_code(
                run.requests[0].alias,
                serial,
                lambda code: sts.open_mfa_session(client, caller, serial, code, MFA_SESSION_SECONDS),
            )
            entry = _make_entry(Credentials(*keys), serial=serial, asked=asked_at)
            run.cache.put(MFA_SESSIONS, self._session_key, entry)
            return Credentials(*keys)

    def _find_session(self, max_age: int | None) -> Credentials | None:
        """Return the cached MFA session if it is fresh, of the alias's device, and younger than `max_age` seconds."""
        entry = self.run.cache.get(MFA_SESSIONS, self._session_key)
        if entry is None or not is_fresh(entry) or self._mfa_need.serial not in (None, entry.get("serial")):
            return None
        age = self._get_session_age()
        if max_age is not None and age > max_age - min(AGE_MARGIN, max_age // 2):
            return None
        return cache_lookup.parse_credentials(entry)

    def _get_session_age(self) -> int:
        """Return the seconds since the code of the cached MFA session was sent; its full length if not known."""
        entry = self.run.cache.get(MFA_SESSIONS, self._session_key) or {}
        asked_at = entry.get("asked")
        return max(0, int(time.time() - asked_at)) if isinstance(asked_at, int | float) else MFA_SESSION_SECONDS

    def _send_code(self, alias: str, serial: str, send: Callable[[str], sts.SessionKeys]) -> sts.SessionKeys:
        """Send codes until AWS accepts one and return its answer. Only one process asks for a device's codes."""
        run, key = self.run, make_device_key(self.run.endpoint, serial)
        used = UsedCodes(run.cache, key)
        with run.cache.lock_entry(CODES, key, "another run is asking for an MFA code; waiting for it."):
            question = f"MFA code for {escape_line(alias)} ({escape_line(serial)}): "
            self.code_sent = True
            return mfa_codes.try_codes(mfa_codes.iter_codes(self.code_sources, question, used), send)

    def _assume_hop(self, position: int, client: STSClient, caller: str) -> sts.SessionKeys:
        """Make one AssumeRole call without a code."""
        self.position = position
        return sts.assume_role(client, self.run.requests[position].to_parameters(), caller)

    @property
    def _can_ask(self) -> bool:
        sources = self.code_sources
        return any(item is not None for item in (sources.code, sources.command, sources.variable, sources.ask))

    @property
    def _session_key(self) -> str:
        return key_of(self.run.source_id, self.run.endpoint)

    @property
    def _opens_session(self) -> bool:
        """True if a code opens an MFA session. It needs long-term keys, an hour at most, and a usable cache."""
        is_short = (self.run.requests[0].duration or MAX_CHAINED_DURATION) <= MAX_CHAINED_DURATION
        return is_short and not self.run.source.is_temporary and self.run.cache.is_usable

    @property
    def _mfa_need(self) -> MfaNeed:
        return replace(self._need_of_file, certain=True, is_exact=False) if self.needs_retry else self._need_of_file

    @cached_property
    def _need_of_file(self) -> MfaNeed:
        return find_mfa_need(self.run)

    def predict_mfa(self) -> Mfa:
        """Return the MFA that the first call would carry, without asking for a code."""
        if ":user/" not in self.run.caller.arn or not (self._mfa_need.certain or self.code_sources.code is not None):
            return Mfa(temporary=self.run.source.is_temporary)
        if self.run.source.is_temporary:
            return Mfa(present=None, temporary=True)
        cached = self._find_session(self._mfa_need.max_age) if self._opens_session else None
        return Mfa(True, self._get_session_age() if cached else 0)

    def _find_serial(self) -> str:
        run = self.run
        return self._mfa_need.serial or mfa_demands.choose_device(run.source.list_mfa_devices(), run.caller.arn)


@dataclass(frozen=True, slots=True)
class MfaNeed:
    """The MFA that the first hop needs.

    certain: the file demands it; else MFA is used only if a code was passed. serial: the device, None for the caller's.
    max_age: seconds. is_exact: the file has the trust policy, so `max_age` is right.
    """

    certain: bool
    serial: str | None
    max_age: int | None = None
    is_exact: bool = False


def find_mfa_need(run: AssumeRun) -> MfaNeed:
    """Return the need of a run. `mfa: true` of a later hop counts, too: only the first call can carry a code."""
    path = run.chain_aliases
    serial = next((alias.mfa_serial for alias in path if alias.mfa_serial), None) or run.profile_device
    demand = run.catalog.find_demand(path, run.caller)
    declared = True if any(alias.mfa for alias in path) else path[0].mfa
    certain = bool(demand.required) if declared is None else declared
    if not certain:
        return MfaNeed(False, serial)
    return MfaNeed(True, serial, demand.max_age, bool(demand.required) and path[0].name in run.catalog.trust_policies)


def _make_entry(credentials: Credentials, **more: object) -> Entry:
    ends = parse_expiration(credentials.expiration)
    return {"keys": list(credentials), "expires": ends.timestamp() if ends else 0, **more}


def _has_code(error: ReconcileError, *expected: str) -> bool:
    return any(problem.code in expected for problem in error.problems)


def _make_mfa_error(request: AssumeRoleCall, caller: str) -> ReconcileError:
    return make_error(
        "mfa-from-role",
        f"{request.alias} needs MFA, and {caller} cannot give it.",
        "AWS accepts MFA codes only from users; a role's session carries no MFA.",
        "Start from a user: pass --profile NAME, or set `source_profile` of the alias.",
    )
