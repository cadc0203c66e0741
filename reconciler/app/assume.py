"""The use case `assume`: file → chain of roles → credentials, and what they are wanted for.

Where `assume` (decides and keeps), `aws.sts` (calls) and the file's catalog of aliases meet.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from reconciler.app.assume_request import AssumeRequest, AssumeRun, Say
from reconciler.app.role_chain import AssumeChain
from reconciler.assume import cache_lookup
from reconciler.assume.cache import Cache
from reconciler.assume.credentials import (
    Credentials,
    build_variables,
    choose_region,
    find_previous_profile,
    find_previous_region,
)
from reconciler.aws import timing
from reconciler.diagnose.request_context import WITH_CODE
from reconciler.model.explanation import AssumeOutcome, Explanation
from reconciler.model.problem import ReconcileError, make_error
from reconciler.model.sts_limits import MIN_DURATION, Caller
from reconciler.shell.variables import ShellVariables


@dataclass(frozen=True, slots=True)
class AssumedRole:
    alias: str
    role_arn: str
    credentials: Credentials
    variables: ShellVariables = field(repr=False)


def assume_alias(request: AssumeRequest, environ: Mapping[str, str], say: Say) -> AssumedRole:
    """Credentials of the role behind an alias, and the environment they make.

    `say` gets lines for the person. Raises Failed: an invalid file, an unknown alias, no source credentials, a
    refusal by AWS.
    """
    role_chain = start_chain(request, environ, say)
    credentials = finish_chain(role_chain)
    run, role_arn = role_chain.run, role_chain.run.requests[-1].role_arn
    region = choose_region(run.region, role_arn, run.profile, environ)
    variables = build_variables(
        credentials, request.alias, region, find_previous_profile(environ), find_previous_region(region, environ)
    )
    return AssumedRole(request.alias, role_arn, credentials, variables)


def start_chain(request: AssumeRequest, environ: Mapping[str, str], say: Say) -> AssumeChain:
    """The walk to the role, before its first step; says who the person is already. Raises Failed."""
    run = AssumeRun(request, environ, Cache.from_environ(environ, say) if request.use_cache else Cache(None, say))
    run.check_expiry()
    line = cache_lookup.describe_nesting(run.profile, environ)
    if line:
        say(line)
    given = replace(request.codes, code=None) if run.profile_takes_code else request.codes
    return AssumeChain(run, given, say)


class AssumeRoleError(ReconcileError):
    """AWS refused, and here is why."""

    def __init__(self, refusal: ReconcileError, explanation: Explanation) -> None:
        super().__init__(refusal.problems)
        self.explanation = explanation


def finish_chain(role_chain: AssumeChain) -> Credentials:
    """The credentials at the end of the walk. Raises NotAssumed where a role may not be assumed, else Failed.

    A refusal that a code may turn is answered with one, once. One that nothing explains but that this machine applied
    the role moments ago is waited out.
    """
    found = _try_chain(role_chain)
    if isinstance(found, AssumeRoleError) and role_chain.request_code(found.explanation):
        found = _try_chain(role_chain)
    if (
        isinstance(found, AssumeRoleError)
        and found.explanation.outcome is AssumeOutcome.PROPAGATING
        and role_chain.sent_mfa != WITH_CODE
    ):
        role_chain.say("that was applied a moment ago, and AWS does not know it everywhere yet; trying again.")
        end = time.monotonic() + timing.PROPAGATION_MAX_WAIT
        while isinstance(found, AssumeRoleError) and time.monotonic() < end:
            time.sleep(timing.PROPAGATION_PAUSE)
            found = _try_chain(role_chain, found.explanation)
    if isinstance(found, AssumeRoleError):
        raise found
    return found


def _try_chain(role_chain: AssumeChain, explanation: Explanation | None = None) -> Credentials | AssumeRoleError:
    """`explanation`: the explanation of the same refusal a moment ago."""
    from reconciler.aws.sts import DEVICE_REFUSED, ROLE_REFUSED

    try:
        return role_chain.get_credentials()
    except ReconcileError as failed:
        if not any(problem.code in (DEVICE_REFUSED, ROLE_REFUSED) for problem in failed.problems):
            raise
        if explanation is None:
            from reconciler.app.refusal import explain_refusal

            explanation = explain_refusal(role_chain, failed)
        return AssumeRoleError(failed, explanation)


def verify_alias(request: AssumeRequest, environ: Mapping[str, str], say: Say) -> Caller:
    """Assumes the role for the shortest time and asks AWS who that is. Raises Failed where it is somebody else."""
    role_chain = start_chain(replace(request, duration=MIN_DURATION), environ, say)
    caller = role_chain.run.source.identify_caller(finish_chain(role_chain))
    last = role_chain.run.requests[-1]
    _, partition, _, _, account, role = last.role_arn.split(":", 5)
    meant = f"arn:{partition}:sts::{account}:assumed-role/{role.rpartition('/')[2]}/{last.session_name}"
    if caller.arn != meant:
        raise make_error("not-as-meant", f"{request.alias} should be {meant}, and AWS says it is {caller.arn}.")
    return caller


def make_console_url(request: AssumeRequest, environ: Mapping[str, str], say: Say) -> str:
    """A URL that opens the AWS console as the role: a secret for 15 minutes. Raises Failed."""
    from reconciler.app.console_url import make_sign_in_url

    role_chain = start_chain(request, environ, say)
    last = role_chain.run.requests[-1]
    return make_sign_in_url(
        finish_chain(role_chain),
        partition=last.role_arn.split(":")[1],
        region=role_chain.run.region,
        duration=last.duration,
        chained=role_chain.is_chained,
        environ=environ,
        endpoint_url=request.endpoint_url,
    )
