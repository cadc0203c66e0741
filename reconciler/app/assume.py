"""The use case `assume`: file → role chain → credentials → environment variables, a check, or a console URL.

It joins the packages: `assume/` decides and caches, `aws/sts.py` calls AWS, and the catalog holds the file's aliases.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from reconciler.app.assume_request import AssumeRequest, AssumeRun
from reconciler.app.role_chain import AssumeChain
from reconciler.assume import cache_lookup
from reconciler.assume.cache import Cache, Notice
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
    """An assumed role: its credentials, and the environment variables that `assume` sets and unsets."""

    alias: str
    role_arn: str
    credentials: Credentials
    variables: ShellVariables = field(repr=False)


def assume_alias(request: AssumeRequest, environ: Mapping[str, str], notice: Notice) -> AssumedRole:
    """Assume the role of an alias and return its credentials and variables.

    notice: shows a line to the user. Raises ReconcileError for an invalid file, an unknown alias, missing source
    credentials, or a refusal by AWS.
    """
    role_chain = start_chain(request, environ, notice)
    credentials = finish_chain(role_chain)
    run, role_arn = role_chain.run, role_chain.run.requests[-1].role_arn
    region = choose_region(run.region, role_arn, run.profile, environ)
    variables = build_variables(
        credentials, request.alias, region, find_previous_profile(environ), find_previous_region(region, environ)
    )
    return AssumedRole(request.alias, role_arn, credentials, variables)


def start_chain(request: AssumeRequest, environ: Mapping[str, str], notice: Notice) -> AssumeChain:
    """Prepare the role chain, before its first call. If the shell is already in an alias, say so.

    Raises ReconcileError for an invalid file, an unknown alias, or expired credentials.
    """
    run = AssumeRun(request, environ, Cache.from_environ(environ, notice) if request.use_cache else Cache(None, notice))
    run.check_expiry()
    line = cache_lookup.describe_nesting(run.profile, environ)
    if line:
        notice(line)
    codes = replace(request.codes, code=None) if run.profile_takes_code else request.codes
    return AssumeChain(run, codes, notice)


class AssumeRoleError(ReconcileError):
    """AWS refuses a role. `explanation` says why."""

    def __init__(self, refusal: ReconcileError, explanation: Explanation) -> None:
        super().__init__(refusal.problems)
        self.explanation = explanation


def finish_chain(role_chain: AssumeChain) -> Credentials:
    """Return the credentials of the last role of the chain.

    If AWS refuses and an MFA code may help, try again with one, once. If this machine changed the role moments ago,
    wait and try again for `timing.PROPAGATION_MAX_WAIT` seconds.
    Raises AssumeRoleError if AWS refuses a role, else ReconcileError.
    """
    outcome = _try_chain(role_chain)
    if isinstance(outcome, AssumeRoleError) and role_chain.request_code(outcome.explanation):
        outcome = _try_chain(role_chain)
    if (
        isinstance(outcome, AssumeRoleError)
        and outcome.explanation.outcome is AssumeOutcome.PROPAGATING
        and role_chain.sent_mfa != WITH_CODE
    ):
        role_chain.notice(
            f"AWS does not know your last apply everywhere yet; trying for {timing.PROPAGATION_MAX_WAIT:.0f} s."
        )
        end = time.monotonic() + timing.PROPAGATION_MAX_WAIT
        while isinstance(outcome, AssumeRoleError) and time.monotonic() < end:
            time.sleep(timing.PROPAGATION_PAUSE)
            outcome = _try_chain(role_chain, outcome.explanation)
    if isinstance(outcome, AssumeRoleError):
        raise outcome
    return outcome


def _try_chain(role_chain: AssumeChain, explanation: Explanation | None = None) -> Credentials | AssumeRoleError:
    """Make the calls; return the credentials, or the explained refusal. explanation: that of the last try."""
    from reconciler.model.sts_limits import DEVICE_REFUSED, ROLE_REFUSED

    try:
        return role_chain.get_credentials()
    except ReconcileError as error:
        if not any(problem.code in (DEVICE_REFUSED, ROLE_REFUSED) for problem in error.problems):
            raise
        if explanation is None:
            from reconciler.app.refusal import explain_refusal

            explanation = explain_refusal(role_chain, error)
        return AssumeRoleError(error, explanation)


def verify_alias(request: AssumeRequest, environ: Mapping[str, str], notice: Notice) -> Caller:
    """Assume the role for the shortest time and return the caller that AWS reports.

    Raises ReconcileError if the caller is not a session of the role.
    """
    role_chain = start_chain(replace(request, duration=MIN_DURATION), environ, notice)
    caller = role_chain.run.source.identify_caller(finish_chain(role_chain))
    last = role_chain.run.requests[-1]
    if caller.arn != last.session_arn:
        summary = f"The alias {request.alias} gives {caller.arn}, not {last.session_arn}."
        raise make_error("not-as-meant", summary, "AWS reports another caller than the role of the alias.")
    return caller


def make_console_url(request: AssumeRequest, environ: Mapping[str, str], notice: Notice) -> str:
    """Return a URL that opens the AWS console as the role. It is a secret for 15 minutes. Raises ReconcileError."""
    from reconciler.app.console_url import make_sign_in_url

    role_chain = start_chain(request, environ, notice)
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
