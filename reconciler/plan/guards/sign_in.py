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
from reconciler.plan.diff import Difference
from reconciler.plan.guards.entrances import Proof

Known = bool | None


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
    """The means by which users sign in. `live`: the account as it is once the plan's renames are made."""

    live: State
    differences: tuple[Difference, ...]

    def worked_before(self, user: Address, proof: Proof) -> Known:
        """Return whether the requests of a user can carry that."""
        return self._can(user, proof, self.has_password(user))

    def works_after(self, user: Address, proof: Proof) -> Known:
        return self._can(user, proof, False if self.loses_password(user) else self.has_password(user))

    def _can(self, user: Address, proof: Proof, password: Known) -> Known:
        if proof is Proof.KEY:
            return self.has_key(user)
        if proof is Proof.PASSWORD:
            return password
        return _both(_either(self.has_key(user), password), self.has_device(user))

    def loses_password(self, user: Address) -> str:
        """Return how the plan takes the user's password, in words; "" if it does not."""
        if any(item.address == user and takes_password(item) for item in self.differences):
            return "the plan takes its password, which nothing brings back"
        if any(map(lets_passwords_expire, self.differences)) and self.has_password(user) is not False:
            return "the plan lets passwords expire for good"
        return ""

    def has_key(self, user: Address) -> Known:
        keys = self.live.facts.access_keys.get(user)
        return None if keys is None else any(key.active for key in keys)

    def lacks_key(self, user: Address) -> str:
        return "may have no access key" if self.has_key(user) is None else "has no active access key"

    def has_device(self, user: Address) -> Known:
        """A passkey counts for who signs in with a password: it gives no codes for API calls."""
        devices = self.live.facts.devices.get(user)
        if devices is None:
            return None
        if any(device.gives_codes for device in devices):
            return True
        return self.has_password(user) if devices else False

    def has_password(self, user: Address) -> Known:
        entity = self.live.entities.get(user)
        told = entity.console if isinstance(entity, User) else None
        return self.live.facts.consoles.get(user, told)

    def is_open(self, user: Address) -> bool:
        """Return whether nobody has asked for the keys, the password or the devices of a user yet."""
        facts = self.live.facts
        devices_known = user in facts.devices or user in facts.devices_unread
        return user not in facts.access_keys or user not in facts.consoles or not devices_known


def _either(one: Known, other: Known) -> Known:
    return True if one or other else None if None in (one, other) else False


def _both(one: Known, other: Known) -> Known:
    return False if False in (one, other) else None if None in (one, other) else True
