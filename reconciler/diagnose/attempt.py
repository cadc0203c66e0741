"""The value that an explanation is made from: one AssumeRole call, both sides live and in the file. Pure."""

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
    """One hop of a role chain, with all that is known about it.

    request: the call. alias: the alias of the file, if there is one. live: caller and role as AWS has them, as far as
    they can be read; file: as the file has them, None if it has neither. mfa: the MFA that the call carries.
    previous_call: the hop whose session makes this call; inherited: the tags and identity it passes on.
    is_refused: AWS has refused the call. denied_action: the action that AWS named in its refusal.
    is_role_missing: the role does not exist. live_arn: the ARN of a live role of that name, if it differs.
    role_names: the names of live roles, for a suggestion. seconds_since_applied: since this machine applied one of
    the entities, None if it did not. unread_actions: the iam actions that the caller was not allowed to read with.
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
        """Return the context keys of the call. mfa: in place of the attempt's own."""
        return context_of(self.request, mfa or self.mfa, self.now, self.inherited, self.previous_call is not None)

    def build_wording(self, view: CallerAndRole) -> CallWording:
        """Return the names and conditions of this hop as `view` has them."""
        return CallWording(
            self.desired,
            view,
            view.principal.request_context.with_fallbacks(view.target.resource_context, self.build_context()),
        )
