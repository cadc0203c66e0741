"""Find out if a user can sign in before and after a plan: by access key or password, and with an MFA device.

The answer is None for facts that were not read, or may not be read. A plan can delete passwords (`console: false`) and
let them expire (`account_settings`). It deletes access keys and devices only with their user.
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
    """Return whether a user that stays loses its password, which no undo can restore."""
    sides = (difference.before, difference.after)
    return [side.console for side in sides if isinstance(side, User)] == [True, False]


def lets_passwords_expire(difference: Difference) -> bool:
    """Return whether users with an old password may be unable to sign in until an administrator resets it.

    With a hard expiry a password that is too old stops working at once (IAM API, UpdateAccountPasswordPolicy). Without
    one, the user sets a new password at the next sign-in.
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
    """The means by which users sign in. baseline: the account after the plan's renames."""

    baseline: State
    differences: tuple[Difference, ...]

    def worked_before(self, user: Address, auth_method: AuthMethod) -> OptionalBool:
        """Return whether a user could sign in by a method before the plan."""
        return self._can_sign_in(user, auth_method, self.has_password(user))

    def works_after(self, user: Address, auth_method: AuthMethod) -> OptionalBool:
        """Return whether a user can sign in by a method after the plan."""
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
            return "the plan deletes its password, which no undo restores"
        if any(map(lets_passwords_expire, self.differences)) and self.has_password(user) is not False:
            return "the plan lets passwords expire for good"
        return ""

    def has_key(self, user: Address) -> OptionalBool:
        """Return whether a user has an active access key."""
        keys = self.baseline.details.access_keys.get(user)
        return None if keys is None else any(key.active for key in keys)

    def describe_missing_key(self, user: Address) -> str:
        """Return the end of a sentence about a user without a known active key."""
        return "may have no access key" if self.has_key(user) is None else "has no active access key"

    def has_device(self, user: Address) -> OptionalBool:
        """Return whether a user has an MFA device; a passkey counts only with a password, because it gives no codes."""
        devices = self.baseline.details.devices.get(user)
        if devices is None:
            return None
        if any(device.gives_codes for device in devices):
            return True
        return self.has_password(user) if devices else False

    def has_password(self, user: Address) -> OptionalBool:
        """Return whether a user has a password for the console before the plan."""
        entity = self.baseline.entities.get(user)
        default = entity.console if isinstance(entity, User) else None
        return self.baseline.details.console_passwords.get(user, default)

    def needs_lookup(self, user: Address) -> bool:
        """Return whether the keys, the password or the devices of a user were not read yet."""
        facts = self.baseline.details
        devices_known = user in facts.devices or user in facts.devices_unread
        return user not in facts.access_keys or user not in facts.console_passwords or not devices_known


def _ternary_or(one: OptionalBool, other: OptionalBool) -> OptionalBool:
    return True if one or other else None if None in (one, other) else False


def _ternary_and(one: OptionalBool, other: OptionalBool) -> OptionalBool:
    return False if False in (one, other) else None if None in (one, other) else True
