"""The aliases of a file: from the index where it still holds, else from the file, and then indexed."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from reconciler.assume import chain, index
from reconciler.assume.cache import DEMANDS, INDEXES, Cache
from reconciler.assume.mfa import AliasDemands, Demand, FileDemands, caller_name
from reconciler.model.address import Address
from reconciler.model.desired import Alias, Desired
from reconciler.model.document import Document
from reconciler.model.entity import Role
from reconciler.model.problem import Failed, Place
from reconciler.model.sts import Caller
from reconciler.policy.canonical import canonical


@dataclass(frozen=True, slots=True)
class Catalog:
    """Holds the aliases of a file and all that `assume` reads of it. `account`: None where the file names none, and a
    placeholder stands in ARNs.

    longest, trusts: by alias, for roles of the file: max_session_duration in seconds, and the trust policy.
    demands: of whom which alias demands MFA.
    """

    account: str | None
    partition: str
    aliases: Mapping[str, Alias]
    longest: Mapping[str, int] = field(default_factory=dict)
    trusts: Mapping[str, Document] = field(default_factory=dict)
    demands: FileDemands = field(default_factory=FileDemands)

    def demand(self, path: Sequence[Alias], caller: Caller) -> Demand:
        """Return whether the first call of a chain needs MFA of this caller, whatever the aliases say themselves."""
        first, name = path[0], caller_name(caller.arn)
        ours = self.account in (None, caller.account)
        known = self.demands.of(first.name, name) if ours and name else None
        if known is not None:
            return known
        from reconciler.assume.demands import demand_of_stranger, target_with

        return demand_of_stranger(caller.arn, target_with(first, self.trusts.get(first.name)), first)


def catalog(
    files: Sequence[str],
    variables: Mapping[str, str],
    cache: Cache,
    account: str | None = None,
    partition: str = "aws",
    environ: Mapping[str, str] = os.environ,
) -> Catalog:
    """The aliases as they are for a caller of `account` and `partition`. Raises Failed where the file is invalid."""
    name = index.key(files, variables, account, partition, environ)
    found = index.read(cache, name)
    kept = index.read(cache, name, DEMANDS) if found is not None else None
    if found is not None and kept is not None and kept.get("of") == found["looked"]:
        return _decoded(found, kept)
    from reconciler.app.desired import read

    since = time.time()
    loaded = read(files, variables, account, partition)
    made, looked = _made(loaded), _looked(loaded, files, since)
    behind = index.manifest(map(str, loaded.documents), (), (), since)
    if looked is not None and behind is not None:
        cache.put(DEMANDS, name, _encoded_demands(made) | {"looked": behind, "of": looked})
        cache.put(INDEXES, name, _encoded(made) | {"looked": looked})
    return made


def of_desired(desired: Desired, account: str | None) -> Catalog:
    """`account`: that of the file, None where it names none."""
    from reconciler.assume.demands import file_demands

    roles = {
        name: role
        for name, alias in desired.aliases.items()
        if alias.role and isinstance(role := desired.state.entities.get(alias.role), Role)
    }
    return Catalog(
        account,
        desired.state.partition,
        desired.aliases,
        {name: role.max_session_duration for name, role in roles.items()},
        {name: role.trust_policy for name, role in roles.items()},
        file_demands(desired.state, desired.aliases),
    )


def _made(loaded: Any) -> Catalog:
    from reconciler.app.desired import valid
    from reconciler.desired.declare import declare
    from reconciler.desired.load import PLACEHOLDER_ACCOUNT

    desired = valid(declare(loaded))
    return of_desired(desired, None if desired.state.account == PLACEHOLDER_ACCOUNT else desired.state.account)


def _looked(loaded: Any, files: Sequence[str], since: float) -> index.Manifest | None:
    from reconciler.desired.aliases import documents_of
    from reconciler.desired.source import decided_by

    patterns, absent = decided_by(tuple(files))
    read = [*loaded.files, *documents_of(loaded.root)]
    return index.manifest(map(str, read), absent, [*patterns, *loaded.patterns], since)


def _encoded(made: Catalog) -> dict[str, object]:
    """As JSON values. Beside each alias, the calls that a user and a role's session make for it: see `fast`."""
    return {
        "account": made.account,
        "partition": made.partition,
        "aliases": {
            name: {
                "alias": _plain(alias),
                "longest": made.longest.get(name),
                "source_profile": chain.declared_source(chain.hops(name, made.aliases)),
                "region": alias.region,
                "calls": {kind: _calls(name, made, arn) for kind, arn in _CALLERS.items()},
            }
            for name, alias in made.aliases.items()
        },
    }


def _encoded_demands(made: Catalog) -> dict[str, object]:
    """Return the other half of an index: the trusts, and of whom MFA is demanded.

    A warm `assume` needs none of it, and would only be slowed by it. It holds as long as the first half does, and
    every document of the file is what it was.
    """
    known = made.demands
    return {
        "trusts": {name: trust.text for name, trust in made.trusts.items()},
        "declared": sorted(known.declared),
        "groups": [sorted(group) for group in known.groups],
        "demands": {
            name: {
                "callers": [[group, one.required, one.max_age] for group, one in item.callers],
                "anyone": item.anyone,
                "somebody": item.somebody,
            }
            for name, item in known.aliases.items()
        },
    }


_CALLERS = {"user": "arn:aws:iam::1:user/caller", "session": "arn:aws:sts::1:assumed-role/role/caller"}


def _calls(name: str, made: Catalog, caller: str) -> list[dict[str, object]] | None:
    """AssumeRole's parameters hop by hop, without the session name that comes from the caller; None: not possible."""
    path = chain.hops(name, made.aliases)
    try:
        asked = chain.requests(path, caller, made.longest)
    except Failed:
        return None
    own = chain.default_session_name(caller)
    return [
        {key: value for key, value in one.parameters().items() if (key, value) != ("RoleSessionName", own)}
        if alias.session_name is None
        else one.parameters()
        for alias, one in zip(path, asked, strict=True)
    ]


def _plain(alias: Alias) -> dict[str, object]:
    found = {item.name: getattr(alias, item.name) for item in fields(alias)}
    place = alias.place
    return found | {
        "role": str(alias.role) if alias.role else None,
        "place": [place.file, place.line, place.column],
        "session_tags": dict(alias.session_tags),
    }


_READERS: Mapping[str, Callable[[Any], object]] = {
    "role": lambda text: Address.parse(text) if text else None,
    "place": lambda parts: Place(*parts),
    "transitive_tags": tuple,
    "policy_arns": tuple,
}


def _same(value: Any) -> object:
    return value


def _decoded(found: Mapping[str, Any], kept: Mapping[str, Any]) -> Catalog:
    entries = found["aliases"]
    partition = found["partition"]
    read: Any = Alias
    return Catalog(
        found["account"],
        partition,
        {
            name: read(**{key: _READERS.get(key, _same)(value) for key, value in entry["alias"].items()})
            for name, entry in entries.items()
        },
        {name: entry["longest"] for name, entry in entries.items() if entry["longest"] is not None},
        {name: canonical(json.loads(trust), partition) for name, trust in kept["trusts"].items()},
        FileDemands(
            frozenset(kept["declared"]),
            tuple(frozenset(group) for group in kept["groups"]),
            {name: _decoded_demands(item) for name, item in kept["demands"].items()},
        ),
    )


def _decoded_demands(item: Mapping[str, Any]) -> AliasDemands:
    callers = tuple((group, Demand(required, age)) for group, required, age in item["callers"])
    return AliasDemands(callers, item["anyone"], item["somebody"])
