"""The use case "why may this role not be assumed": file and account → one Explanation. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.app.evidence import EvidenceReader, IamCredentials, Redeclare
from reconciler.aws.sts import AWS_SAYS, DEVICE_REFUSED
from reconciler.diagnose.diagnosis import explain_attempt
from reconciler.diagnose.request_context import SET_SOURCE_IDENTITY, TAG_SESSION, WITH_CODE, Mfa
from reconciler.model.assume_role import AssumeRoleCall
from reconciler.model.desired import Desired
from reconciler.model.explanation import AssumeOutcome, Explanation
from reconciler.model.problem import ReconcileError


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
    """Without a refusal: the first hop that may not be assumed, else the last one. With one: the hop `refused_hop`.

    `requests`: all hops. `mfa`: what the first call carries. `credentials` None: nothing is read live. `redeclare`:
    for files
    that leave out paths which entities have live. `can_ask`: where AWS refuses the first call and a code helps, one is
    given. What cannot be read is said to be unseen, and raises nothing.
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
    found = None
    for hop in range(len(requests)):
        question = evidence_reader.read_hop(requests, hop, mfa)
        found = explain_attempt(question)
        if can_ask and found.code_helps and not found.may_assume:
            found = explain_attempt(replace(question, mfa=replace(WITH_CODE, temporary=mfa.temporary)))
        if not found.may_assume:
            break
    assert found is not None
    return found


def _find_denied_action(refusal: ReconcileError) -> str:
    """The action that AWS names in its refusal, if the call needs it besides sts:AssumeRole."""
    said = " ".join(problem.summary for problem in refusal.problems if problem.code == AWS_SAYS)
    return next((action for action in (TAG_SESSION, SET_SOURCE_IDENTITY) if action in said), "")


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
