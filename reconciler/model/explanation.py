"""The explanation of an AssumeRole: is it allowed, which side refuses it, and which line to change."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.problem import Place


class AssumeOutcome(StrEnum):
    """The outcome of an AssumeRole as a stable word for machines."""

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
    """The answer of one side. UNSEEN: its policies could not be read."""

    ALLOWS = "allows"
    REFUSES = "refuses"
    DEPENDS = "depends"
    UNSEEN = "unseen"


class Evidence(StrEnum):
    """The source of an answer: live IAM, the file, or nothing that could be read."""

    LIVE = "live"
    FILE = "file"
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True)
class ExplanationSide:
    """The answer of one side.

    party: "trust" or "caller". reasons: sentences. place: the deciding line of the file, if it has one.
    """

    party: str
    verdict: SideVerdict
    evidence: Evidence
    reasons: tuple[str, ...] = ()
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """The explanation of one AssumeRole, which is one hop of an alias.

    summary, details, hint: sentences: what happened, why, and what to do.
    suggested_lines: lines to write at `place`.
    code_helps: True if the call is refused without an MFA code and allowed with one; False if a code would change
        nothing; None if that is not known.
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
