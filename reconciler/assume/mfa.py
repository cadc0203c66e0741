"""Whether a role's trust policy demands MFA of a caller. Pure; standard library only.

Rules: IAM User Guide, "Secure API access with MFA": the keys exist only in sessions, the age only after MFA.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.model.document import Document, Statement
from reconciler.model.globs import compile_glob
from reconciler.model.problem import failure
from reconciler.model.state import MfaDevice
from reconciler.policy.global_keys import MFA_AGE, MFA_PRESENT

_AGE = re.compile("[0-9]{1,9}")
"""The seconds of a `NumericLessThan`; a longer number sets no limit that anybody reaches."""


@dataclass(frozen=True, slots=True)
class MfaDemand:
    """`required`: no way in without MFA. `max_age` in seconds, None where the trust sets none."""

    required: bool
    max_age: int | None = None


def mfa_demand(trust: Document, caller_arn: str, account: str) -> MfaDemand:
    """What the sts:AssumeRole statements of `trust` that match this caller ask of it.

    `account` is the caller's. Where several ways in ask for MFA, the most lenient `max_age` counts.
    """
    matching = [item for item in trust.statements if _concerns(item, caller_arn, account)]
    allows = [item for item in matching if item.effect == "Allow"]
    ages = [_max_age(item) for item in allows if _demands(item)]
    denied = any(item.effect == "Deny" and _denies_without(item) for item in matching)
    required = denied or (bool(allows) and len(ages) == len(allows))
    known = [age for age in ages if age is not None]
    lenient = max(known) if known and len(known) == len(allows) else None
    return MfaDemand(required, lenient if required else None)


def demanded_of_all(trust: Document) -> bool | None:
    """True where every way in by sts:AssumeRole asks for MFA, False where none does, None where it depends on whom."""
    ways = {
        _demands(item)
        for item in trust.statements
        if item.effect == "Allow" and any(compile_glob(action)("sts:assumerole") for action in item.actions)
    }
    return ways.pop() if len(ways) == 1 else None


def _concerns(statement: Statement, caller_arn: str, account: str) -> bool:
    named = any(
        kind in ("*", "AWS") and (value in _names(caller_arn, account) or _is_role_of(value, caller_arn))
        for kind, value in statement.principals or ()
    )
    acts = any(compile_glob(action)("sts:assumerole") for action in statement.actions)
    return named != statement.not_principal and acts != statement.not_action


def _names(caller_arn: str, account: str) -> set[str]:
    partition = caller_arn.split(":")[1] if caller_arn.count(":") >= 5 else "aws"
    return {"*", caller_arn, account, f"arn:{partition}:iam::{account}:root"}


def _is_role_of(principal: str, caller_arn: str) -> bool:
    """True where the caller is a session of the role `principal`; a session's ARN leaves the path out."""
    head, _, rest = caller_arn.partition(":assumed-role/")
    role, _, name = principal.partition(":role/")
    return bool(rest) and head.replace(":sts:", ":iam:") == role and name.split("/")[-1] == rest.split("/")[0]


def _demands(statement: Statement) -> bool:
    """True where the conditions hold only with MFA; `…IfExists` and `Null` prove nothing of the kind."""
    return any(
        (item.operator.lower() == "bool" and item.key == MFA_PRESENT and item.values == {"true"})
        or (item.operator.lower().startswith("numericlessthan") and _is_age(item.operator, item.key))
        for item in statement.conditions
    )


def _is_age(operator: str, key: str) -> bool:
    return key == MFA_AGE and not operator.lower().endswith("ifexists")


def _max_age(statement: Statement) -> int | None:
    ages = [
        int(value)
        for item in statement.conditions
        if item.key == MFA_AGE and item.operator.lower().startswith("numericlessthan")
        for value in item.values
        if _AGE.fullmatch(value)
    ]
    return min(ages, default=None)


def _denies_without(statement: Statement) -> bool:
    """True for the guard: a Deny whose only condition is that no MFA is present."""
    return bool(statement.conditions) and all(
        item.operator.lower() in ("bool", "boolifexists") and item.key == MFA_PRESENT and item.values == {"false"}
        for item in statement.conditions
    )


def device(devices: Sequence[MfaDevice], caller_arn: str) -> str:
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
    raise failure(
        "mfa-no-device",
        f"The role needs MFA, and {caller_arn} has no device that gives codes.",
        cause,
        f"Enrol an authenticator app: `reconcile mfa enroll {user}`.",
    )
