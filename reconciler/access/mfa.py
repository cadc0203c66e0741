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

from reconciler.access.assume import Target, examined
from reconciler.access.context import NOTHING_KNOWN, WITHOUT_MFA, Context, with_mfa
from reconciler.access.principal import Principal
from reconciler.access.values import Verdict, conjunction
from reconciler.model.document import Document
from reconciler.policy.global_keys import MFA_AGE

_SECONDS = re.compile(r"([0-9]{1,9})(?:\.[0-9]*)?")
"""A number that an age is compared with; a longer one sets no limit that anybody reaches."""

_CONTENT = "policy:"
"""How a key of a verdict begins that stands for the content of a policy."""


@dataclass(frozen=True)
class MfaDemand:
    """One principal, one role, and what is known of the call besides MFA.

    actions: every action that the call needs. bare: the MFA keys of a call without MFA; those of a user's long-term
    keys unless it says otherwise.
    """

    principal: Principal
    role: Target
    context: Context = NOTHING_KNOWN
    actions: tuple[str, ...] = ("sts:AssumeRole",)
    bare: Context = WITHOUT_MFA

    @cached_property
    def without(self) -> Verdict:
        """The verdict for a call without MFA."""
        own = self.bare if self.principal.kind == "user" else NOTHING_KNOWN
        return self._verdict(self.principal.own.over(self.role.own, own, self.context))

    @cached_property
    def with_code(self) -> Verdict:
        """The verdict for a call with a code given this moment; of a role's session, as if it could carry one."""
        return self._aged(0)

    @property
    def required(self) -> bool:
        """True if the call is denied without MFA, and not with it."""
        return self.without.denied and not self.with_code.denied

    @property
    def verdict(self) -> Verdict:
        """The verdict for the call as it has to be made: with MFA only if it is required."""
        return self.with_code if self.required else self.without

    @property
    def may_matter(self) -> bool:
        """True if MFA may change the answer: it does, or something that is not known here decides about it."""
        if self.without.allowed or self.with_code.denied:
            return False
        if self.without.denied or self.without.keys != self.with_code.keys:
            return True
        return any(key.startswith(_CONTENT) for key in self.without.keys)

    @cached_property
    def max_age(self) -> int | None:
        """The age in seconds from which on the same MFA is refused; None if it never is, or MFA is not required."""
        if not self.required:
            return None
        return next((age for age in sorted(self._ages()) if self._aged(age).denied), None)

    def _aged(self, age: int) -> Verdict:
        return self._verdict(with_mfa(age).over(self.principal.own, self.role.own, self.context))

    def _verdict(self, full: Context) -> Verdict:
        verdicts = [examined(self.principal, self.role, action, full).verdict for action in self.actions]
        return verdicts[0] if len(verdicts) == 1 else conjunction(verdicts)

    def _ages(self) -> set[int]:
        """The ages at which an answer can change: the numbers of all conditions on the age, and their neighbours."""
        numbers = {
            int(number[1])
            for document in self._documents()
            for statement in document.statements
            for condition in statement.conditions
            if condition.key == MFA_AGE
            for value in condition.values
            if (number := _SECONDS.fullmatch(value))
        }
        return {age for number in numbers for age in (number, number + 1) if age > 0}

    def _documents(self) -> Iterator[Document]:
        who = self.principal
        limits = (*(who.session or ()), *((who.boundary,) if who.boundary else ()))
        yield self.role.trust
        yield from _known(source.document for source in (*who.policies, *limits))


def _known(documents: Iterable[Document | None]) -> Iterator[Document]:
    return (document for document in documents if document is not None)
