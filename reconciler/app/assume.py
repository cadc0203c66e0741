"""The use case `assume`: file → chain of roles → credentials and the environment they make.

Where `assume` (decides), `aws.sts` (calls) and `desired` (reads the file) meet. Nothing is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise

from reconciler.app.desired import offline
from reconciler.assume import chain, codes, mfa
from reconciler.assume.chain import Request
from reconciler.assume.credentials import (
    ALIAS,
    Credentials,
    environment,
    expired,
    kept_profile,
    source_profile,
)
from reconciler.aws import sts
from reconciler.desired.load import PLACEHOLDER_ACCOUNT
from reconciler.model.entity import Role
from reconciler.model.problem import Failed, failure
from reconciler.model.state import Alias, Desired
from reconciler.shell.variables import Variables

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for on the command line; `duration` in seconds, None: as the alias says."""

    alias: str
    files: Sequence[str] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    duration: int | None = None
    session_name: str | None = None
    codes: codes.Sources = field(default_factory=codes.Sources)


@dataclass(frozen=True, slots=True)
class Assumed:
    alias: str
    role_arn: str
    credentials: Credentials
    variables: Variables = field(repr=False)


def assumed(wanted: Wanted, environ: Mapping[str, str], say: Say) -> Assumed:
    """Credentials of the role behind an alias, asked of AWS anew. `say` gets lines for the person.

    Raises Failed: an invalid file, an unknown alias, no source credentials, a refusal by AWS.
    """
    desired = offline(wanted.files, wanted.variables)
    path = chain.hops(wanted.alias, desired.aliases)
    profile = source_profile(wanted.profile, chain.declared_source(path), environ)
    if profile is None:
        _check_end(environ)
    _say_nesting(profile, environ, say)
    region = wanted.region or path[-1].region
    source = sts.Source(profile, region, path[0].role_arn.split(":")[1], wanted.endpoint_url)
    caller = source.caller
    desired = _of_caller(desired, caller, wanted)
    path = chain.hops(wanted.alias, desired.aliases)
    requests = chain.requests(path, caller.arn, desired.state.entities, wanted.duration, wanted.session_name)
    keys = _first_hop(requests[0], _need(path, desired, caller), source, wanted.codes)
    for before, request in pairwise(requests):
        keys = sts.assume_role(source.sts(keys), request.parameters(), before.role_arn)
    credentials = Credentials(*keys)
    variables = environment(credentials, wanted.alias, region, kept_profile(environ))
    return Assumed(wanted.alias, requests[-1].role_arn, credentials, variables)


def _of_caller(desired: Desired, caller: sts.Caller, wanted: Wanted) -> Desired:
    """What the file means to this caller: roles are in the caller's partition, and account where it names none."""
    partition = caller.arn.split(":")[1]
    account = caller.account if desired.state.account == PLACEHOLDER_ACCOUNT else None
    if account is None and partition == desired.state.partition:
        return desired
    return offline(wanted.files, wanted.variables, account, partition)


@dataclass(frozen=True, slots=True)
class _Need:
    """MFA for the first hop. `certain`: the file says so; otherwise only where a code was passed."""

    certain: bool
    serial: str | None


def _need(path: tuple[Alias, ...], desired: Desired, caller: sts.Caller) -> _Need:
    """A later hop's `mfa: true` asks for the code as well: only the first call can carry it."""
    serial = next((alias.mfa_serial for alias in path if alias.mfa_serial), None)
    if any(alias.mfa for alias in path):
        return _Need(True, serial)
    role = desired.state.entities.get(path[0].role) if path[0].role else None
    if path[0].mfa is None and isinstance(role, Role):
        demand = mfa.mfa_demand(role.trust_policy, caller.arn, caller.account)
        return _Need(demand.required, serial)
    return _Need(False, serial)


def _first_hop(request: Request, need: _Need, source: sts.Source, given: codes.Sources) -> sts.Keys:
    client, caller, parameters = source.sts(), source.caller.arn, request.parameters()
    if not need.certain and given.code is None:
        return sts.assume_role(client, parameters, caller)
    if ":user/" not in caller:
        raise _no_mfa_here(request, caller)
    if source.temporary and given.code is None:
        # The session may have been made with MFA, by GetSessionToken; only AWS knows.
        try:
            return sts.assume_role(client, parameters, caller)
        except Failed as failed:
            if not any(problem.code == sts.ROLE_REFUSED for problem in failed.problems):
                raise
    serial = need.serial or mfa.device([device.serial for device in source.devices()], caller)
    question = f"MFA code for {request.alias} ({serial}): "
    return codes.with_code(
        codes.codes(given, question),
        lambda code: sts.assume_role(client, parameters, caller, serial, code),
    )


def _no_mfa_here(request: Request, caller: str) -> Failed:
    return failure(
        "mfa-from-role",
        f"{request.alias} needs MFA, and {caller} cannot give it.",
        "AWS takes MFA codes only from users; a role's session carries no MFA.",
        "Start from a user: pass --profile, or set `source_profile` of the alias.",
    )


def _check_end(environ: Mapping[str, str]) -> None:
    """Raises Failed where the keys in the environment are past their end."""
    if not expired(environ, datetime.now(UTC)):
        return
    already = environ.get(ALIAS)
    raise failure(
        "session-over",
        "The credentials in this terminal have expired.",
        f"They came from the alias {already}." if already else "",
        'Leave the subshell, or run `eval "$(reconcile assume --unset)"`; or pass --profile.'
        if already
        else "Get new ones, or pass --profile.",
    )


def _say_nesting(profile: str | None, environ: Mapping[str, str], say: Say) -> None:
    """Says who the person is already, and whom the role is assumed from."""
    already = environ.get(ALIAS)
    if already and profile:
        say(f"You are already {already}; the role is assumed from the profile {profile}.")
    elif already:
        say(
            f"You are already {already}, and the role is assumed from it: no AWS_PROFILE was kept from before, "
            "and keys of before are stored nowhere."
        )
