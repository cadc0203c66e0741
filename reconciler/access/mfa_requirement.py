"""Decide if MFA makes the difference between a refused and an allowed AssumeRole.

The same request is evaluated twice: without MFA, and with MFA of the youngest age that lets the call through. So the
answer is right whoever demands MFA (the trust, the caller's policies, a group's, a boundary, a Deny), and by whichever
operator. A session of GetSessionToken grows older, so a condition that a fresh code fails can hold later.

Rules: IAM User Guide, "Secure API access with MFA" and "AWS global condition context keys": long-term keys carry
neither MFA key; a role's session and a federated caller carry no MFA, and can add none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain

from reconciler.access.context import (
    MFA_OF_ANY_AGE,
    NOTHING_KNOWN,
    SESSION_WITHOUT_MFA,
    WITHOUT_MFA,
    Context,
    make_mfa_context,
)
from reconciler.access.principal import Principal
from reconciler.access.role_assumption import Target, evaluate_assumption
from reconciler.access.verdicts import Verdict, require_all
from reconciler.model.document import Document
from reconciler.policy.global_keys import MFA_AGE

_SECONDS = re.compile(r"([0-9]{1,9})(?:\.[0-9]*)?")
"""A number of seconds in a condition on the age; a longer number is a limit that nobody reaches."""

_POLICY_KEY_PREFIX = "policy:"
"""The prefix of a verdict's key that means the unknown content of a policy."""


@dataclass(frozen=True)
class MfaRequirement:
    """The need for MFA of one principal that assumes one role.

    context: the known keys of the call, besides MFA.
    actions: every action that the call needs.
    no_mfa_context: the MFA keys of a user's call without MFA; by default those of long-term keys.
    """

    principal: Principal
    role: Target
    context: Context = NOTHING_KNOWN
    actions: tuple[str, ...] = ("sts:AssumeRole",)
    no_mfa_context: Context = WITHOUT_MFA

    @cached_property
    def verdict_without_mfa(self) -> Verdict:
        """Return the verdict for a call without MFA."""
        own = self.no_mfa_context if self.principal.kind == "user" else NOTHING_KNOWN
        return self._evaluate(
            self.principal.request_context.with_fallbacks(self.role.resource_context, own, self.context)
        )

    @property
    def verdict_with_mfa(self) -> Verdict:
        """Return the verdict for a call with MFA of `_youngest_age`, even for a session, which cannot carry MFA."""
        return self._youngest_age[1]

    @property
    def is_required(self) -> bool:
        """Return whether the call is denied without MFA, and not denied with it."""
        return self.verdict_without_mfa.denied and not self.verdict_with_mfa.denied

    @property
    def verdict(self) -> Verdict:
        """Return the verdict for the call with MFA if it is required, else without."""
        return self.verdict_with_mfa if self.is_required else self.verdict_without_mfa

    @cached_property
    def verdict_of_session(self) -> Verdict:
        """Return the verdict for a user's session without MFA: one in the console, or one of GetSessionToken.

        Anybody with keys can make such a session (AWS STS API Reference, "GetSessionToken": it needs no permission).
        """
        return replace(self, no_mfa_context=SESSION_WITHOUT_MFA).verdict_without_mfa

    @property
    def is_required_always(self) -> bool:
        """Return whether no call without MFA is allowed, neither with keys nor with a session."""
        return self.is_required and self.verdict_of_session.denied

    @property
    def may_matter(self) -> bool:
        """Return whether MFA may change the answer: it does, or an unknown policy may ask for it."""
        if self.verdict_without_mfa.allowed or self.verdict_with_mfa.denied:
            return False
        if self.verdict_without_mfa.denied or self.verdict_without_mfa.keys != self.verdict_with_mfa.keys:
            return True
        return any(key.startswith(_POLICY_KEY_PREFIX) for key in self.verdict_without_mfa.keys)

    @cached_property
    def max_age(self) -> int | None:
        """Return the age, in seconds, at which the MFA becomes too old; None if it never does, or is not required."""
        if not self.is_required:
            return None
        ages = (age for age in self._list_ages() if age > self._youngest_age[0])
        return next((age for age in ages if self._evaluate_at_age(age).denied), None)

    @cached_property
    def _youngest_age(self) -> tuple[int, Verdict]:
        """Return the least age of the MFA at which the call is not denied, and that verdict.

        If there is none, return the age 0 and a verdict that denies.
        """
        of_any_age = self._evaluate_with(MFA_OF_ANY_AGE)
        if of_any_age.denied:  # so it is at every age, and most calls are denied for other reasons than MFA
            return 0, of_any_age
        verdicts = [(0, self._evaluate_at_age(0))]
        if verdicts[0][1].denied:
            verdicts += ((age, self._evaluate_at_age(age)) for age in self._list_ages())
        return next((item for item in verdicts if not item[1].denied), verdicts[0])

    def _evaluate_at_age(self, age: int) -> Verdict:
        return self._evaluate_with(make_mfa_context(age))

    def _evaluate_with(self, mfa: Context) -> Verdict:
        return self._evaluate(
            mfa.with_fallbacks(self.principal.request_context, self.role.resource_context, self.context)
        )

    def _evaluate(self, full: Context) -> Verdict:
        verdicts = [evaluate_assumption(self.principal, self.role, action, full).verdict for action in self.actions]
        return verdicts[0] if len(verdicts) == 1 else require_all(verdicts)

    def _list_ages(self) -> list[int]:
        """Return the ages at which the answer can change: each number of a condition on the age, and the next one."""
        numbers = {
            int(number[1])
            for document in self._list_documents()
            for statement in document.statements
            for condition in statement.conditions
            if condition.key == MFA_AGE
            for value in condition.values
            if (number := _SECONDS.fullmatch(value))
        }
        return sorted({age for number in numbers for age in (number, number + 1) if age > 0})

    def _list_documents(self) -> Iterator[Document]:
        caller = self.principal
        limits = (*(caller.session or ()), *((caller.boundary,) if caller.boundary else ()))
        guardrails = (*chain.from_iterable(caller.service_controls), *self.role.resource_controls)
        yield self.role.trust
        yield from _drop_unknown(source.document for source in (*caller.policies, *limits, *guardrails))


def _drop_unknown(documents: Iterable[Document | None]) -> Iterator[Document]:
    return (document for document in documents if document is not None)
