"""The use case "why does AWS refuse this role": make one Explanation from the file and the account. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.app.evidence import EvidenceReader, IamCredentials, Redeclare
from reconciler.diagnose.diagnosis import explain_attempt
from reconciler.diagnose.request_context import SET_SOURCE_IDENTITY, TAG_SESSION, WITH_CODE, Mfa
from reconciler.model.assume_role import AssumeRoleCall
from reconciler.model.desired import Desired
from reconciler.model.explanation import AssumeOutcome, Explanation
from reconciler.model.problem import ReconcileError
from reconciler.model.sts_limits import AWS_SAYS, DEVICE_REFUSED


def explain_chain(
    desired: Desired,
    requests: tuple[AssumeRoleCall, ...],
    caller_arn: str,
    mfa: Mfa,
    credentials: IamCredentials | None,
    environ: Mapping[str, str],
    *,
    refusal: ReconcileError | None = None,
    refused_hop: int = 0,
    redeclare: Redeclare | None = None,
    can_ask: bool = False,
) -> Explanation:
    """Explain one hop: with a refusal the hop `refused_hop`; else the first that AWS would refuse, or the last.

    requests: the calls of all hops. mfa: the MFA of the first call. credentials: to read live IAM with; None reads
    nothing live. redeclare: declares the file again with live paths. can_ask: an MFA code can be asked for, so if a
    code helps, explain the call with one. If something cannot be read, the explanation says so.
    """
    wrong_device = _explain_wrong_device(desired, requests[refused_hop], caller_arn, refusal)
    if wrong_device is not None:
        return wrong_device
    evidence_reader = EvidenceReader(desired, caller_arn, credentials, environ, redeclare)
    if refusal is not None:
        return explain_attempt(
            evidence_reader.read_hop(
                requests, refused_hop, mfa, was_refused=True, denied_action=_find_denied_action(refusal)
            )
        )
    explanation = None
    for hop in range(len(requests)):
        attempt = evidence_reader.read_hop(requests, hop, mfa)
        explanation = explain_attempt(attempt)
        if can_ask and explanation.code_helps and not explanation.may_assume:
            explanation = explain_attempt(replace(attempt, mfa=replace(WITH_CODE, temporary=mfa.temporary)))
        if not explanation.may_assume:
            break
    assert explanation is not None
    return explanation


def _find_denied_action(refusal: ReconcileError) -> str:
    """Return the action that AWS names in its refusal, if it is not sts:AssumeRole; else ""."""
    text = " ".join(problem.summary for problem in refusal.problems if problem.code == AWS_SAYS)
    return next((action for action in (TAG_SESSION, SET_SOURCE_IDENTITY) if action in text), "")


def _explain_wrong_device(
    desired: Desired, request: AssumeRoleCall, caller_arn: str, refusal: ReconcileError | None
) -> Explanation | None:
    problem = next((one for one in refusal.problems if one.code == DEVICE_REFUSED), None) if refusal else None
    if problem is None:
        return None
    alias = desired.aliases.get(request.alias)
    return Explanation(
        AssumeOutcome.WRONG_MFA_DEVICE,
        request.alias,
        caller_arn,
        request.role_arn,
        problem.summary,
        details=(problem.detail,),
        hint=problem.hint,
        place=alias.place if alias else None,
    )
