"""The users of an account and their MFA devices, as `mfa status` shows them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.live import MfaDevice
from reconciler.model.problem import Problem


class MfaReadiness(StrEnum):
    """The answer to "can this user use MFA in API calls?".

    READY: yes. PASSKEY: only in the console. MISSING: the user has no device.
    UNKNOWN: the user has no virtual device, and other types were not read, or may not be read.
    ABSENT: the file has the user, but the account does not.
    """

    READY = "ready"
    PASSKEY = "passkey-only"
    MISSING = "missing"
    UNKNOWN = "unknown"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class MfaUser:
    """One user and the MFA devices.

    reasons: the parts of the file that demand MFA: `mfa: required`, or addresses of roles.
    complete: True if devices of every type were read.
    exists: False if the account has no such user.
    """

    user: str
    devices: tuple[MfaDevice, ...] = ()
    reasons: tuple[str, ...] = ()
    complete: bool = True
    exists: bool = True

    @property
    def readiness(self) -> MfaReadiness:
        if not self.exists:
            return MfaReadiness.ABSENT
        if any(device.gives_codes for device in self.devices):
            return MfaReadiness.READY
        if not self.complete:
            return MfaReadiness.UNKNOWN
        return MfaReadiness.PASSKEY if self.devices else MfaReadiness.MISSING


@dataclass(frozen=True, slots=True)
class MfaStatus:
    """The MFA devices of all users.

    unassigned_devices: serial numbers of virtual devices without a user. notes: reads that failed.
    """

    account: str
    users: tuple[MfaUser, ...]
    unassigned_devices: tuple[str, ...] = ()
    notes: tuple[Problem, ...] = ()
