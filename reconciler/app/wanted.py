"""One `assume`: what is wanted, the aliases it is about, and whose keys it starts from."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from reconciler.app.aliases import Catalog, catalog
from reconciler.assume import chain, codes, warm
from reconciler.assume.cache import IDENTITIES, Cache, key_of
from reconciler.assume.credentials import ALIAS, expired, source_profile
from reconciler.assume.source import identity_of
from reconciler.aws import sts
from reconciler.model.problem import failure
from reconciler.model.state import Alias

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


class Run:
    """What one `assume` is about: the aliases, and whose keys it starts from. AWS is asked only who they belong to."""

    def __init__(self, wanted: Wanted, environ: Mapping[str, str], say: Say) -> None:
        self._wanted = wanted
        self.environ = environ
        self.cache = Cache.of(environ, say) if wanted.cached else Cache(None, say)
        self._named = self._catalog(None, "aws")
        path = chain.hops(wanted.alias, self._named.aliases)
        self.profile = source_profile(wanted.profile, chain.declared_source(path), environ)
        if self.profile is None:
            _check_end(environ)
        self.region = wanted.region or path[-1].region
        self.where = warm.endpoint(wanted.endpoint_url, environ)
        self._partition = path[0].role_arn.split(":")[1]
        self._known = identity_of(self.profile, environ)

    @cached_property
    def source(self) -> sts.Source:
        return sts.Source(self.profile, self.region, self._partition, self._wanted.endpoint_url)

    @cached_property
    def source_id(self) -> str:
        """What stands for the source credentials in the cache."""
        return self._known or f"key:{self.source.access_key_id}"

    @cached_property
    def caller(self) -> sts.Caller:
        """Remembered for a day: keys do not change hands."""
        key = key_of(self.source_id, self.where)
        known = warm.identity(self.cache, self.source_id, self.where)
        if known is not None:
            return sts.Caller(str(known["arn"]), str(known["account"]))
        caller = self.source.caller
        name = chain.default_session_name(caller.arn)
        entry = {"arn": caller.arn, "account": caller.account, "session_name": name, "asked": time.time()}
        self.cache.put(IDENTITIES, key, entry)
        return caller

    @cached_property
    def catalog(self) -> Catalog:
        """What the file means to this caller: roles are in its partition, and account where the file names none."""
        partition = self.caller.arn.split(":")[1]
        account = None if self._named.account else self.caller.account
        if account is None and partition == self._named.partition:
            return self._named
        return self._catalog(account, partition)

    @cached_property
    def path(self) -> tuple[Alias, ...]:
        return chain.hops(self._wanted.alias, self.catalog.aliases)

    @cached_property
    def requests(self) -> tuple[chain.Request, ...]:
        wanted = self._wanted
        return chain.requests(self.path, self.caller.arn, self.catalog.longest, wanted.duration, wanted.session_name)

    def _catalog(self, account: str | None, partition: str) -> Catalog:
        return catalog(self._wanted.files, self._wanted.variables, self.cache, account, partition)


def _check_end(environ: Mapping[str, str]) -> None:
    """Raises Failed where the keys in the environment are past their end."""
    if not expired(environ, time.time()):
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
