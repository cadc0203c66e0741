"""The use case `assume`: file → chain of roles → credentials, and what they are wanted for.

Where `assume` (decides and keeps), `aws.sts` (calls) and the file's catalog of aliases meet.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from reconciler.app.hops import Hops
from reconciler.app.wanted import Run, Say, Wanted
from reconciler.assume import warm
from reconciler.assume.asked import CODE
from reconciler.assume.cache import Cache
from reconciler.assume.credentials import Credentials, environment, kept_profile, kept_region, region_to_set
from reconciler.model.explanation import Explanation, Outcome
from reconciler.model.problem import Failed, failure
from reconciler.model.sts import SHORTEST, Caller
from reconciler.shell.variables import Variables

PROPAGATION, PAUSE = 60.0, 3.0
"""Seconds that what this machine applied is given to become known, and between two tries."""


@dataclass(frozen=True, slots=True)
class Assumed:
    alias: str
    role_arn: str
    credentials: Credentials
    variables: Variables = field(repr=False)


def assumed(wanted: Wanted, environ: Mapping[str, str], say: Say) -> Assumed:
    """Credentials of the role behind an alias, and the environment they make.

    `say` gets lines for the person. Raises Failed: an invalid file, an unknown alias, no source credentials, a
    refusal by AWS.
    """
    hops = begun(wanted, environ, say)
    credentials = gone(hops)
    run, role_arn = hops.run, hops.run.requests[-1].role_arn
    region = region_to_set(run.region, role_arn, run.profile, environ)
    variables = environment(credentials, wanted.alias, region, kept_profile(environ), kept_region(region, environ))
    return Assumed(wanted.alias, role_arn, credentials, variables)


def begun(wanted: Wanted, environ: Mapping[str, str], say: Say) -> Hops:
    """The walk to the role, before its first step; says who the person is already. Raises Failed."""
    run = Run(wanted, environ, Cache.of(environ, say) if wanted.cached else Cache(None, say))
    run.check_end()
    line = warm.nesting(run.profile, environ)
    if line:
        say(line)
    given = replace(wanted.codes, code=None) if run.profile_takes_code else wanted.codes
    return Hops(run, given, say)


class NotAssumed(Failed):
    """AWS refused, and here is why."""

    def __init__(self, refusal: Failed, explanation: Explanation) -> None:
        super().__init__(refusal.problems)
        self.explanation = explanation


def gone(hops: Hops) -> Credentials:
    """The credentials at the end of the walk. Raises NotAssumed where a role may not be assumed, else Failed.

    A refusal that a code may turn is answered with one, once. One that nothing explains but that this machine applied
    the role moments ago is waited out.
    """
    found = _tried(hops)
    if isinstance(found, NotAssumed) and hops.demand_code(found.explanation):
        found = _tried(hops)
    if isinstance(found, NotAssumed) and found.explanation.outcome is Outcome.PROPAGATING and hops.carried != CODE:
        hops.say("that was applied a moment ago, and AWS does not know it everywhere yet; trying again.")
        end = time.monotonic() + PROPAGATION
        while isinstance(found, NotAssumed) and time.monotonic() < end:
            time.sleep(PAUSE)
            found = _tried(hops, found.explanation)
    if isinstance(found, NotAssumed):
        raise found
    return found


def _tried(hops: Hops, known: Explanation | None = None) -> Credentials | NotAssumed:
    """`known`: the explanation of the same refusal a moment ago."""
    from reconciler.aws.sts import DEVICE_REFUSED, ROLE_REFUSED

    try:
        return hops.credentials()
    except Failed as failed:
        if not any(problem.code in (DEVICE_REFUSED, ROLE_REFUSED) for problem in failed.problems):
            raise
        if known is None:
            from reconciler.app.why import refused

            known = refused(hops, failed)
        return NotAssumed(failed, known)


def verified(wanted: Wanted, environ: Mapping[str, str], say: Say) -> Caller:
    """Assumes the role for the shortest time and asks AWS who that is. Raises Failed where it is somebody else."""
    hops = begun(replace(wanted, duration=SHORTEST), environ, say)
    caller = hops.run.source.owner(gone(hops))
    last = hops.run.requests[-1]
    _, partition, _, _, account, role = last.role_arn.split(":", 5)
    meant = f"arn:{partition}:sts::{account}:assumed-role/{role.rpartition('/')[2]}/{last.session_name}"
    if caller.arn != meant:
        raise failure("not-as-meant", f"{wanted.alias} should be {meant}, and AWS says it is {caller.arn}.")
    return caller


def signed_in(wanted: Wanted, environ: Mapping[str, str], say: Say) -> str:
    """A URL that opens the AWS console as the role: a secret for 15 minutes. Raises Failed."""
    from reconciler.app.console import sign_in_url

    hops = begun(wanted, environ, say)
    last = hops.run.requests[-1]
    return sign_in_url(
        gone(hops),
        partition=last.role_arn.split(":")[1],
        region=hops.run.region,
        duration=last.duration,
        chained=hops.chained,
        environ=environ,
        endpoint_url=wanted.endpoint_url,
    )
