"""What an explanation says: whether a role may be assumed, which side refuses, and what to change where."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.problem import Place


class AssumeOutcome(StrEnum):
    """Why; stable words for machines."""

    ALLOWED = "allowed"
    DEPENDS = "depends"
    TRUST_REFUSES = "trust-refuses"
    CALLER_REFUSES = "caller-refuses"
    BOTH_REFUSE = "both-refuse"
    NOT_APPLIED = "not-applied"
    PROPAGATING = "propagating"
    NO_ROLE = "no-role"
    NEEDS_MFA = "needs-mfa"
    MFA_TOO_OLD = "mfa-too-old"
    CHAIN_MFA = "chain-mfa"
    WRONG_MFA_DEVICE = "wrong-mfa-device"
    WRONG_EXTERNAL_ID = "wrong-external-id"
    TAG_SESSION = "tag-session"
    SOURCE_IDENTITY = "source-identity"
    ROOT = "root"
    FEDERATED = "federated"
    UNSEEN = "unseen"


class SideVerdict(StrEnum):
    ALLOWS = "allows"
    REFUSES = "refuses"
    DEPENDS = "depends"
    UNSEEN = "unseen"


class Evidence(StrEnum):
    """What an answer rests on."""

    LIVE = "live"
    FILE = "file"
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True)
class ExplanationSide:
    """One side of the trust. `party`: trust or caller. `reasons`: sentences. `place`: the decisive line of the file."""

    party: str
    verdict: SideVerdict
    evidence: Evidence
    reasons: tuple[str, ...] = ()
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """One hop of an alias. `summary`, `details`, `hint`: sentences. `suggested_lines`: text to write at `place`.

    code_helps: True if both sides, as far as they are seen, refuse this call and let in the same with an MFA code;
    False if a code would change nothing; None if that is not seen.
    """

    outcome: AssumeOutcome
    alias: str
    caller_arn: str
    role_arn: str
    summary: str
    sides: tuple[ExplanationSide, ...] = ()
    details: tuple[str, ...] = ()
    hint: str = ""
    suggested_lines: tuple[str, ...] = ()
    place: Place | None = None
    code_helps: bool | None = False

    @property
    def may_assume(self) -> bool:
        return self.outcome is AssumeOutcome.ALLOWED
