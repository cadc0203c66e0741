"""List what limits a grant of a resource's policy to a principal of the resource's own account.

From the IAM User Guide, "Determining whether a request is allowed or denied within an account" and "IAM role
principals". An implicit deny of a boundary or session policy limits a grant to the ARN of a role. It does not limit a
grant to a user or session, or to everyone with a condition on aws:PrincipalArn. About other grants to everyone AWS says
nothing: the outcome depends on `boundary:LABEL` and `session:policy`. An explicit Deny limits every grant.
"""

from __future__ import annotations

from reconciler.access.principal import Principal, PrincipalMatch
from reconciler.access.principal_answers import PrincipalAnswers
from reconciler.access.verdicts import Answer, Route, VerdictReason, depends_on


def list_grant_limits(principal: Principal, naming: PrincipalMatch, own: PrincipalAnswers) -> Route:
    """Return the answers that must also be yes. naming: how the grant names the principal, but not by its account."""
    if naming is PrincipalMatch.ROLE:
        return own.boundary, own.session
    if naming is PrincipalMatch.EVERYONE:
        return dispute_boundary(principal, own.boundary), _dispute_session(own.session)
    return ()


def dispute_boundary(principal: Principal, boundary: Answer) -> Answer:
    """Return the answer of a boundary, with "unknown" for no: AWS's documents do not settle if it counts here."""
    if boundary.truth.value is not False or principal.boundary is None:
        return boundary
    return Answer(depends_on(f"boundary:{principal.boundary.label}"), (), VerdictReason.BOUNDARY)


def _dispute_session(session: Answer) -> Answer:
    """Return the answer of a session policy, with "unknown" for no: AWS does not document if it counts here."""
    return (
        session if session.truth.value is not False else Answer(depends_on("session:policy"), (), VerdictReason.SESSION)
    )
