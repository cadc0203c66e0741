"""The use cases `assume --list` and `assume --logout`: list the aliases and their cached sessions, and delete those."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.app.alias_catalog import Catalog, read_catalog
from reconciler.app.assume_request import AssumeRequest, AssumeRun, Catalogs
from reconciler.assume import cache_lookup, chain
from reconciler.assume.cache import CREDENTIALS, IDENTITIES, MFA_SESSIONS, Cache, Notice
from reconciler.assume.credentials import Credentials
from reconciler.model.desired import Alias
from reconciler.model.listed_alias import ListedAlias
from reconciler.model.problem import ReconcileError, make_error
from reconciler.model.sts_limits import MAX_CHAINED_DURATION, Caller
from reconciler.model.suggest import suggest_word


def list_aliases(request: AssumeRequest, environ: Mapping[str, str]) -> list[ListedAlias]:
    """Return every alias of the file, sorted by name, or only the requested one. AWS is not called.

    Raises ReconcileError for an invalid file or an unknown alias.
    """
    cache = Cache.from_environ(environ, lambda line: None)
    names = sorted(read_catalog(request.files, request.variables, cache).aliases)
    if request.alias and request.alias not in names:
        raise chain.make_alias_error(request.alias, names)
    catalogs: Catalogs = {}
    return [
        _list_alias(AssumeRun(replace(request, alias=name), environ, cache, catalogs))
        for name in names
        if request.alias in ("", name)
    ]


def _list_alias(run: AssumeRun) -> ListedAlias:
    caller = run.cached_caller
    catalog = run.catalog if caller else run.offline_catalog
    path = chain.resolve_role_chain(run.request.alias, catalog.aliases)
    alias, cached = path[-1], _find_cached(run) if caller else None
    return ListedAlias(
        alias.name,
        alias.role.name if alias.role else alias.role_arn,
        alias.role_arn.split(":")[4] if catalog.account or not alias.role else None,
        tuple(hop.name for hop in path[:-1]),
        _needs_mfa(path, catalog, caller),
        alias.duration or MAX_CHAINED_DURATION,
        cached.expiration if cached else None,
    )


def _find_cached(run: AssumeRun) -> Credentials | None:
    try:
        return cache_lookup.find_credentials(run.cache, run.cache_key_of(len(run.chain_aliases) - 1))
    except ReconcileError:  # AWS would refuse the alias's duration or session name, so nothing is cached
        return None


def _needs_mfa(aliases: tuple[Alias, ...], catalog: Catalog, caller: Caller | None) -> bool | None:
    if any(alias.mfa for alias in aliases):
        return True
    if aliases[0].mfa is not None:
        return aliases[0].mfa
    return (
        catalog.find_demand(aliases, caller).required
        if caller
        else catalog.demands.is_required_for_all(aliases[0].name)
    )


def forget_sessions(request: AssumeRequest, environ: Mapping[str, str], notice: Notice) -> int:
    """Delete the cached credentials of one alias, or all credentials and MFA sessions. Return their number.

    Raises ReconcileError if a cache entry cannot be deleted, or the alias has none and is misspelt.
    """
    cache = Cache.from_environ(environ, notice)
    try:
        if request.alias:
            cached_aliases: set[str] = set()
            deleted = cache.clear(CREDENTIALS, lambda entry: _is_entry_of(request.alias, entry, cached_aliases))
            return deleted or _check_alias(request, cache, cached_aliases)
        cache.clear(IDENTITIES)
        return cache.clear(CREDENTIALS) + cache.clear(MFA_SESSIONS)
    except OSError as error:
        raise make_error(
            "cannot-forget",
            f"Cannot delete {error.filename}: {(error.strerror or 'error').lower()}.",
            "It may hold credentials that still work.",
            f"Delete it by hand: rm {error.filename}",
        ) from None


def _is_entry_of(alias: str, entry: Mapping[str, object], cached_aliases: set[str]) -> bool:
    """Return whether an entry is of this alias. cached_aliases: gets the entry's alias."""
    cached_aliases.add(str(entry.get("alias", "")))
    return entry.get("alias") == alias


def _check_alias(request: AssumeRequest, cache: Cache, cached_aliases: set[str]) -> int:
    """Return 0 for an alias without cached credentials. Raises ReconcileError if it is misspelt.

    Without a valid file, the names of the cached aliases are used for a suggestion.
    """
    try:
        names: Mapping[str, Alias] | None = read_catalog(request.files, request.variables, cache).aliases
    except ReconcileError:
        names = None
    if names is None and (close := suggest_word(request.alias, cached_aliases)):
        summary = f"No session of {request.alias!r} is cached."
        raise make_error("unknown-alias", summary, hint=f"Did you mean {close!r}?")
    if names is not None and request.alias not in names:
        raise chain.make_alias_error(request.alias, names)
    return 0
