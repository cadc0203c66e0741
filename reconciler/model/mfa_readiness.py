"""Who has which MFA devices, as `mfa status` tells it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.live import MfaDevice
from reconciler.model.problem import Problem


class MfaReadiness(StrEnum):
    """Whether a user can use MFA in API calls.

    PASSKEY: in the console only. UNKNOWN: no virtual device, and other kinds were not asked for, or may not be
    read. ABSENT: the file has the user, the account has not.
    """

    READY = "ready"
    PASSKEY = "passkey-only"
    MISSING = "missing"
    UNKNOWN = "unknown"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class MfaUser:
    """One user. reasons: why the file has the user use MFA: `mfa: required`, addresses of roles.

    complete: devices of every kind were asked for.
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
    """unassigned_devices: serials of virtual devices that nobody has. notes: what could not be read."""

    account: str
    users: tuple[MfaUser, ...]
    unassigned_devices: tuple[str, ...] = ()
    notes: tuple[Problem, ...] = ()
