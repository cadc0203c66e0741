"""Read the aliases of a file: from the index if it is still valid, else from the file, and then write the index."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from reconciler.assume import alias_index, chain
from reconciler.assume.cache import DEMANDS, INDEXES, Cache
from reconciler.assume.mfa_demands import AliasDemands, FileDemands, MfaDemand, caller_name_of
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
    """The aliases of a file and all else that `assume` needs of it.

    account: None if the file names none; ARNs then hold a placeholder. max_durations: alias → max_session_duration
    of its role in seconds, for roles of the file. trust_policies: alias → trust policy of its role, for roles of the
    file. demands: which alias demands MFA of which caller.
    """

    account: str | None
    partition: str
    aliases: Mapping[str, Alias]
    max_durations: Mapping[str, int] = field(default_factory=dict)
    trust_policies: Mapping[str, Document] = field(default_factory=dict)
    demands: FileDemands = field(default_factory=FileDemands)

    def find_demand(self, aliases: Sequence[Alias], caller: Caller) -> MfaDemand:
        """Return the MFA that AWS demands of this caller for the first call of a chain. Ignore `mfa` of the aliases."""
        first, name = aliases[0], caller_name_of(caller.arn)
        is_own_account = self.account in (None, caller.account)
        demand = self.demands.demand_of(first.name, name) if is_own_account and name else None
        if demand is not None:
            return demand
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
    """Return the aliases for a caller of `account` and `partition`. Raises ReconcileError if the file is invalid."""
    name = alias_index.index_key_of(files, variables, account, partition, environ)
    index = alias_index.read_index(cache, name)
    demands = alias_index.read_index(cache, name, DEMANDS) if index is not None else None
    if index is not None and demands is not None and demands.get("of") == index["looked"]:
        return _decode_catalog(index, demands)
    from reconciler.app.desired_files import read_files

    since = time.time()
    loaded = read_files(files, variables, account, partition)
    catalog, manifest = declare_catalog(loaded), _build_manifest(loaded, files, since)
    document_manifest = alias_index.build_manifest(map(str, loaded.documents), (), (), since)
    if manifest is not None and document_manifest is not None:
        cache.put(DEMANDS, name, _encode_demands(catalog) | {"looked": document_manifest, "of": manifest})
        cache.put(INDEXES, name, _encode_catalog(catalog) | {"looked": manifest})
    return catalog


def build_catalog(desired: Desired, account: str | None) -> Catalog:
    """Make the catalog of a valid file. account: that of the file, None if it names none."""
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


def declare_catalog(loaded: Any) -> Catalog:
    """Return the catalog of files that are read (`desired/load.py:LoadedFiles`). Raises ReconcileError."""
    from reconciler.app.desired_files import require_valid
    from reconciler.desired.declare import declare
    from reconciler.desired.load import PLACEHOLDER_ACCOUNT

    desired = require_valid(declare(loaded))
    return build_catalog(desired, None if desired.state.account == PLACEHOLDER_ACCOUNT else desired.state.account)


def _build_manifest(loaded: Any, files: Sequence[str], since: float) -> alias_index.Manifest | None:
    from reconciler.desired.aliases import documents_of
    from reconciler.desired.source_files import find_deciding_paths

    patterns, absent = find_deciding_paths(tuple(files))
    paths = [*loaded.files, *documents_of(loaded.root)]
    return alias_index.build_manifest(map(str, paths), absent, [*patterns, *loaded.patterns], since)


def _encode_catalog(catalog: Catalog) -> dict[str, object]:
    """Return the catalog as JSON values, with the calls that a user and a role's session make for each alias.

    `assume/fast_path.py` reads them.
    """
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
    """Return the trust policies and the MFA demands as JSON values.

    They are an entry of their own, because a warm `assume` does not need them. The entry is valid as long as the
    index is, and no policy document of the file has changed.
    """
    demands = catalog.demands
    return {
        "trusts": {name: trust.text for name, trust in catalog.trust_policies.items()},
        "declared": sorted(demands.declared),
        "groups": [sorted(group) for group in demands.groups],
        "demands": {
            name: {
                "callers": [[group, one.required, one.max_age] for group, one in item.callers],
                "anyone": item.required_for_all,
                "somebody": item.required_for_some,
            }
            for name, item in demands.aliases.items()
        },
    }


_CALLERS = {"user": "arn:aws:iam::1:user/caller", "session": "arn:aws:sts::1:assumed-role/role/caller"}


def _encode_calls(name: str, catalog: Catalog, caller: str) -> list[dict[str, object]] | None:
    """Return the AssumeRole parameters of each hop; None if AWS would refuse them.

    A session name that is derived from the caller is left out.
    """
    aliases = chain.resolve_role_chain(name, catalog.aliases)
    try:
        calls = chain.build_calls(aliases, caller, catalog.max_durations)
    except ReconcileError:
        return None
    derived = ("RoleSessionName", chain.derive_session_name(caller))
    return [
        {key: value for key, value in call.to_parameters().items() if (key, value) != derived}
        if alias.session_name is None
        else call.to_parameters()
        for alias, call in zip(aliases, calls, strict=True)
    ]


def _encode_alias(alias: Alias) -> dict[str, object]:
    values = {item.name: getattr(alias, item.name) for item in fields(alias)}
    place = alias.place
    return values | {
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
    callers = tuple((group, MfaDemand(required, age)) for group, required, age in item["callers"])
    return AliasDemands(callers, item["anyone"], item["somebody"])
