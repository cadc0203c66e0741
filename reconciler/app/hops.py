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

from reconciler.app.used_codes import UsedCodes, device_key
from reconciler.app.wanted import Run, Say
from reconciler.assume import codes, mfa, warm
from reconciler.assume.asked import CODE, Mfa
from reconciler.assume.cache import CODES, CREDENTIALS, MFA_SESSIONS, Entry, fresh, key_of
from reconciler.assume.chain import Request
from reconciler.assume.credentials import Credentials, expiry
from reconciler.aws import sts
from reconciler.aws.faults import BAD_CREDENTIALS
from reconciler.model.escape import escape_line
from reconciler.model.explanation import Explanation
from reconciler.model.problem import Failed, failure
from reconciler.model.sts import LONGEST_CHAINED

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient

MFA_SESSION = 43200
"""Seconds that an MFA session is asked for: AWS's own default."""
AGE_MARGIN = 60
"""Seconds that a kept MFA session is younger than a trust's `max_age` at least, for clocks and the way to AWS."""

NONE = Mfa()


@dataclass
class Hops:
    """One walk along the calls of a run."""

    run: Run
    given: codes.Sources
    say: Say
    position: int = 0
    """The hop that was tried last."""
    carried: Mfa = NONE
    """The MFA that the first call carried when it was tried last."""
    spent: bool = False
    """A code was sent already."""
    refused: bool = False
    """AWS refused the first call without a code, and a code may help."""

    def credentials(self) -> Credentials:
        """Those of the last role. Raises Failed."""
        return self._hop(len(self.run.requests) - 1)

    @property
    def chained(self) -> bool:
        """True where AWS counts the last role's credentials as made by role chaining."""
        run = self.run
        from_session = ":user/" not in run.caller.arn or (self._need.certain and self._buys_session)
        return len(run.requests) > 1 or from_session

    @property
    def never_asks(self) -> bool:
        """True if the alias says that no code is to be asked for."""
        return self.run.path[0].mfa is False and not any(alias.mfa for alias in self.run.path)

    def demand_code(self, why: Explanation) -> bool:
        """Take the first call for one that needs a code from now on, if a refusal shows that one may help. Once.

        A person is asked only if both sides are known to let in the same call with a code; a code that was given
        beforehand (--token-command, the variable) is sent as well if that is not known.
        """
        given = self.given.command is not None or bool(self.given.variable)
        if self.position or self.spent or self.refused or ":user/" not in self.run.caller.arn:
            return False
        may_help = why.code_helps or (why.code_helps is None and given)
        if self.never_asks or not may_help:
            if self.given.command is not None:
                reason = "the alias says `mfa: false`" if self.never_asks else "an MFA code would not change the answer"
                self.say(f"--token-command was not run: {reason}.")
            return False
        self.refused = self._can_ask
        if self.refused:
            self.say("AWS refused without an MFA code, and one may help; trying again with a code.")
        return self.refused

    def _hop(self, position: int) -> Credentials:
        run = self.run
        key = run.key(position)
        alias = run.requests[position].alias
        found = warm.credentials(run.cache, key)
        if found is not None:
            return found
        with run.cache.alone(CREDENTIALS, key, f"another run is assuming {alias}; waiting for it."):
            found = warm.credentials(run.cache, key)
            if found is None:
                found = Credentials(*(self._first() if position == 0 else self._later(position)))
                entry = _entry(found, alias=alias)
                if fresh(entry):  # shorter ones would never be handed out
                    run.cache.put(CREDENTIALS, key, entry)
            return found

    def _later(self, position: int) -> sts.Keys:
        before = self.run.requests[position - 1]
        keys = self._hop(position - 1)
        return self._assume(position, self.run.source.sts(keys), before.role_arn)

    def _first(self) -> sts.Keys:
        run, need = self.run, self._need
        if not need.certain and self.given.code is None:
            return self._without_code()
        if ":user/" not in run.caller.arn:
            raise _no_mfa_here(run.requests[0], run.caller.arn)
        if run.source.temporary and self.given.code is None and not self.refused:
            self.carried = Mfa(present=None, temporary=True)  # perhaps by GetSessionToken; only AWS knows
            try:
                return self._assume(0, run.source.sts(), run.caller.arn)
            except Failed as failed:
                if not _is(failed, sts.ROLE_REFUSED):
                    raise
        return self._with_session() if self._buys_session else self._with_code()

    def _without_code(self) -> sts.Keys:
        """MFA is not known to be needed; where AWS refuses and an MFA session is there anyway, that is tried."""
        run = self.run
        if run.source.temporary:
            self.carried = Mfa(present=None if ":user/" in run.caller.arn else False, temporary=True)
        try:
            return self._assume(0, run.source.sts(), run.caller.arn)
        except Failed as failed:
            kept = self._kept_session(None) if _is(failed, sts.ROLE_REFUSED) and self._buys_session else None
            if kept is None:
                raise
            self.carried = Mfa(True, self._age(), temporary=True)
            return self._assume(0, run.source.sts(kept), run.caller.arn)

    def _with_code(self) -> sts.Keys:
        run, request = self.run, self.run.requests[0]
        serial = self._serial()
        self.position, self.carried = 0, CODE
        client, caller = run.source.sts_once(), run.caller.arn
        return self._spend(
            request.alias,
            serial,
            lambda code: sts.assume_role(client, request.parameters(), caller, serial, code),
        )

    def _with_session(self) -> sts.Keys:
        """By the MFA session that is kept or bought now; a kept one that is refused is replaced where that may help."""
        run, need = self.run, self._need
        kept, caller = self._kept_session(need.max_age), run.caller.arn
        if kept is not None and not (self.refused and self.carried.present):
            self.carried = Mfa(True, self._age(), temporary=True)
            try:
                return self._assume(0, run.source.sts(kept), caller)
            except Failed as failed:
                helps = _is(failed, BAD_CREDENTIALS) or (_is(failed, sts.ROLE_REFUSED) and not need.known)
                if not (helps and self._can_ask):
                    raise
                self.say("AWS refused with the MFA session that was kept; a fresh code may help.")
        keys = self._bought_session(need.max_age, refused=kept)
        self.carried = Mfa(True, self._age(), temporary=True)
        return self._assume(0, run.source.sts(keys), caller)

    def _bought_session(self, max_age: int | None, refused: Credentials | None) -> Credentials:
        run, why = self.run, "another run is asking for an MFA code; waiting for it."
        with run.cache.alone(MFA_SESSIONS, self._session_key, why):
            kept = self._kept_session(max_age)
            if kept is not None and kept != refused:
                return kept
            serial, asked = self._serial(), time.time()
            client, caller = run.source.sts_once(), run.caller.arn
            keys = self._spend(
                run.requests[0].alias,
                serial,
                lambda code: sts.mfa_session(client, caller, serial, code, MFA_SESSION),
            )
            run.cache.put(MFA_SESSIONS, self._session_key, _entry(Credentials(*keys), serial=serial, asked=asked))
            return Credentials(*keys)

    def _kept_session(self, max_age: int | None) -> Credentials | None:
        """The MFA session in the cache, where it lasts, is of the device that the alias names, and young enough."""
        found = self.run.cache.get(MFA_SESSIONS, self._session_key)
        if found is None or not fresh(found) or self._need.serial not in (None, found.get("serial")):
            return None
        age = self._age()
        if max_age is not None and age > max_age - min(AGE_MARGIN, max_age // 2):
            return None
        return warm.read(found)

    def _age(self) -> int:
        """Seconds since the code of the MFA session in the cache was sent; its whole length where that is not known."""
        found = self.run.cache.get(MFA_SESSIONS, self._session_key) or {}
        asked = found.get("asked")
        return max(0, int(time.time() - asked)) if isinstance(asked, int | float) else MFA_SESSION

    def _spend(self, alias: str, serial: str, send: Callable[[str], sts.Keys]) -> sts.Keys:
        """The answer to the first code that AWS takes; one process at a time asks for the codes of a device."""
        run, key = self.run, device_key(self.run.where, serial)
        used = UsedCodes(run.cache, key)
        with run.cache.alone(CODES, key, "another run is asking for an MFA code; waiting for it."):
            question = f"MFA code for {escape_line(alias)} ({escape_line(serial)}): "
            self.spent = True
            return codes.with_code(codes.codes(self.given, question, used), send)

    def _assume(self, position: int, client: STSClient, caller: str) -> sts.Keys:
        """One AssumeRole without a code."""
        self.position = position
        return sts.assume_role(client, self.run.requests[position].parameters(), caller)

    @property
    def _can_ask(self) -> bool:
        given = self.given
        return any(item is not None for item in (given.code, given.command, given.variable, given.ask))

    @property
    def _session_key(self) -> str:
        return key_of(self.run.source_id, self.run.where)

    @property
    def _buys_session(self) -> bool:
        """True where a code buys a session to keep: long-term keys, an hour at most, and somewhere to keep it."""
        short = (self.run.requests[0].duration or LONGEST_CHAINED) <= LONGEST_CHAINED
        return short and not self.run.source.temporary and self.run.cache.usable

    @property
    def _need(self) -> Need:
        return replace(self._need_by_file, certain=True, known=False) if self.refused else self._need_by_file

    @cached_property
    def _need_by_file(self) -> Need:
        return needed(self.run)

    def expected(self) -> Mfa:
        """The MFA that the first call would carry, asking nobody."""
        if ":user/" not in self.run.caller.arn or not (self._need.certain or self.given.code is not None):
            return Mfa(temporary=self.run.source.temporary)
        if self.run.source.temporary:
            return Mfa(present=None, temporary=True)
        kept = self._kept_session(self._need.max_age) if self._buys_session else None
        return Mfa(True, self._age() if kept else 0)

    def _serial(self) -> str:
        run = self.run
        return self._need.serial or mfa.device(run.source.devices(), run.caller.arn)


@dataclass(frozen=True, slots=True)
class Need:
    """MFA for the first hop. `certain`: the file says so; otherwise only where a code was passed.

    `known`: the trust is in the file, and with it `max_age`, seconds.
    """

    certain: bool
    serial: str | None
    max_age: int | None = None
    known: bool = False


def needed(run: Run) -> Need:
    """A later hop's `mfa: true` asks for the code as well: only the first call can carry it."""
    path = run.path
    serial = next((alias.mfa_serial for alias in path if alias.mfa_serial), None) or run.profile_device
    demand = run.catalog.demand(path, run.caller)
    said = True if any(alias.mfa for alias in path) else path[0].mfa
    certain = bool(demand.required) if said is None else said
    if not certain:
        return Need(False, serial)
    return Need(True, serial, demand.max_age, bool(demand.required) and path[0].name in run.catalog.trusts)


def _entry(credentials: Credentials, **more: object) -> Entry:
    ends = expiry(credentials.expiration)
    return {"keys": list(credentials), "expires": ends.timestamp() if ends else 0, **more}


def _is(failed: Failed, *codes_: str) -> bool:
    return any(problem.code in codes_ for problem in failed.problems)


def _no_mfa_here(request: Request, caller: str) -> Failed:
    return failure(
        "mfa-from-role",
        f"{request.alias} needs MFA, and {caller} cannot give it.",
        "AWS takes MFA codes only from users; a role's session carries no MFA.",
        "Start from a user: pass --profile, or set `source_profile` of the alias.",
    )
