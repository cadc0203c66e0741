"""One `assume`: what is wanted, the aliases it is about, and whose keys it starts from."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from reconciler.app.alias_catalog import Catalog, read_catalog
from reconciler.app.used_codes import UsedCodes, make_device_key
from reconciler.assume import cache_lookup, chain, mfa_codes
from reconciler.assume.cache import CODES, IDENTITIES, Cache, key_of
from reconciler.assume.credential_source import asks_for_code, identity_of, mfa_serial_of
from reconciler.assume.credentials import ALIAS_VARIABLE, choose_source_profile, has_expired_keys
from reconciler.model.assume_role import AssumeRoleCall
from reconciler.model.desired import Alias
from reconciler.model.escape import escape_line
from reconciler.model.partitions import DEFAULT_PARTITION, partition_of_arn
from reconciler.model.problem import ReconcileError, make_error
from reconciler.model.sts_limits import Caller

if TYPE_CHECKING:
    from reconciler.aws.sts import SourceCredentials

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class AssumeRequest:
    """What was asked for on the command line; `duration` in seconds, None: as the alias says."""

    alias: str
    files: Sequence[str] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    duration: int | None = None
    session_name: str | None = None
    codes: mfa_codes.CodeSources = field(default_factory=mfa_codes.CodeSources)
    use_cache: bool = True


Catalogs = dict[tuple[str | None, str], Catalog]
"""(account, partition) → what the file means there."""


class AssumeRun:
    """What one `assume` is about: the aliases, and whose keys it starts from. AWS is asked only who they belong to."""

    def __init__(
        self, request: AssumeRequest, environ: Mapping[str, str], cache: Cache, catalogs: Catalogs | None = None
    ) -> None:
        """`catalogs`: catalogs that other runs share. Raises Failed: an invalid file, an unknown alias."""
        self._catalogs = {} if catalogs is None else catalogs
        self.request = request
        self.environ, self.cache = environ, cache
        self.offline_catalog = self._get_catalog(None, DEFAULT_PARTITION)
        aliases = chain.resolve_role_chain(request.alias, self.offline_catalog.aliases)
        self.profile = choose_source_profile(request.profile, chain.source_profile_of(aliases), environ)
        declared = None if request.profile else chain.find_source_alias(aliases)
        self._source_place = declared.place if declared else None
        self.region = request.region or aliases[-1].region
        self.endpoint = cache_lookup.resolve_sts_endpoint(request.endpoint_url, self.profile, environ)
        self._partition = next((partition_of_arn(alias.role_arn) for alias in aliases if alias.role is None), None)
        self._known_source = identity_of(self.profile, environ)

    def check_expiry(self) -> None:
        """Raises Failed where the role would be assumed with keys in the environment that are past their end."""
        if self.profile is None and has_expired_keys(self.environ, time.time()):
            raise _make_expired_error(self.environ.get(ALIAS_VARIABLE))

    @cached_property
    def source(self) -> SourceCredentials:
        from reconciler.aws.sts import SourceCredentials

        return SourceCredentials(
            self.profile,
            self.region,
            self._partition,
            self.request.endpoint_url,
            self._source_place,
            self._ask_profile_code,
        )

    @cached_property
    def profile_takes_code(self) -> bool:
        """True if the source profile's own role is assumed with MFA: a code that was passed is for that."""
        return asks_for_code(self.profile, self.environ)

    def _ask_profile_code(self, serial: str) -> str:
        """A code for the source profile's own role, from wherever codes come. Raises Failed."""
        key = make_device_key(self.endpoint, serial)
        with self.cache.lock_entry(CODES, key, "another run is asking for an MFA code; waiting for it."):
            name = escape_line(self.profile or "default")
            question = f"MFA code for the profile {name} ({escape_line(serial)}): "
            return next(mfa_codes.iter_codes(self.request.codes, question, UsedCodes(self.cache, key)))

    @cached_property
    def source_id(self) -> str:
        """What stands for the source credentials in the cache."""
        return self._known_source or f"key:{self.source.access_key_id}"

    @cached_property
    def profile_device(self) -> str | None:
        """The MFA device that the source profile names; None if it names none."""
        return mfa_serial_of(self.profile, self.environ)

    @property
    def known_caller(self) -> Caller | None:
        """Who the source credentials are, where that was asked within a day: keys do not change hands."""
        known = (
            cache_lookup.find_identity(self.cache, self._known_source, self.endpoint) if self._known_source else None
        )
        return Caller(str(known["arn"]), str(known["account"])) if known else None

    @cached_property
    def caller(self) -> Caller:
        """Asked where it is not known. Raises Failed."""
        known = self.known_caller
        if known is not None:
            return known
        caller = self.source.caller
        entry = {
            "arn": caller.arn,
            "account": caller.account,
            "session_name": chain.derive_session_name(caller.arn),
            "asked": time.time(),
        }
        self.cache.put(IDENTITIES, key_of(self.source_id, self.endpoint), entry)
        return caller

    @cached_property
    def catalog(self) -> Catalog:
        """What the file means to this caller: roles are in its partition, and account where the file names none."""
        partition = self.caller.arn.split(":")[1]
        account = None if self.offline_catalog.account else self.caller.account
        if account is None and partition == self.offline_catalog.partition:
            return self.offline_catalog
        return self._get_catalog(account, partition)

    @cached_property
    def chain_aliases(self) -> tuple[Alias, ...]:
        return chain.resolve_role_chain(self.request.alias, self.catalog.aliases)

    @cached_property
    def requests(self) -> tuple[AssumeRoleCall, ...]:
        """Raises Failed: a duration or session name that AWS would refuse."""
        request = self.request
        return chain.build_calls(
            self.chain_aliases, self.caller.arn, self.catalog.max_durations, request.duration, request.session_name
        )

    def cache_key_of(self, position: int) -> str:
        """The name in the cache of the credentials after the hop at `position`."""
        calls = [request.to_parameters() for request in self.requests[: position + 1]]
        return cache_lookup.credentials_key_of(self.source_id, self.endpoint, calls)

    def _get_catalog(self, account: str | None, partition: str) -> Catalog:
        if (account, partition) not in self._catalogs:
            found = read_catalog(self.request.files, self.request.variables, self.cache, account, partition)
            self._catalogs[account, partition] = found
        return self._catalogs[account, partition]


def _make_expired_error(alias: str | None) -> ReconcileError:
    return make_error(
        "session-over",
        "The credentials in this terminal have expired.",
        f"They came from the alias {alias}." if alias else "",
        'Leave the subshell, or run `eval "$(reconcile assume --unset)"`; or pass --profile.'
        if alias
        else "Get new ones, or pass --profile.",
    )
