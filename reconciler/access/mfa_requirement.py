"""Does MFA decide whether a principal may assume a role? One answer, for everything that asks.

The same request is evaluated twice: without MFA, and with a code given this moment. So it makes no difference who
demands it (the trust, the caller's policies or its groups', a boundary, a Deny) nor by which operator.

Rules: IAM User Guide, "Secure API access with MFA" and "AWS global condition context keys": long-term keys carry
neither MFA key; a role's session and a federated caller carry no MFA, and can add none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from reconciler.access.context import NOTHING_KNOWN, WITHOUT_MFA, Context, make_mfa_context
from reconciler.access.principal import Principal
from reconciler.access.role_assumption import Target, examined
from reconciler.access.verdicts import Verdict, require_all
from reconciler.model.document import Document
from reconciler.policy.global_keys import MFA_AGE

_SECONDS = re.compile(r"([0-9]{1,9})(?:\.[0-9]*)?")
"""A number that an age is compared with; a longer one sets no limit that anybody reaches."""

_POLICY_KEY_PREFIX = "policy:"
"""How a key of a verdict begins that stands for the content of a policy."""


@dataclass(frozen=True)
class MfaRequirement:
    """One principal, one role, and what is known of the call besides MFA.

    actions: every action that the call needs. no_mfa_context: the MFA keys of a call without MFA; those of a user's
    long-term keys unless it says otherwise.
    """

    principal: Principal
    role: Target
    context: Context = NOTHING_KNOWN
    actions: tuple[str, ...] = ("sts:AssumeRole",)
    no_mfa_context: Context = WITHOUT_MFA

    @cached_property
    def verdict_without_mfa(self) -> Verdict:
        """The verdict for a call without MFA."""
        own = self.no_mfa_context if self.principal.kind == "user" else NOTHING_KNOWN
        return self._evaluate(
            self.principal.request_context.with_fallbacks(self.role.resource_context, own, self.context)
        )

    @cached_property
    def verdict_with_mfa(self) -> Verdict:
        """The verdict for a call with a code given this moment; of a role's session, as if it could carry one."""
        return self._evaluate_at_age(0)

    @property
    def is_required(self) -> bool:
        """True if the call is denied without MFA, and not with it."""
        return self.verdict_without_mfa.denied and not self.verdict_with_mfa.denied

    @property
    def verdict(self) -> Verdict:
        """The verdict for the call as it has to be made: with MFA only if it is required."""
        return self.verdict_with_mfa if self.is_required else self.verdict_without_mfa

    @property
    def may_matter(self) -> bool:
        """True if MFA may change the answer: it does, or something that is not known here decides about it."""
        if self.verdict_without_mfa.allowed or self.verdict_with_mfa.denied:
            return False
        if self.verdict_without_mfa.denied or self.verdict_without_mfa.keys != self.verdict_with_mfa.keys:
            return True
        return any(key.startswith(_POLICY_KEY_PREFIX) for key in self.verdict_without_mfa.keys)

    @cached_property
    def max_age(self) -> int | None:
        """The age in seconds from which on the same MFA is refused; None if it never is, or MFA is not required."""
        if not self.is_required:
            return None
        return next((age for age in sorted(self._collect_ages()) if self._evaluate_at_age(age).denied), None)

    def _evaluate_at_age(self, age: int) -> Verdict:
        return self._evaluate(
            make_mfa_context(age).with_fallbacks(
                self.principal.request_context, self.role.resource_context, self.context
            )
        )

    def _evaluate(self, full: Context) -> Verdict:
        verdicts = [examined(self.principal, self.role, action, full).verdict for action in self.actions]
        return verdicts[0] if len(verdicts) == 1 else require_all(verdicts)

    def _collect_ages(self) -> set[int]:
        """The ages at which an answer can change: the numbers of all conditions on the age, and their neighbours."""
        numbers = {
            int(number[1])
            for document in self._list_documents()
            for statement in document.statements
            for condition in statement.conditions
            if condition.key == MFA_AGE
            for value in condition.values
            if (number := _SECONDS.fullmatch(value))
        }
        return {age for number in numbers for age in (number, number + 1) if age > 0}

    def _list_documents(self) -> Iterator[Document]:
        who = self.principal
        limits = (*(who.session or ()), *((who.boundary,) if who.boundary else ()))
        yield self.role.trust
        yield from _drop_unknown(source.document for source in (*who.policies, *limits))


def _drop_unknown(documents: Iterable[Document | None]) -> Iterator[Document]:
    return (document for document in documents if document is not None)
