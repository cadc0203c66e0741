"""Of whom which alias demands MFA, as it was found when the file was read, and the device that gives the codes.

Nothing is judged here: `demands` has the evaluator judge. Pure; standard library only, and little of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.model.live import MfaDevice
from reconciler.model.problem import make_error


@dataclass(frozen=True, slots=True)
class Demand:
    """Says if assuming the first role of an alias needs MFA.

    required: True if AWS refuses the call without MFA, and not with it; False if MFA changes nothing; None if it
    depends on what the file does not show. max_age: seconds from which on the same MFA is refused, None if never.
    """

    required: bool | None = False
    max_age: int | None = None


NO_DEMAND = Demand()


@dataclass(frozen=True, slots=True)
class AliasDemands:
    """One alias. `callers`: groups of callers (their index in `FileDemands.groups`) of whom MFA is demanded or may be.

    required_for_all: for a caller who is not known. required_for_some: it is demanded of at least one user.
    """

    callers: tuple[tuple[int, Demand], ...] = ()
    required_for_all: bool | None = False
    required_for_some: bool = False


@dataclass(frozen=True, slots=True)
class FileDemands:
    """Maps callers to what the file demands of them. Callers are written `user/NAME` and `role/NAME`.

    declared: the users and roles of the file; of all others only the trusts tell. groups: callers that are treated
    the same by some alias.
    """

    declared: frozenset[str] = frozenset()
    groups: tuple[frozenset[str], ...] = ()
    aliases: Mapping[str, AliasDemands] = field(default_factory=dict)

    def demand_of(self, alias: str, caller: str) -> Demand | None:
        """The demand of an alias to a caller of the file's account; None if the file does not declare it."""
        if caller not in self.declared:
            return None
        known = self.aliases.get(alias, AliasDemands())
        return next((demand for group, demand in known.callers if caller in self.groups[group]), NO_DEMAND)

    def is_required_for_all(self, alias: str) -> bool | None:
        """The `required` that holds for every caller the file knows of; None if they differ, or it does not tell."""
        return self.aliases.get(alias, AliasDemands()).required_for_all

    def is_required_for_some(self, alias: str) -> bool:
        """True if MFA is demanded of at least one user."""
        return self.aliases.get(alias, AliasDemands()).required_for_some


def caller_name_of(caller_arn: str) -> str:
    """`user/NAME` or `role/NAME` of an ARN as GetCallerIdentity gives it; "" for all others."""
    kind, *rest = caller_arn.split(":", 5)[5].split("/")
    if kind == "user" and rest:
        return f"user/{rest[-1]}"
    return f"role/{rest[0]}" if kind == "assumed-role" and rest else ""


def choose_device(devices: Sequence[MfaDevice], caller_arn: str) -> str:
    """The serial number that AssumeRole gets: the caller's virtual device, else a hardware one.

    Raises Failed where no device gives codes that an API call takes.
    """
    usable = sorted((device for device in devices if device.gives_codes), key=lambda device: not device.virtual)
    if usable:
        return usable[0].serial
    if devices:
        cause = "Its only devices are passkeys or security keys, which AWS accepts in the console alone."
    else:
        cause = "It has no MFA device."
    user = caller_arn.rpartition("/")[2]
    raise make_error(
        "mfa-no-device",
        f"The role needs MFA, and {caller_arn} has no device that gives codes.",
        cause,
        f"Enrol an authenticator app: `reconcile mfa enroll {user}`.",
    )
