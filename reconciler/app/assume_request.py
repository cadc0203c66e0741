"""One run of `assume`: the request, its aliases, and the source credentials."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from reconciler.app.alias_catalog import Catalog, declare_catalog, read_catalog
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
    from reconciler.app.desired_files import DesiredFiles
    from reconciler.aws.borrowed_session import Session
    from reconciler.aws.sts import SourceCredentials


@dataclass(frozen=True, slots=True)
class AssumeRequest:
    """The options of the command line, or the arguments of a program.

    duration: seconds, None for the alias's own. codes: the sources of MFA codes. loaded: the files, if they are loaded
    already. session: a boto3 session whose credentials assume the first role, in place of a profile's.
    """

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
    loaded: DesiredFiles | None = field(default=None, repr=False)
    session: Session | None = field(default=None, repr=False)


Catalogs = dict[tuple[str | None, str], Catalog]
"""(account, partition) → the catalog of the file for a caller there."""


class AssumeRun:
    """One run of `assume`: its aliases and source credentials. Its only call to AWS is GetCallerIdentity."""

    def __init__(
        self, request: AssumeRequest, environ: Mapping[str, str], cache: Cache, catalogs: Catalogs | None = None
    ) -> None:
        """Prepare a run. catalogs: shared with other runs. Raises ReconcileError: invalid file, unknown alias."""
        self._catalogs = {} if catalogs is None else catalogs
        self.request = request
        self.environ, self.cache = environ, cache
        self.offline_catalog = self._get_catalog(None, DEFAULT_PARTITION)
        aliases = chain.resolve_role_chain(request.alias, self.offline_catalog.aliases)
        lent = request.session is not None
        self.profile = (
            None if lent else choose_source_profile(request.profile, chain.source_profile_of(aliases), environ)
        )
        declared = None if request.profile or lent else chain.find_source_alias(aliases)
        self._source_place = declared.place if declared else None
        self.region = request.region or aliases[-1].region
        self.endpoint = cache_lookup.resolve_sts_endpoint(request.endpoint_url, self.profile, environ)
        self._partition = next((partition_of_arn(alias.role_arn) for alias in aliases if alias.role is None), None)
        self._known_source = None if lent else identity_of(self.profile, environ)

    def check_expiry(self) -> None:
        """Raise ReconcileError if the source credentials are keys in the environment that have expired."""
        if self.request.session is None and self.profile is None and has_expired_keys(self.environ, time.time()):
            raise _make_expired_error(self.environ.get(ALIAS_VARIABLE))

    @cached_property
    def source(self) -> SourceCredentials:
        """The source credentials."""
        from reconciler.aws.sts import SourceCredentials

        return SourceCredentials(
            self.profile,
            self.region,
            self._partition,
            self.request.endpoint_url,
            self._source_place,
            self._ask_profile_code,
            self.request.session,
        )

    @cached_property
    def profile_takes_code(self) -> bool:
        """True if the source profile is a role that is assumed with MFA. A passed code is then for that role."""
        return self.request.session is None and asks_for_code(self.profile, self.environ)

    def _ask_profile_code(self, serial: str) -> str:
        """Return an MFA code for the source profile's own role. Raises ReconcileError if there is none."""
        key = make_device_key(self.endpoint, serial)
        with self.cache.lock_entry(CODES, key, "another run is asking for an MFA code; waiting for it."):
            name = escape_line(self.profile or "default")
            question = f"MFA code for the profile {name} ({escape_line(serial)}): "
            return next(mfa_codes.iter_codes(self.request.codes, question, UsedCodes(self.cache, key)))

    @cached_property
    def source_id(self) -> str:
        """A text that identifies the source credentials in cache keys."""
        return self._known_source or f"key:{self.source.access_key_id}"

    @cached_property
    def profile_device(self) -> str | None:
        """The MFA device that the source profile names; None if it names none."""
        return None if self.request.session is not None else mfa_serial_of(self.profile, self.environ)

    @property
    def cached_caller(self) -> Caller | None:
        """The owner of the source credentials if the cache knows it, else None."""
        identity = (
            cache_lookup.find_identity(self.cache, self._known_source, self.endpoint) if self._known_source else None
        )
        return Caller(str(identity["arn"]), str(identity["account"])) if identity else None

    @cached_property
    def caller(self) -> Caller:
        """The owner of the source credentials, from the cache or from AWS. Raises ReconcileError."""
        cached_caller = self.cached_caller
        if cached_caller is not None:
            return cached_caller
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
        """The catalog for this caller. Roles are in the caller's partition, and account if the file names none."""
        partition = self.caller.arn.split(":")[1]
        account = None if self.offline_catalog.account else self.caller.account
        if account is None and partition == self.offline_catalog.partition:
            return self.offline_catalog
        return self._get_catalog(account, partition)

    @cached_property
    def chain_aliases(self) -> tuple[Alias, ...]:
        """The aliases of the role chain, the first hop first."""
        return chain.resolve_role_chain(self.request.alias, self.catalog.aliases)

    @cached_property
    def requests(self) -> tuple[AssumeRoleCall, ...]:
        """The calls of the role chain. Raises ReconcileError for a duration or session name that AWS would refuse."""
        request = self.request
        return chain.build_calls(
            self.chain_aliases, self.caller.arn, self.catalog.max_durations, request.duration, request.session_name
        )

    def cache_key_of(self, position: int) -> str:
        """Return the cache key of the credentials that the call at `position` gives."""
        calls = [request.to_parameters() for request in self.requests[: position + 1]]
        return cache_lookup.credentials_key_of(self.source_id, self.endpoint, calls)

    def _get_catalog(self, account: str | None, partition: str) -> Catalog:
        if (account, partition) not in self._catalogs:
            loaded, files, variables = self.request.loaded, self.request.files, self.request.variables
            self._catalogs[account, partition] = (
                declare_catalog(loaded.load_for(account, partition))
                if loaded
                else read_catalog(files, variables, self.cache, account, partition)
            )
        return self._catalogs[account, partition]


def _make_expired_error(alias: str | None) -> ReconcileError:
    return make_error(
        "session-over",
        "The credentials in this terminal have expired.",
        f"They belong to the alias {alias}." if alias else "",
        'Leave the subshell with `exit`, or run `eval "$(reconcile assume --unset)"`; or pass --profile NAME.'
        if alias
        else "Set new ones in the environment, or pass --profile NAME.",
    )
