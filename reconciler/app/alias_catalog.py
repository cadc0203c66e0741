"""The aliases of a file: from the index where it still holds, else from the file, and then indexed."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from reconciler.assume import alias_index, chain
from reconciler.assume.cache import DEMANDS, INDEXES, Cache
from reconciler.assume.mfa_demands import AliasDemands, Demand, FileDemands, caller_name_of
from reconciler.model.address import Address
from reconciler.model.desired import Alias, Desired
from reconciler.model.document import Document
from reconciler.model.entity import Role
from reconciler.model.partitions import DEFAULT_PARTITION
from reconciler.model.problem import Place, ReconcileError
from reconciler.model.sts_limits import Caller
from reconciler.policy.canonical import canonical


@dataclass(frozen=True, slots=True)
class Catalog:
    """Holds the aliases of a file and all that `assume` reads of it. `account`: None where the file names none, and a
    placeholder stands in ARNs.

    max_durations, trust_policies: by alias, for roles of the file: max_session_duration in seconds, and the trust
    policy. demands: of whom which alias demands MFA.
    """

    account: str | None
    partition: str
    aliases: Mapping[str, Alias]
    max_durations: Mapping[str, int] = field(default_factory=dict)
    trust_policies: Mapping[str, Document] = field(default_factory=dict)
    demands: FileDemands = field(default_factory=FileDemands)

    def find_demand(self, aliases: Sequence[Alias], caller: Caller) -> Demand:
        """Return whether the first call of a chain needs MFA of this caller, whatever the aliases say themselves."""
        first, name = aliases[0], caller_name_of(caller.arn)
        ours = self.account in (None, caller.account)
        known = self.demands.demand_of(first.name, name) if ours and name else None
        if known is not None:
            return known
        from reconciler.app.mfa_evaluation import find_undeclared_demand, make_target

        return find_undeclared_demand(caller.arn, make_target(first, self.trust_policies.get(first.name)), first)


def read_catalog(
    files: Sequence[str],
    variables: Mapping[str, str],
    cache: Cache,
    account: str | None = None,
    partition: str = DEFAULT_PARTITION,
    environ: Mapping[str, str] = os.environ,
) -> Catalog:
    """The aliases as they are for a caller of `account` and `partition`. Raises Failed where the file is invalid."""
    name = alias_index.index_key_of(files, variables, account, partition, environ)
    found = alias_index.read_index(cache, name)
    kept = alias_index.read_index(cache, name, DEMANDS) if found is not None else None
    if found is not None and kept is not None and kept.get("of") == found["looked"]:
        return _decode_catalog(found, kept)
    from reconciler.app.desired_files import read_files

    since = time.time()
    loaded = read_files(files, variables, account, partition)
    made, looked = _declare_catalog(loaded), _build_manifest(loaded, files, since)
    behind = alias_index.build_manifest(map(str, loaded.documents), (), (), since)
    if looked is not None and behind is not None:
        cache.put(DEMANDS, name, _encode_demands(made) | {"looked": behind, "of": looked})
        cache.put(INDEXES, name, _encode_catalog(made) | {"looked": looked})
    return made


def build_catalog(desired: Desired, account: str | None) -> Catalog:
    """`account`: that of the file, None where it names none."""
    from reconciler.app.mfa_evaluation import find_file_demands

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
        find_file_demands(desired.state, desired.aliases),
    )


def _declare_catalog(loaded: Any) -> Catalog:
    from reconciler.app.desired_files import require_valid
    from reconciler.desired.declare import declare
    from reconciler.desired.load import PLACEHOLDER_ACCOUNT

    desired = require_valid(declare(loaded))
    return build_catalog(desired, None if desired.state.account == PLACEHOLDER_ACCOUNT else desired.state.account)


def _build_manifest(loaded: Any, files: Sequence[str], since: float) -> alias_index.Manifest | None:
    from reconciler.desired.aliases import documents_of
    from reconciler.desired.source_files import find_deciding_paths

    patterns, absent = find_deciding_paths(tuple(files))
    read = [*loaded.files, *documents_of(loaded.root)]
    return alias_index.build_manifest(map(str, read), absent, [*patterns, *loaded.patterns], since)


def _encode_catalog(catalog: Catalog) -> dict[str, object]:
    """As JSON values. Beside each alias, the calls that a user and a role's session make for it: see `fast`."""
    return {
        "account": catalog.account,
        "partition": catalog.partition,
        "aliases": {
            name: {
                "alias": _encode_alias(alias),
                "longest": catalog.max_durations.get(name),
                "source_profile": chain.source_profile_of(chain.resolve_role_chain(name, catalog.aliases)),
                "region": alias.region,
                "calls": {kind: _encode_calls(name, catalog, arn) for kind, arn in _CALLERS.items()},
            }
            for name, alias in catalog.aliases.items()
        },
    }


