"""The risk of a plan: how far it widens somebody's access, with a reason for each widening that a reviewer must see."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.address import Address
from reconciler.model.problem import Place


class RiskLevel(StrEnum):
    """HIGH: a reviewer must look at it. LOW: something is widened. NONE: nothing is; losing access is never a risk."""

    HIGH = "high"
    LOW = "low"
    NONE = "none"


class RiskCode(StrEnum):
    """The codes of reasons. All but the last two make the risk high."""

    ADMINISTRATOR_POWER = "administrator-power"
    ESCALATION_PATH = "escalation-path"
    TRUST_EVERYONE = "trust-everyone"
    TRUST_ACCOUNT = "trust-account"
    TRUST_OWN_ACCOUNT = "trust-own-account"
    TRUST_PROVIDER = "trust-provider"
    TRUST_WILDCARD = "trust-wildcard"
    TRUST_CONDITION_REMOVED = "trust-condition-removed"
    TRUST_DENY_REMOVED = "trust-deny-removed"
    DENY_REMOVED = "deny-removed"
    BOUNDARY_REMOVED = "boundary-removed"
    PERMISSIONS_MANAGEMENT = "permissions-management"
    DATA_ACCESS = "data-access"
    PROTECTION_REMOVED = "protection-removed"
    BREAK_GLASS_REMOVED = "break-glass-removed"
    ORDER_EXCESS = "order-excess"
    ROLE_ACCESS = "role-access"
    PERMISSIONS = "permissions"

    @property
    def is_high(self) -> bool:
        return self not in LOW_CODES


LOW_CODES = frozenset([RiskCode.ROLE_ACCESS, RiskCode.PERMISSIONS])


@dataclass(frozen=True, slots=True)
class RiskReason:
    """One widening. address: the entity that it is about. place: the line of the file."""

    code: RiskCode
    address: Address
    message: str
    place: Place | None = None

    @property
    def is_high(self) -> bool:
        return self.code.is_high


@dataclass(frozen=True, slots=True)
class Risk:
    """The reasons of a plan, the gravest first."""

    reasons: tuple[RiskReason, ...] = ()

    @property
    def level(self) -> RiskLevel:
        if any(reason.is_high for reason in self.reasons):
            return RiskLevel.HIGH
        return RiskLevel.LOW if self.reasons else RiskLevel.NONE

    @property
    def widens(self) -> bool:
        return bool(self.reasons)


NO_RISK = Risk()
