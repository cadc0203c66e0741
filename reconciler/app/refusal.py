"""Explain why AWS refused a role, or would refuse it, from one run of `assume`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.app.desired_files import read_files, require_valid
from reconciler.app.diagnosis import explain_chain
from reconciler.app.evidence import IamCredentials
from reconciler.app.role_chain import AssumeChain
from reconciler.desired.declare import declare
from reconciler.model.address import Address
from reconciler.model.desired import Desired
from reconciler.model.explanation import Explanation
from reconciler.model.problem import ReconcileError
from reconciler.model.sts_limits import AWS_SAYS


def explain_assume(role_chain: AssumeChain) -> Explanation:
    """Explain whether the role could be assumed now, without assuming it. Raises ReconcileError."""
    return _explain_run(role_chain, None)


def explain_refusal(role_chain: AssumeChain, refusal: ReconcileError) -> Explanation:
    """Explain why AWS refused the last call, with AWS's own words. Raises ReconcileError for an invalid file."""
    explanation = _explain_run(role_chain, refusal)
    aws_words = tuple(problem.summary for problem in refusal.problems if problem.code == AWS_SAYS)
    return replace(explanation, details=(*explanation.details, *aws_words))


def _explain_run(role_chain: AssumeChain, refusal: ReconcileError | None) -> Explanation:
    run, request = role_chain.run, role_chain.run.request
    partition = run.caller.arn.split(":")[1]
    account = None if run.offline_catalog.account else run.caller.account
    loaded = (
        request.loaded.load_for(account, partition)
        if request.loaded
        else read_files(request.files, request.variables, account, partition)
    )

    def redeclare(paths: Mapping[Address, str]) -> Desired:
        return declare(loaded, paths)

    return explain_chain(
        require_valid(redeclare({})),
        run.requests,
        run.caller.arn,
        role_chain.sent_mfa if refusal else role_chain.predict_mfa(),
        IamCredentials(run.profile, run.source.region, request.endpoint_url, lambda: run.source.make_iam_client()),
        run.environ,
        refusal=refusal,
        refused_hop=role_chain.position,
        redeclare=redeclare,
        can_ask=not role_chain.never_asks_code,
    )
