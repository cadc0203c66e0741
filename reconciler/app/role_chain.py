"""From the source credentials to those of the last role: one AssumeRole per hop, MFA once, everything kept.

A hop's credentials are looked up, then made by one process at a time: whoever waited looks again first. MFA goes with
the first hop alone. Where its session is for an hour at most, the code buys an MFA session (GetSessionToken) that later
assumes reuse; AWS counts that as role chaining, so a longer one takes the code itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from reconciler.app.assume_request import AssumeRun, Say
from reconciler.app.used_codes import UsedCodes, make_device_key
from reconciler.assume import cache_lookup, mfa_codes, mfa_demands
from reconciler.assume.cache import CODES, CREDENTIALS, MFA_SESSIONS, Entry, is_fresh, key_of
from reconciler.assume.credentials import Credentials, parse_expiration
from reconciler.aws import sts
from reconciler.aws.faults import BAD_CREDENTIALS
from reconciler.diagnose.request_context import WITH_CODE, Mfa
from reconciler.model.assume_role import AssumeRoleCall
from reconciler.model.escape import escape_line
from reconciler.model.explanation import Explanation
from reconciler.model.problem import ReconcileError, make_error
from reconciler.model.sts_limits import MAX_CHAINED_DURATION

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient

MFA_SESSION_SECONDS = 43200
"""Seconds that an MFA session is asked for: AWS's own default."""
AGE_MARGIN = 60
"""Seconds that a kept MFA session is younger than a trust's `max_age` at least, for clocks and the way to AWS."""

NO_MFA = Mfa()


