"""One `assume`: what is wanted, the aliases it is about, and whose keys it starts from."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from reconciler.app.aliases import Catalog, catalog
from reconciler.app.used_codes import UsedCodes, device_key
from reconciler.assume import chain, codes, warm
from reconciler.assume.cache import CODES, IDENTITIES, Cache, key_of
from reconciler.assume.credentials import ALIAS, expired, source_profile
from reconciler.assume.source import asks_for_code, device_of, identity_of
from reconciler.model.desired import Alias
from reconciler.model.escape import escape_line
from reconciler.model.partitions import partition_of_arn
from reconciler.model.problem import Failed, failure
from reconciler.model.sts import Caller

if TYPE_CHECKING:
    from reconciler.aws.sts import Source

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
    cached: bool = True


Catalogs = dict[tuple[str | None, str], Catalog]
"""(account, partition) → what the file means there."""


class Run:
    """What one `assume` is about: the aliases, and whose keys it starts from. AWS is asked only who they belong to."""

    def __init__(self, wanted: Wanted, environ: Mapping[str, str], cache: Cache, known: Catalogs | None = None) -> None:
        """`known`: catalogs that other runs share. Raises Failed: an invalid file, an unknown alias."""
        self._known = {} if known is None else known
        self.wanted = wanted
        self.environ, self.cache = environ, cache
        self.named = self._catalog(None, "aws")
        path = chain.hops(wanted.alias, self.named.aliases)
        self.profile = source_profile(wanted.profile, chain.declared_source(path), environ)
        declared = None if wanted.profile else chain.alias_with_source(path)
        self._named_at = declared.place if declared else None
        self.region = wanted.region or path[-1].region
        self.where = warm.endpoint(wanted.endpoint_url, self.profile, environ)
        self._partition = next((partition_of_arn(alias.role_arn) for alias in path if alias.role is None), None)
        self._known_source = identity_of(self.profile, environ)

    def check_end(self) -> None:
        """Raises Failed where the role would be assumed with keys in the environment that are past their end."""
        if self.profile is None and expired(self.environ, time.time()):
            raise _session_over(self.environ.get(ALIAS))

    @cached_property
    def source(self) -> Source:
        from reconciler.aws.sts import Source

        return Source(
            self.profile, self.region, self._partition, self.wanted.endpoint_url, self._named_at, self._code_of_profile
        )

    @cached_property
    def profile_takes_code(self) -> bool:
        """True if the source profile's own role is assumed with MFA: a code that was passed is for that."""
        return asks_for_code(self.profile, self.environ)

    def _code_of_profile(self, serial: str) -> str:
        """A code for the source profile's own role, from wherever codes come. Raises Failed."""
        key = device_key(self.where, serial)
        with self.cache.alone(CODES, key, "another run is asking for an MFA code; waiting for it."):
            name = escape_line(self.profile or "default")
            question = f"MFA code for the profile {name} ({escape_line(serial)}): "
            return next(codes.codes(self.wanted.codes, question, UsedCodes(self.cache, key)))

    @cached_property
    def source_id(self) -> str:
        """What stands for the source credentials in the cache."""
        return self._known_source or f"key:{self.source.access_key_id}"

    @cached_property
    def profile_device(self) -> str | None:
        """The MFA device that the source profile names; None if it names none."""
        return device_of(self.profile, self.environ)

    @property
    def known_caller(self) -> Caller | None:
        """Who the source credentials are, where that was asked within a day: keys do not change hands."""
        known = warm.identity(self.cache, self._known_source, self.where) if self._known_source else None
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
            "session_name": chain.default_session_name(caller.arn),
            "asked": time.time(),
        }
        self.cache.put(IDENTITIES, key_of(self.source_id, self.where), entry)
        return caller

    @cached_property
    def catalog(self) -> Catalog:
        """What the file means to this caller: roles are in its partition, and account where the file names none."""
        partition = self.caller.arn.split(":")[1]
        account = None if self.named.account else self.caller.account
        if account is None and partition == self.named.partition:
            return self.named
        return self._catalog(account, partition)

    @cached_property
    def path(self) -> tuple[Alias, ...]:
        return chain.hops(self.wanted.alias, self.catalog.aliases)

    @cached_property
    def requests(self) -> tuple[chain.Request, ...]:
        """Raises Failed: a duration or session name that AWS would refuse."""
        wanted = self.wanted
        return chain.requests(self.path, self.caller.arn, self.catalog.longest, wanted.duration, wanted.session_name)

    def key(self, position: int) -> str:
        """The name in the cache of the credentials after the hop at `position`."""
        calls = [request.parameters() for request in self.requests[: position + 1]]
        return warm.credentials_key(self.source_id, self.where, calls)

    def _catalog(self, account: str | None, partition: str) -> Catalog:
        if (account, partition) not in self._known:
            found = catalog(self.wanted.files, self.wanted.variables, self.cache, account, partition)
            self._known[account, partition] = found
        return self._known[account, partition]


def _session_over(already: str | None) -> Failed:
    return failure(
        "session-over",
        "The credentials in this terminal have expired.",
        f"They came from the alias {already}." if already else "",
        'Leave the subshell, or run `eval "$(reconcile assume --unset)"`; or pass --profile.'
        if already
        else "Get new ones, or pass --profile.",
    )
