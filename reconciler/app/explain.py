"""The use case "why may this role not be assumed": file and account → one Explanation. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.app.both_sides import Access, Again, World
from reconciler.assume.asked import CODE, SET_SOURCE_IDENTITY, TAG_SESSION, Mfa
from reconciler.assume.chain import Request
from reconciler.assume.explain import explain
from reconciler.aws.sts import AWS_SAYS, DEVICE_REFUSED
from reconciler.model.desired import Desired
from reconciler.model.explanation import Explanation, Outcome
from reconciler.model.problem import Failed


def explained(
    desired: Desired,
    requests: tuple[Request, ...],
    caller_arn: str,
    mfa: Mfa,
    access: Access | None,
    environ: Mapping[str, str],
    *,
    refusal: Failed | None = None,
    refused: int = 0,
    again: Again | None = None,
    asks: bool = False,
) -> Explanation:
    """Without a refusal: the first hop that may not be assumed, else the last one. With one: the hop `refused`.

    `requests`: all hops. `mfa`: what the first call carries. `access` None: nothing is read live. `again`: for files
    that leave out paths which entities have live. `asks`: where AWS refuses the first call and a code helps, one is
    given. What cannot be read is said to be unseen, and raises nothing.
    """
    wrong_device = _wrong_device(desired, requests[refused], caller_arn, refusal)
    if wrong_device is not None:
        return wrong_device
    world = World(desired, caller_arn, access, environ, again)
    if refusal is not None:
        return explain(world.question(requests, refused, mfa, refused=True, denied=_denied_action(refusal)))
    found = None
    for hop in range(len(requests)):
        question = world.question(requests, hop, mfa)
        found = explain(question)
        if asks and found.code_helps and not found.may_assume:
            found = explain(replace(question, mfa=replace(CODE, temporary=mfa.temporary)))
        if not found.may_assume:
            break
    assert found is not None
    return found


def _denied_action(refusal: Failed) -> str:
    """The action that AWS names in its refusal, if the call needs it besides sts:AssumeRole."""
    said = " ".join(problem.summary for problem in refusal.problems if problem.code == AWS_SAYS)
    return next((action for action in (TAG_SESSION, SET_SOURCE_IDENTITY) if action in said), "")


def _wrong_device(desired: Desired, request: Request, caller_arn: str, refusal: Failed | None) -> Explanation | None:
    problem = next((one for one in refusal.problems if one.code == DEVICE_REFUSED), None) if refusal else None
    if problem is None:
        return None
    alias = desired.aliases.get(request.alias)
    return Explanation(
        Outcome.WRONG_MFA_DEVICE,
        request.alias,
        caller_arn,
        request.role_arn,
        problem.summary,
        details=(problem.detail,),
        hint=problem.hint,
        place=alias.place if alias else None,
    )
