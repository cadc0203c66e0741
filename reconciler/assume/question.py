"""One hop to be explained: the call, both sides live and in the file, and what happened so far. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reconciler.access import Context
from reconciler.assume.asked import Mfa, context_of
from reconciler.assume.chain import NOTHING_INHERITED, Inherited, Request
from reconciler.assume.weigh import View
from reconciler.assume.wording import Words
from reconciler.model.desired import Alias, Desired


@dataclass(frozen=True, slots=True)
class Question:
    """One hop. `live`: what counts at AWS, as far as it is seen; `file`: as the file has it, None where it has neither.

    before: the hop whose session calls; inherited: what it passes on. denied: the action that AWS has refused, if it
    said so. absent: the role is not live. lives_at: the ARN of a live role of that name
    where it is another. role_names: to suggest from. refused: AWS said no. applied: seconds since this machine
    applied one of the entities concerned, None where it did not.
    """

    request: Request
    alias: Alias | None
    desired: Desired
    live: View
    file: View | None
    mfa: Mfa
    now: datetime
    before: Request | None = None
    inherited: Inherited = NOTHING_INHERITED
    denied: str = ""
    absent: bool = False
    lives_at: str = ""
    role_names: tuple[str, ...] = ()
    refused: bool = False
    applied: float | None = None
    unread: tuple[str, ...] = ()

    def context(self, mfa: Mfa | None = None) -> Context:
        return context_of(self.request, mfa or self.mfa, self.now, self.inherited, self.before is not None)

    def words(self, view: View) -> Words:
        return Words(self.desired, view, view.principal.own.over(view.target.own, self.context()))
