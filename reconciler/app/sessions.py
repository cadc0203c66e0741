"""The use cases `assume --list` and `--logout`: what can be assumed, what is kept of it, and forgetting that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.app.alias_catalog import Catalog, read_catalog
from reconciler.app.assume_request import AssumeRequest, AssumeRun, Catalogs, Say
from reconciler.assume import cache_lookup, chain
from reconciler.assume.cache import CREDENTIALS, IDENTITIES, MFA_SESSIONS, Cache
from reconciler.assume.credentials import Credentials
from reconciler.model.desired import Alias
from reconciler.model.listed_alias import ListedAlias
from reconciler.model.problem import ReconcileError, make_error
from reconciler.model.sts_limits import MAX_CHAINED_DURATION, Caller
from reconciler.model.suggest import suggest_word


def list_aliases(request: AssumeRequest, environ: Mapping[str, str]) -> list[ListedAlias]:
    """Every alias of the file, by name, or the one that is named. Nobody is asked, and nothing is assumed.

    Raises Failed.
    """
    cache = Cache.from_environ(environ, lambda line: None)
    names = sorted(read_catalog(request.files, request.variables, cache).aliases)
    if request.alias and request.alias not in names:
        raise chain.make_alias_error(request.alias, names)
    known: Catalogs = {}
    return [
        _list_alias(AssumeRun(replace(request, alias=name), environ, cache, known))
        for name in names
        if request.alias in ("", name)
    ]


def _list_alias(run: AssumeRun) -> ListedAlias:
    caller = run.known_caller
    catalog = run.catalog if caller else run.offline_catalog
    path = chain.resolve_role_chain(run.request.alias, catalog.aliases)
    alias, kept = path[-1], _find_cached(run) if caller else None
    return ListedAlias(
        alias.name,
        alias.role.name if alias.role else alias.role_arn,
        alias.role_arn.split(":")[4] if catalog.account or not alias.role else None,
        tuple(hop.name for hop in path[:-1]),
        _needs_mfa(path, catalog, caller),
        alias.duration or MAX_CHAINED_DURATION,
        kept.expiration if kept else None,
    )


def _find_cached(run: AssumeRun) -> Credentials | None:
    try:
        return cache_lookup.find_credentials(run.cache, run.cache_key_of(len(run.chain_aliases) - 1))
    except ReconcileError:  # AWS would refuse what the alias asks for, so nothing is kept of it
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


def forget_sessions(request: AssumeRequest, environ: Mapping[str, str], say: Say) -> int:
    """Forgets the credentials of one alias, or all credentials and MFA sessions; how many.

    Raises Failed: what is kept cannot be removed, or nothing is kept of an alias that no file has.
    """
    cache = Cache.from_environ(environ, say)
    try:
        if request.alias:
            seen: set[str] = set()
            gone = cache.clear(CREDENTIALS, lambda entry: _is_entry_of(request.alias, entry, seen))
            return gone or _check_alias(request, cache, seen)
        cache.clear(IDENTITIES)
        return cache.clear(CREDENTIALS) + cache.clear(MFA_SESSIONS)
    except OSError as error:
        raise make_error(
            "cannot-forget",
            f"{error.filename} cannot be removed: {(error.strerror or 'error').lower()}.",
            hint="Remove it by hand: it may hold credentials that still work.",
        ) from None


def _is_entry_of(alias: str, entry: Mapping[str, object], seen: set[str]) -> bool:
    """Return whether credentials are those of an alias. seen: gets the names of all."""
    seen.add(str(entry.get("alias", "")))
    return entry.get("alias") == alias


def _check_alias(request: AssumeRequest, cache: Cache, kept: set[str]) -> int:
    """Return 0 for an alias of which nothing is kept. Raises Failed if it is misspelt.

    To forget needs no file: without one, what is kept of others says which aliases there are.
    """
    try:
        names: Mapping[str, Alias] | None = read_catalog(request.files, request.variables, cache).aliases
    except ReconcileError:
        names = None
    if names is None and (near := suggest_word(request.alias, kept)):
        raise make_error("unknown-alias", f"No session of {request.alias!r} is kept.", hint=f"Did you mean {near!r}?")
    if names is not None and request.alias not in names:
        raise chain.make_alias_error(request.alias, names)
    return 0
