"""One hop to be explained: the call, both sides live and in the file, and what happened so far. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reconciler.access import Context
from reconciler.diagnose.evaluation import CallerAndRole
from reconciler.diagnose.request_context import Mfa, context_of
from reconciler.diagnose.wording import CallWording
from reconciler.model.assume_role import NOTHING_INHERITED, AssumeRoleCall, InheritedAttributes
from reconciler.model.desired import Alias, Desired


@dataclass(frozen=True, slots=True)
class AssumeAttempt:
    """One hop. `live`: what counts at AWS, as far as it is seen; `file`: as the file has it, None where it has neither.

    previous_call: the hop whose session calls; inherited: what it passes on. denied_action: the action that AWS has
    refused, if it said so. is_role_missing: the role is not live. live_arn: the ARN of a live role of that name
    where it is another. role_names: to suggest from. is_refused: AWS said no. seconds_since_applied: seconds since
    this machine applied one of the entities concerned, None where it did not.
    """

    request: AssumeRoleCall
    alias: Alias | None
    desired: Desired
    live: CallerAndRole
    file: CallerAndRole | None
    mfa: Mfa
    now: datetime
    previous_call: AssumeRoleCall | None = None
    inherited: InheritedAttributes = NOTHING_INHERITED
    denied_action: str = ""
    is_role_missing: bool = False
    live_arn: str = ""
    role_names: tuple[str, ...] = ()
    is_refused: bool = False
    seconds_since_applied: float | None = None
    unread_actions: tuple[str, ...] = ()

    def build_context(self, mfa: Mfa | None = None) -> Context:
        return context_of(self.request, mfa or self.mfa, self.now, self.inherited, self.previous_call is not None)

    def build_wording(self, view: CallerAndRole) -> CallWording:
        return CallWording(
            self.desired,
            view,
            view.principal.request_context.with_fallbacks(view.target.resource_context, self.build_context()),
        )
