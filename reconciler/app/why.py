"""Why a role was refused, or would be: what one walk of `assume` knows, handed to `explain`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.app.both_sides import Access
from reconciler.app.desired import read, valid
from reconciler.app.explain import explained
from reconciler.app.hops import Hops
from reconciler.aws.sts import AWS_SAYS
from reconciler.desired.declare import declare
from reconciler.model.address import Address
from reconciler.model.desired import Desired
from reconciler.model.explanation import Explanation
from reconciler.model.problem import Failed


def would_be(hops: Hops) -> Explanation:
    """Whether the role could be assumed now, and why; nothing is assumed. Raises Failed."""
    return _explained(hops, None)


def refused(hops: Hops, refusal: Failed) -> Explanation:
    """Why AWS refused the hop that was tried last, with what AWS says of it. Raises Failed: an invalid file."""
    found = _explained(hops, refusal)
    said = tuple(problem.summary for problem in refusal.problems if problem.code == AWS_SAYS)
    return replace(found, details=(*found.details, *said))


def _explained(hops: Hops, refusal: Failed | None) -> Explanation:
    run, wanted = hops.run, hops.run.wanted
    partition = run.caller.arn.split(":")[1]
    account = None if run.named.account else run.caller.account
    loaded = read(wanted.files, wanted.variables, account, partition)

    def declared(paths: Mapping[Address, str]) -> Desired:
        return declare(loaded, paths)

    return explained(
        valid(declared({})),
        run.requests,
        run.caller.arn,
        hops.carried if refusal else hops.expected(),
        Access(run.profile, run.source.region, wanted.endpoint_url, lambda: run.source.iam()),
        run.environ,
        refusal=refusal,
        refused=hops.position,
        again=declared,
        asks=not hops.never_asks,
    )
