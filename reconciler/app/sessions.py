"""The use cases `assume --list` and `--logout`: what can be assumed, what is kept of it, and forgetting that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.app.aliases import Catalog, catalog
from reconciler.app.wanted import Catalogs, Run, Say, Wanted
from reconciler.assume import chain, warm
from reconciler.assume.cache import CREDENTIALS, IDENTITIES, MFA_SESSIONS, Cache
from reconciler.assume.credentials import Credentials
from reconciler.model.desired import Alias
from reconciler.model.listed_alias import ListedAlias
from reconciler.model.problem import Failed, failure
from reconciler.model.sts import LONGEST_CHAINED, Caller
from reconciler.model.suggest import suggestion


def listed(wanted: Wanted, environ: Mapping[str, str]) -> list[ListedAlias]:
    """Every alias of the file, by name, or the one that is named. Nobody is asked, and nothing is assumed.

    Raises Failed.
    """
    cache = Cache.of(environ, lambda line: None)
    names = sorted(catalog(wanted.files, wanted.variables, cache).aliases)
    if wanted.alias and wanted.alias not in names:
        raise chain.unknown_alias(wanted.alias, names)
    known: Catalogs = {}
    return [
        _listed(Run(replace(wanted, alias=name), environ, cache, known)) for name in names if wanted.alias in ("", name)
    ]


def _listed(run: Run) -> ListedAlias:
    caller = run.known_caller
    means = run.catalog if caller else run.named
    path = chain.hops(run.wanted.alias, means.aliases)
    alias, kept = path[-1], _kept(run) if caller else None
    return ListedAlias(
        alias.name,
        alias.role.name if alias.role else alias.role_arn,
        alias.role_arn.split(":")[4] if means.account or not alias.role else None,
        tuple(hop.name for hop in path[:-1]),
        _needs_mfa(path, means, caller),
        alias.duration or LONGEST_CHAINED,
        kept.expiration if kept else None,
    )


def _kept(run: Run) -> Credentials | None:
    try:
        return warm.credentials(run.cache, run.key(len(run.path) - 1))
    except Failed:  # AWS would refuse what the alias asks for, so nothing is kept of it
        return None


def _needs_mfa(path: tuple[Alias, ...], means: Catalog, caller: Caller | None) -> bool | None:
    if any(alias.mfa for alias in path):
        return True
    if path[0].mfa is not None:
        return path[0].mfa
    return means.demand(path, caller).required if caller else means.demands.of_anyone(path[0].name)


def logged_out(wanted: Wanted, environ: Mapping[str, str], say: Say) -> int:
    """Forgets the credentials of one alias, or all credentials and MFA sessions; how many.

    Raises Failed: what is kept cannot be removed, or nothing is kept of an alias that no file has.
    """
    cache = Cache.of(environ, say)
    try:
        if wanted.alias:
            seen: set[str] = set()
            gone = cache.clear(CREDENTIALS, lambda entry: _is_of(wanted.alias, entry, seen))
            return gone or _check_alias(wanted, cache, seen)
        cache.clear(IDENTITIES)
        return cache.clear(CREDENTIALS) + cache.clear(MFA_SESSIONS)
    except OSError as error:
        raise failure(
            "cannot-forget",
            f"{error.filename} cannot be removed: {(error.strerror or 'error').lower()}.",
            hint="Remove it by hand: it may hold credentials that still work.",
        ) from None


def _is_of(alias: str, entry: Mapping[str, object], seen: set[str]) -> bool:
    """Return whether credentials are those of an alias. seen: gets the names of all."""
    seen.add(str(entry.get("alias", "")))
    return entry.get("alias") == alias


def _check_alias(wanted: Wanted, cache: Cache, kept: set[str]) -> int:
    """Return 0 for an alias of which nothing is kept. Raises Failed if it is misspelt.

    To forget needs no file: without one, what is kept of others says which aliases there are.
    """
    try:
        names: Mapping[str, Alias] | None = catalog(wanted.files, wanted.variables, cache).aliases
    except Failed:
        names = None
    if names is None and (near := suggestion(wanted.alias, kept)):
        raise failure("unknown-alias", f"No session of {wanted.alias!r} is kept.", hint=f"Did you mean {near!r}?")
    if names is not None and wanted.alias not in names:
        raise chain.unknown_alias(wanted.alias, names)
    return 0
