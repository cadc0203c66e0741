"""Tell whether a user can sign in before and after a plan: by an access key or a password, with an MFA device if asked.

Yes, no, or None for what may not be read or nobody has asked yet. A plan takes passwords (`console: false`) and lets
them expire (`account_settings`); access keys and devices go only with their user.
"""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.kinds.account import PASSWORD_POLICY, PasswordPolicy
from reconciler.model.address import Address
from reconciler.model.entity import User
from reconciler.model.live import State
from reconciler.plan.compare.diff import Difference
from reconciler.plan.guards.assume_graph import AuthMethod

OptionalBool = bool | None


def takes_password(difference: Difference) -> bool:
    """Return whether a user that stays loses its password: a secret, so nothing that reads a plan brings it back."""
    sides = (difference.before, difference.after)
    return [side.console for side in sides if isinstance(side, User)] == [True, False]


def lets_passwords_expire(difference: Difference) -> bool:
    """Return whether old passwords may come to shut their users out until an administrator resets them.

    With a hard expiry a password that is too old signs nobody in any more, and its age counts at once (IAM API,
    UpdateAccountPasswordPolicy). Without one, its user sets a new one at the next sign-in.
    """
    if difference.address != PASSWORD_POLICY or not isinstance(difference.after, PasswordPolicy):
        return False
    before, after = difference.before, difference.after
    if not after.hard_expiry or after.max_age is None:
        return False
    was_hard = isinstance(before, PasswordPolicy) and before.hard_expiry and before.max_age is not None
    return not was_hard or after.max_age < (before.max_age or 0)  # type: ignore[union-attr]


@dataclass(frozen=True)
class SignIn:
    """The means by which users sign in. `baseline`: the account as it is once the plan's renames are made."""

    baseline: State
    differences: tuple[Difference, ...]

    def worked_before(self, user: Address, auth_method: AuthMethod) -> OptionalBool:
        """Return whether the requests of a user can carry that."""
        return self._can_sign_in(user, auth_method, self.has_password(user))

    def works_after(self, user: Address, auth_method: AuthMethod) -> OptionalBool:
        return self._can_sign_in(
            user, auth_method, False if self.explain_password_loss(user) else self.has_password(user)
        )

    def _can_sign_in(self, user: Address, auth_method: AuthMethod, has_password: OptionalBool) -> OptionalBool:
        if auth_method is AuthMethod.KEY:
            return self.has_key(user)
        if auth_method is AuthMethod.PASSWORD:
            return has_password
        return _ternary_and(_ternary_or(self.has_key(user), has_password), self.has_device(user))

    def explain_password_loss(self, user: Address) -> str:
        """Return how the plan takes the user's password, in words; "" if it does not."""
        if any(item.address == user and takes_password(item) for item in self.differences):
            return "the plan takes its password, which nothing brings back"
        if any(map(lets_passwords_expire, self.differences)) and self.has_password(user) is not False:
            return "the plan lets passwords expire for good"
        return ""

    def has_key(self, user: Address) -> OptionalBool:
        keys = self.baseline.details.access_keys.get(user)
        return None if keys is None else any(key.active for key in keys)

    def describe_missing_key(self, user: Address) -> str:
        return "may have no access key" if self.has_key(user) is None else "has no active access key"

    def has_device(self, user: Address) -> OptionalBool:
        """A passkey counts for who signs in with a password: it gives no codes for API calls."""
        devices = self.baseline.details.devices.get(user)
        if devices is None:
            return None
        if any(device.gives_codes for device in devices):
            return True
        return self.has_password(user) if devices else False

    def has_password(self, user: Address) -> OptionalBool:
        entity = self.baseline.entities.get(user)
        told = entity.console if isinstance(entity, User) else None
        return self.baseline.details.console_passwords.get(user, told)

    def needs_lookup(self, user: Address) -> bool:
        """Return whether nobody has asked for the keys, the password or the devices of a user yet."""
        facts = self.baseline.details
        devices_known = user in facts.devices or user in facts.devices_unread
        return user not in facts.access_keys or user not in facts.console_passwords or not devices_known


def _ternary_or(one: OptionalBool, other: OptionalBool) -> OptionalBool:
    return True if one or other else None if None in (one, other) else False


def _ternary_and(one: OptionalBool, other: OptionalBool) -> OptionalBool:
    return False if False in (one, other) else None if None in (one, other) else True
