"""The MFA demands of a file: which alias demands MFA of which caller. Also the choice of the device.

`app/mfa_evaluation.py` computes the demands with the evaluator; this module only holds them. Pure; standard library
only, and little of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.model.live import MfaDevice
from reconciler.model.problem import make_error


@dataclass(frozen=True, slots=True)
class MfaDemand:
    """The MFA that the first role of an alias demands of a caller.

    required: True if AWS allows the call with MFA only; False if MFA changes nothing; None if the file does not show
    it. max_age: the age in seconds from which AWS refuses an MFA session; None if there is no limit.
    """

    required: bool | None = False
    max_age: int | None = None


NO_DEMAND = MfaDemand()


@dataclass(frozen=True, slots=True)
class AliasDemands:
    """The MFA demands of one alias.

    callers: (index in `FileDemands.groups`, demand) for each group that must use MFA, or may have to.
    required_for_all: the `required` of every known caller; None if they differ. It serves for an unknown caller.
    required_for_some: whether MFA is demanded of at least one user.
    """

    callers: tuple[tuple[int, MfaDemand], ...] = ()
    required_for_all: bool | None = False
    required_for_some: bool = False


@dataclass(frozen=True, slots=True)
class FileDemands:
    """The MFA demands of a file. Callers are written `user/NAME` and `role/NAME`.

    declared: the users and roles of the file. groups: sets of callers with the same demand of some alias.
    aliases: alias → its demands.
    """

    declared: frozenset[str] = frozenset()
    groups: tuple[frozenset[str], ...] = ()
    aliases: Mapping[str, AliasDemands] = field(default_factory=dict)

    def demand_of(self, alias: str, caller: str) -> MfaDemand | None:
        """Return the demand of an alias on a caller of the file's account; None if the file does not declare it."""
        if caller not in self.declared:
            return None
        alias_demands = self.aliases.get(alias, AliasDemands())
        return next((demand for group, demand in alias_demands.callers if caller in self.groups[group]), NO_DEMAND)

    def is_required_for_all(self, alias: str) -> bool | None:
        """Return the `required` of every caller that the file knows; None if they differ or it is not known."""
        return self.aliases.get(alias, AliasDemands()).required_for_all

    def is_required_for_some(self, alias: str) -> bool:
        """Return whether MFA is demanded of at least one user."""
        return self.aliases.get(alias, AliasDemands()).required_for_some


def caller_name_of(caller_arn: str) -> str:
    """Return `user/NAME` or `role/NAME` of an ARN from GetCallerIdentity; "" for any other principal."""
    kind, *segments = caller_arn.split(":", 5)[5].split("/")
    if kind == "user" and segments:
        return f"user/{segments[-1]}"
    return f"role/{segments[0]}" if kind == "assumed-role" and segments else ""


def choose_device(devices: Sequence[MfaDevice], caller_arn: str) -> str:
    """Return the serial number for AssumeRole: that of the caller's virtual device, else of a hardware one.

    Raises ReconcileError if no device gives codes that an API call accepts.
    """
    usable = sorted((device for device in devices if device.gives_codes), key=lambda device: not device.virtual)
    if usable:
        return usable[0].serial
    if devices:
        cause = "The user has only passkeys or security keys, which AWS accepts in the console alone."
    else:
        cause = "The user has no MFA device."
    user = caller_arn.rpartition("/")[2]
    raise make_error(
        "mfa-no-device",
        f"The role needs MFA, and {caller_arn} has no device that gives codes.",
        cause,
        f"Enrol an authenticator app: `reconcile mfa enroll {user}`.",
    )
