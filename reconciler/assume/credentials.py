"""Temporary credentials and the environment they make: what is set, what must not be there, what undoes it.

Standard library only, and little of it: this is on the path of every warm `assume`.
The names are those botocore reads ("Environment variables", Boto3 documentation);
botocore reads AWS_SECURITY_TOKEN before AWS_SESSION_TOKEN and refuses an empty AWS_PROFILE, so those names
are unset, never set empty.
"""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.assume.credential_source import region_of, uses_default_profile
from reconciler.files.ini import DEFAULT_PROFILE
from reconciler.model.partitions import (
    DEFAULT_PARTITION,
    home_region_of,
    is_in_other_partition,
    partition_of_arn,
    partition_of_region,
)
from reconciler.shell.variables import ShellVariables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

ALIAS_VARIABLE = "RECONCILE_ALIAS"
SOURCE_VARIABLE = "RECONCILE_SOURCE_PROFILE"
SOURCE_REGION_VARIABLE = "RECONCILE_SOURCE_REGION"
EXPIRATION_VARIABLE = "AWS_CREDENTIAL_EXPIRATION"

_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", EXPIRATION_VARIABLE)
_REGIONS = ("AWS_REGION", "AWS_DEFAULT_REGION")
_PROFILES = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")


class Credentials(tuple[str, str, str, str]):
    """What sts:AssumeRole gives. `expiration` is RFC 3339 in UTC, or "" where there is none.

    No dataclass: that module's own import takes as long as the rest of a warm run.
    """

    __slots__ = ()

    def __new__(cls, access_key_id: str, secret_access_key: str, session_token: str, expiration: str) -> Credentials:
        return super().__new__(cls, (access_key_id, secret_access_key, session_token, expiration))

    @property
    def access_key_id(self) -> str:
        return self[0]

    @property
    def secret_access_key(self) -> str:
        return self[1]

    @property
    def session_token(self) -> str:
        return self[2]

    @property
    def expiration(self) -> str:
        return self[3]

    def __repr__(self) -> str:
        return f"Credentials({self.access_key_id}, until {self.expiration or 'further notice'})"


def build_variables(
    credentials: Credentials,
    alias: str,
    region: str | None,
    source_profile: str | None = None,
    source_region: str | None = None,
) -> ShellVariables:
    """The contract of `assume`: every variable that is set (text) and unset (None), in printing order.

    source_profile, source_region: what `--unset` brings back.
    """
    values = (
        credentials.access_key_id,
        credentials.secret_access_key,
        credentials.session_token,
        credentials.expiration or None,
    )
    variables: dict[str, str | None] = dict(zip(_KEYS, values, strict=True))
    if region:
        variables.update(dict.fromkeys(_REGIONS, region))
    variables[ALIAS_VARIABLE] = alias
    if source_profile:
        variables[SOURCE_VARIABLE] = source_profile
    if source_region:
        variables[SOURCE_REGION_VARIABLE] = source_region
    variables.update(dict.fromkeys((*_PROFILES, "AWS_SECURITY_TOKEN")))
    return variables


def build_unset_variables(environ: Mapping[str, str]) -> ShellVariables:
    """What takes a shell back: clears all that `build_variables` sets, and restores the profile and region of before.

    Nothing where no alias is active. Past keys cannot be restored: nothing stores them.
    """
    if not environ.get(ALIAS_VARIABLE):
        return {}
    variables: dict[str, str | None] = dict.fromkeys(_KEYS)
    # `assume` sets both region variables alike: two that differ are the user's own.
    if environ.get(_REGIONS[0]) == environ.get(_REGIONS[1]):
        variables.update(dict.fromkeys(_REGIONS, environ.get(SOURCE_REGION_VARIABLE) or None))
    variables.update(dict.fromkeys((ALIAS_VARIABLE, SOURCE_VARIABLE, "AWS_SECURITY_TOKEN")))
    if SOURCE_REGION_VARIABLE in environ:
        variables[SOURCE_REGION_VARIABLE] = None
    if environ.get(SOURCE_VARIABLE, DEFAULT_PROFILE) != DEFAULT_PROFILE:
        variables["AWS_PROFILE"] = environ[SOURCE_VARIABLE]
    return variables


def choose_source_profile(option: str | None, declared: str | None, environ: Mapping[str, str]) -> str | None:
    """The profile that a role is assumed from; None is boto3's default chain.

    `--profile`, then the alias's `choose_source_profile`, then the AWS_PROFILE that an earlier `assume` kept.
    """
    return option or declared or environ.get(SOURCE_VARIABLE) or None


def find_previous_profile(environ: Mapping[str, str]) -> str | None:
    """What RECONCILE_SOURCE_PROFILE will hold: the profile of before any `assume`, as botocore reads its name.

    Where the person was the profile `default` without naming it, that: the keys that take its place in the
    environment would otherwise be what a nested `assume` starts from. Of the two variables botocore reads
    AWS_DEFAULT_PROFILE first.
    """
    named = environ.get(SOURCE_VARIABLE) or environ.get("AWS_DEFAULT_PROFILE") or environ.get("AWS_PROFILE")
    return named or (DEFAULT_PROFILE if uses_default_profile(environ) else None)


def choose_region(region: str | None, role_arn: str, profile: str | None, environ: Mapping[str, str]) -> str | None:
    """Return the AWS_REGION that a role's credentials need; None if the shell needs no other than it has.

    region: the one that the alias or an option names. Credentials work only in a region of their own partition. So one
    is set if the environment names a region of another partition, or if nothing names one in a partition other than
    `aws`, where AWS's tools would call us-east-1. `profile` is the one that the role is assumed from.
    """
    if region:
        return region
    partition = partition_of_arn(role_arn)
    named = [environ[name] for name in _REGIONS if environ.get(name)]
    if named and not any(is_in_other_partition(one, partition) for one in named):
        return None
    if not named and (
        partition == DEFAULT_PARTITION or _is_in_partition(region_of(DEFAULT_PROFILE, environ), partition)
    ):
        return None
    before = (environ.get(SOURCE_REGION_VARIABLE, ""), region_of(profile, environ))
    return next((one for one in before if _is_in_partition(one, partition)), home_region_of(partition))


def _is_in_partition(region: str, partition: str) -> bool:
    return partition_of_region(region) == partition


def find_previous_region(region: str | None, environ: Mapping[str, str]) -> str | None:
    """What RECONCILE_SOURCE_REGION will hold: the region of before, where `--unset` could not tell it from the alias's.

    `region` is the alias's.
    """
    if environ.get(ALIAS_VARIABLE):
        return environ.get(SOURCE_REGION_VARIABLE)
    before = environ.get(_REGIONS[0]), environ.get(_REGIONS[1])
    if not region and before[0] != before[1]:
        return None
    return before[0] or before[1]


def parse_expiration(text: str) -> datetime | None:
    """An RFC 3339 text as a time in UTC; None where there is none or it cannot be read."""
    from datetime import UTC, datetime

    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def has_expired_keys(environ: Mapping[str, str], now: float) -> bool:
    """True where the environment holds keys whose own expiry is past (botocore's error for it puzzles).

    `now` is in seconds since 1970.
    """
    if not (environ.get(_KEYS[0]) and environ.get(EXPIRATION_VARIABLE)):
        return False
    moment = parse_expiration(environ[EXPIRATION_VARIABLE])
    return moment is not None and moment.timestamp() <= now


def format_local_time(expiration: str) -> str:
    """When a session ends, in local time for a person: `14:05`, or "" where it has no end."""
    moment = parse_expiration(expiration)
    return f"{moment.astimezone():%H:%M}" if moment else ""
