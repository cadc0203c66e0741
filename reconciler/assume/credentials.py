"""Temporary credentials, the environment variables that hold them, and the variables that take a shell back.

The names are those that botocore reads ("Environment variables", Boto3 documentation). botocore reads
AWS_SECURITY_TOKEN before AWS_SESSION_TOKEN and refuses an empty AWS_PROFILE, so these are unset, never set empty.
Standard library only, and little of it: every warm `assume` imports this module.
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
    """The credentials that sts:AssumeRole returns. `expiration` is RFC 3339 in UTC, or "" if there is none.

    Not a dataclass: importing dataclasses takes as long as the rest of a warm run.
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
    """Return every variable that `assume` sets (text) or unsets (None), in printing order.

    source_profile, source_region: the profile and the region that `--unset` brings back.
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
    """Return the variables that take a shell back; none if no alias is active.

    They clear all that `build_variables` sets and restore the earlier profile and region. Earlier keys cannot be
    restored, because reconcile never stores them.
    """
    if not environ.get(ALIAS_VARIABLE):
        return {}
    variables: dict[str, str | None] = dict.fromkeys(_KEYS)
    # `assume` gives both region variables one value. If they differ, the user has set them.
    if environ.get(_REGIONS[0]) == environ.get(_REGIONS[1]):
        variables.update(dict.fromkeys(_REGIONS, environ.get(SOURCE_REGION_VARIABLE) or None))
    variables.update(dict.fromkeys((ALIAS_VARIABLE, SOURCE_VARIABLE, "AWS_SECURITY_TOKEN")))
    if SOURCE_REGION_VARIABLE in environ:
        variables[SOURCE_REGION_VARIABLE] = None
    if environ.get(SOURCE_VARIABLE, DEFAULT_PROFILE) != DEFAULT_PROFILE:
        variables["AWS_PROFILE"] = environ[SOURCE_VARIABLE]
    return variables


def choose_source_profile(option: str | None, declared: str | None, environ: Mapping[str, str]) -> str | None:
    """Return the profile that a role is assumed from; None for boto3's default chain.

    Precedence: `option` (--profile), `declared` (the alias's `source_profile`), the profile that an earlier `assume`
    kept in RECONCILE_SOURCE_PROFILE.
    """
    return option or declared or environ.get(SOURCE_VARIABLE) or None


def find_previous_profile(environ: Mapping[str, str]) -> str | None:
    """Return the value for RECONCILE_SOURCE_PROFILE: the profile that was in use before the first `assume`.

    It is `default` if the user named no profile and `default` exists: a nested `assume` would otherwise start from the
    role's keys in the environment. botocore reads AWS_DEFAULT_PROFILE before AWS_PROFILE.
    """
    profile = environ.get(SOURCE_VARIABLE) or environ.get("AWS_DEFAULT_PROFILE") or environ.get("AWS_PROFILE")
    return profile or (DEFAULT_PROFILE if uses_default_profile(environ) else None)


def choose_region(region: str | None, role_arn: str, profile: str | None, environ: Mapping[str, str]) -> str | None:
    """Return the AWS_REGION that a role's credentials need; None if the shell's own region will do.

    region: the region that the alias or an option names. profile: the profile that the role is assumed from.
    Credentials work only in regions of their own partition. So a region is needed if the environment names one of
    another partition, or if it names none and the partition is not `aws`: AWS's tools would call us-east-1.
    """
    if region:
        return region
    partition = partition_of_arn(role_arn)
    regions = [environ[name] for name in _REGIONS if environ.get(name)]
    if regions and not any(is_in_other_partition(one, partition) for one in regions):
        return None
    if not regions and (
        partition == DEFAULT_PARTITION or _is_in_partition(region_of(DEFAULT_PROFILE, environ), partition)
    ):
        return None
    previous = (environ.get(SOURCE_REGION_VARIABLE, ""), region_of(profile, environ))
    return next((one for one in previous if _is_in_partition(one, partition)), home_region_of(partition))


def _is_in_partition(region: str, partition: str) -> bool:
    return partition_of_region(region) == partition


def find_previous_region(region: str | None, environ: Mapping[str, str]) -> str | None:
    """Return the value for RECONCILE_SOURCE_REGION: the region that `--unset` brings back; None if it need not.

    region: the alias's region.
    """
    if environ.get(ALIAS_VARIABLE):
        return environ.get(SOURCE_REGION_VARIABLE)
    region_variable, default_variable = environ.get(_REGIONS[0]), environ.get(_REGIONS[1])
    if not region and region_variable != default_variable:
        return None
    return region_variable or default_variable


def parse_expiration(text: str) -> datetime | None:
    """Return an RFC 3339 text as a time in UTC; None if it is not one."""
    from datetime import UTC, datetime

    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


def has_expired_keys(environ: Mapping[str, str], now: float) -> bool:
    """Return whether the keys in the environment have expired; botocore's own error does not say so.

    now: seconds since 1970.
    """
    if not (environ.get(_KEYS[0]) and environ.get(EXPIRATION_VARIABLE)):
        return False
    expiration = parse_expiration(environ[EXPIRATION_VARIABLE])
    return expiration is not None and expiration.timestamp() <= now


def format_local_time(expiration: str) -> str:
    """Return the end of a session in local time, such as `14:05`; "" if it has no end."""
    time = parse_expiration(expiration)
    return f"{time.astimezone():%H:%M}" if time else ""