def _encode_demands(catalog: Catalog) -> dict[str, object]:
    """Return the other half of an index: the trusts, and of whom MFA is demanded.

    A warm `assume` needs none of it, and would only be slowed by it. It holds as long as the first half does, and
    every document of the file is what it was.
    """
    known = catalog.demands
    return {
        "trusts": {name: trust.text for name, trust in catalog.trust_policies.items()},
        "declared": sorted(known.declared),
        "groups": [sorted(group) for group in known.groups],
        "demands": {
            name: {
                "callers": [[group, one.required, one.max_age] for group, one in item.callers],
                "anyone": item.required_for_all,
                "somebody": item.required_for_some,
            }
            for name, item in known.aliases.items()
        },
    }


_CALLERS = {"user": "arn:aws:iam::1:user/caller", "session": "arn:aws:sts::1:assumed-role/role/caller"}


def _encode_calls(name: str, catalog: Catalog, caller: str) -> list[dict[str, object]] | None:
    """AssumeRole's parameters hop by hop, without the session name that comes from the caller; None: not possible."""
    path = chain.resolve_role_chain(name, catalog.aliases)
    try:
        asked = chain.build_calls(path, caller, catalog.max_durations)
    except ReconcileError:
        return None
    own = chain.derive_session_name(caller)
    return [
        {key: value for key, value in one.to_parameters().items() if (key, value) != ("RoleSessionName", own)}
        if alias.session_name is None
        else one.to_parameters()
        for alias, one in zip(path, asked, strict=True)
    ]


def _encode_alias(alias: Alias) -> dict[str, object]:
    found = {item.name: getattr(alias, item.name) for item in fields(alias)}
    place = alias.place
    return found | {
        "role": str(alias.role) if alias.role else None,
        "place": [place.file, place.line, place.column],
        "session_tags": dict(alias.session_tags),
    }


_DECODERS: Mapping[str, Callable[[Any], object]] = {
    "role": lambda text: Address.parse(text) if text else None,
    "place": lambda parts: Place(*parts),
    "transitive_tags": tuple,
    "policy_arns": tuple,
}


def _keep_value(value: Any) -> object:
    return value


def _decode_catalog(index_entry: Mapping[str, Any], demands_entry: Mapping[str, Any]) -> Catalog:
    entries = index_entry["aliases"]
    partition = index_entry["partition"]
    make_alias: Any = Alias
    return Catalog(
        index_entry["account"],
        partition,
        {
            name: make_alias(**{key: _DECODERS.get(key, _keep_value)(value) for key, value in entry["alias"].items()})
            for name, entry in entries.items()
        },
        {name: entry["longest"] for name, entry in entries.items() if entry["longest"] is not None},
        {name: canonical(json.loads(trust), partition) for name, trust in demands_entry["trusts"].items()},
        FileDemands(
            frozenset(demands_entry["declared"]),
            tuple(frozenset(group) for group in demands_entry["groups"]),
            {name: _decode_demands(item) for name, item in demands_entry["demands"].items()},
        ),
    )


def _decode_demands(item: Mapping[str, Any]) -> AliasDemands:
    callers = tuple((group, Demand(required, age)) for group, required, age in item["callers"])
    return AliasDemands(callers, item["anyone"], item["somebody"])