@dataclass
class AssumeChain:
    """One walk along the calls of a run."""

    run: AssumeRun
    code_sources: mfa_codes.CodeSources
    say: Say
    position: int = 0
    """The hop that was tried last."""
    sent_mfa: Mfa = NO_MFA
    """The MFA that the first call carried when it was tried last."""
    code_sent: bool = False
    """A code was sent already."""
    needs_retry: bool = False
    """AWS refused the first call without a code, and a code may help."""

    def get_credentials(self) -> Credentials:
        """Those of the last role. Raises Failed."""
        return self._get_hop_credentials(len(self.run.requests) - 1)

    @property
    def is_chained(self) -> bool:
        """True where AWS counts the last role's credentials as made by role chaining."""
        run = self.run
        from_session = ":user/" not in run.caller.arn or (self._need.certain and self._buys_session)
        return len(run.requests) > 1 or from_session

    @property
    def never_asks_code(self) -> bool:
        """True if the alias says that no code is to be asked for."""
        return self.run.chain_aliases[0].mfa is False and not any(alias.mfa for alias in self.run.chain_aliases)

    def request_code(self, explanation: Explanation) -> bool:
        """Take the first call for one that needs a code from now on, if a refusal shows that one may help. Once.

        A person is asked only if both sides are known to let in the same call with a code; a code that was given
        beforehand (--token-command, the variable) is sent as well if that is not known.
        """
        given = self.code_sources.command is not None or bool(self.code_sources.variable)
        if self.position or self.code_sent or self.needs_retry or ":user/" not in self.run.caller.arn:
            return False
        may_help = explanation.code_helps or (explanation.code_helps is None and given)
        if self.never_asks_code or not may_help:
            if self.code_sources.command is not None:
                reason = (
                    "the alias says `mfa: false`" if self.never_asks_code else "an MFA code would not change the answer"
                )
                self.say(f"--token-command was not run: {reason}.")
            return False
        self.needs_retry = self._can_ask
        if self.needs_retry:
            self.say("AWS refused without an MFA code, and one may help; trying again with a code.")
        return self.needs_retry

    def _get_hop_credentials(self, position: int) -> Credentials:
        run = self.run
        key = run.cache_key_of(position)
        alias = run.requests[position].alias
        found = cache_lookup.find_credentials(run.cache, key)
        if found is not None:
            return found
        with run.cache.lock_entry(CREDENTIALS, key, f"another run is assuming {alias}; waiting for it."):
            found = cache_lookup.find_credentials(run.cache, key)
            if found is None:
                found = Credentials(
                    *(self._assume_first_role() if position == 0 else self._assume_later_role(position))
                )
                entry = _make_entry(found, alias=alias)
                if is_fresh(entry):  # shorter ones would never be handed out
                    run.cache.put(CREDENTIALS, key, entry)
            return found

    def _assume_later_role(self, position: int) -> sts.SessionKeys:
        before = self.run.requests[position - 1]
        keys = self._get_hop_credentials(position - 1)
        return self._assume_hop(position, self.run.source.make_sts_client(keys), before.role_arn)

    def _assume_first_role(self) -> sts.SessionKeys:
        run, need = self.run, self._need
        if not need.certain and self.code_sources.code is None:
            return self._assume_without_code()
        if ":user/" not in run.caller.arn:
            raise _make_mfa_error(run.requests[0], run.caller.arn)
        if run.source.is_temporary and self.code_sources.code is None and not self.needs_retry:
            self.sent_mfa = Mfa(present=None, temporary=True)  # perhaps by GetSessionToken; only AWS knows
            try:
                return self._assume_hop(0, run.source.make_sts_client(), run.caller.arn)
            except ReconcileError as failed:
                if not _has_code(failed, sts.ROLE_REFUSED):
                    raise
        return self._assume_with_session() if self._buys_session else self._assume_with_code()

    def _assume_without_code(self) -> sts.SessionKeys:
        """MFA is not known to be needed; where AWS refuses and an MFA session is there anyway, that is tried."""
        run = self.run
        if run.source.is_temporary:
            self.sent_mfa = Mfa(present=None if ":user/" in run.caller.arn else False, temporary=True)
        try:
            return self._assume_hop(0, run.source.make_sts_client(), run.caller.arn)
        except ReconcileError as failed:
            kept = self._find_session(None) if _has_code(failed, sts.ROLE_REFUSED) and self._buys_session else None
            if kept is None:
                raise
            self.sent_mfa = Mfa(True, self._get_session_age(), temporary=True)
            return self._assume_hop(0, run.source.make_sts_client(kept), run.caller.arn)

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
        """By the MFA session that is kept or bought now; a kept one that is refused is replaced where that may help."""
        run, need = self.run, self._need
        kept, caller = self._find_session(need.max_age), run.caller.arn
        if kept is not None and not (self.needs_retry and self.sent_mfa.present):
            self.sent_mfa = Mfa(True, self._get_session_age(), temporary=True)
            try:
                return self._assume_hop(0, run.source.make_sts_client(kept), caller)
            except ReconcileError as failed:
                helps = _has_code(failed, BAD_CREDENTIALS) or (_has_code(failed, sts.ROLE_REFUSED) and not need.known)
                if not (helps and self._can_ask):
                    raise
                self.say("AWS refused with the MFA session that was kept; a fresh code may help.")
        keys = self._create_session(need.max_age, refused=kept)
        self.sent_mfa = Mfa(True, self._get_session_age(), temporary=True)
        return self._assume_hop(0, run.source.make_sts_client(keys), caller)

    def _create_session(self, max_age: int | None, refused: Credentials | None) -> Credentials:
        run, why = self.run, "another run is asking for an MFA code; waiting for it."
        with run.cache.lock_entry(MFA_SESSIONS, self._session_key, why):
            kept = self._find_session(max_age)
            if kept is not None and kept != refused:
                return kept
            serial, asked = self._find_serial(), time.time()
            client, caller = run.source.make_unretried_sts(), run.caller.arn
            keys = self._send_code(
                run.requests[0].alias,
                serial,
                lambda code: sts.open_mfa_session(client, caller, serial, code, MFA_SESSION_SECONDS),
            )
            run.cache.put(MFA_SESSIONS, self._session_key, _make_entry(Credentials(*keys), serial=serial, asked=asked))
            return Credentials(*keys)

    def _find_session(self, max_age: int | None) -> Credentials | None:
        """The MFA session in the cache, where it lasts, is of the device that the alias names, and young enough."""
        found = self.run.cache.get(MFA_SESSIONS, self._session_key)
        if found is None or not is_fresh(found) or self._need.serial not in (None, found.get("serial")):
            return None
        age = self._get_session_age()
        if max_age is not None and age > max_age - min(AGE_MARGIN, max_age // 2):
            return None
        return cache_lookup.parse_credentials(found)

    def _get_session_age(self) -> int:
        """Seconds since the code of the MFA session in the cache was sent; its whole length where that is not known."""
        found = self.run.cache.get(MFA_SESSIONS, self._session_key) or {}
        asked = found.get("asked")
        return max(0, int(time.time() - asked)) if isinstance(asked, int | float) else MFA_SESSION_SECONDS

    def _send_code(self, alias: str, serial: str, send: Callable[[str], sts.SessionKeys]) -> sts.SessionKeys:
        """The answer to the first code that AWS takes; one process at a time asks for the codes of a device."""
        run, key = self.run, make_device_key(self.run.endpoint, serial)
        used = UsedCodes(run.cache, key)
        with run.cache.lock_entry(CODES, key, "another run is asking for an MFA code; waiting for it."):
            question = f"MFA code for {escape_line(alias)} ({escape_line(serial)}): "
            self.code_sent = True
            return mfa_codes.try_codes(mfa_codes.iter_codes(self.code_sources, question, used), send)

    def _assume_hop(self, position: int, client: STSClient, caller: str) -> sts.SessionKeys:
        """One AssumeRole without a code."""
        self.position = position
        return sts.assume_role(client, self.run.requests[position].to_parameters(), caller)

    @property
    def _can_ask(self) -> bool:
        given = self.code_sources
        return any(item is not None for item in (given.code, given.command, given.variable, given.ask))

    @property
    def _session_key(self) -> str:
        return key_of(self.run.source_id, self.run.endpoint)

    @property
    def _buys_session(self) -> bool:
        """True where a code buys a session to keep: long-term keys, an hour at most, and somewhere to keep it."""
        short = (self.run.requests[0].duration or MAX_CHAINED_DURATION) <= MAX_CHAINED_DURATION
        return short and not self.run.source.is_temporary and self.run.cache.usable

    @property
    def _need(self) -> MfaNeed:
        return replace(self._need_of_file, certain=True, known=False) if self.needs_retry else self._need_of_file

    @cached_property
    def _need_of_file(self) -> MfaNeed:
        return find_mfa_need(self.run)

    def predict_mfa(self) -> Mfa:
        """The MFA that the first call would carry, asking nobody."""
        if ":user/" not in self.run.caller.arn or not (self._need.certain or self.code_sources.code is not None):
            return Mfa(temporary=self.run.source.is_temporary)
        if self.run.source.is_temporary:
            return Mfa(present=None, temporary=True)
        kept = self._find_session(self._need.max_age) if self._buys_session else None
        return Mfa(True, self._get_session_age() if kept else 0)

    def _find_serial(self) -> str:
        run = self.run
        return self._need.serial or mfa_demands.choose_device(run.source.list_mfa_devices(), run.caller.arn)


@dataclass(frozen=True, slots=True)
class MfaNeed:
    """MFA for the first hop. `certain`: the file says so; otherwise only where a code was passed.

    `known`: the trust is in the file, and with it `max_age`, seconds.
    """

    certain: bool
    serial: str | None
    max_age: int | None = None
    known: bool = False


def find_mfa_need(run: AssumeRun) -> MfaNeed:
    """A later hop's `mfa: true` asks for the code as well: only the first call can carry it."""
    path = run.chain_aliases
    serial = next((alias.mfa_serial for alias in path if alias.mfa_serial), None) or run.profile_device
    demand = run.catalog.find_demand(path, run.caller)
    said = True if any(alias.mfa for alias in path) else path[0].mfa
    certain = bool(demand.required) if said is None else said
    if not certain:
        return MfaNeed(False, serial)
    return MfaNeed(True, serial, demand.max_age, bool(demand.required) and path[0].name in run.catalog.trust_policies)


def _make_entry(credentials: Credentials, **more: object) -> Entry:
    ends = parse_expiration(credentials.expiration)
    return {"keys": list(credentials), "expires": ends.timestamp() if ends else 0, **more}


def _has_code(failed: ReconcileError, *expected: str) -> bool:
    return any(problem.code in expected for problem in failed.problems)


def _make_mfa_error(request: AssumeRoleCall, caller: str) -> ReconcileError:
    return make_error(
        "mfa-from-role",
        f"{request.alias} needs MFA, and {caller} cannot give it.",
        "AWS takes MFA codes only from users; a role's session carries no MFA.",
        "Start from a user: pass --profile, or set `source_profile` of the alias.",
    )
