"""Aliases that lead from one partition into another: credentials, regions and STS work within one partition only."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.kinds.declare_context import DeclareContext
from reconciler.model.desired import Alias
from reconciler.model.node import Map
from reconciler.model.partitions import home_region_of, is_in_other_partition, partition_of_arn, partition_of_region
from reconciler.model.problem import Level
from reconciler.policy.partition_checks import OTHER_PARTITION


def check_partitions(aliases: Mapping[str, Alias], nodes: Mapping[str, Map], context: DeclareContext) -> None:
    """Report a region, a `via` and a source of credentials that are of another partition than the role.

    The partition of a role of this file is the account's, which only AWS tells. An alias may start from keys of another
    partition than the file's account: without `source_profile` that is worth a warning, not an error.
    """
    own = context.own_partition
    partitions = {
        name: partition_of_arn(alias.role_arn) if alias.role is None else own for name, alias in aliases.items()
    }
    for name, alias in aliases.items():
        there = partitions[name]
        if there is None:
            continue
        _check_region(alias, there, nodes[name], context)
        before = partitions.get(alias.via) if alias.via else own
        if before is not None and before != there:
            _check_source(alias, before, there, nodes[name], context)


def _check_region(alias: Alias, partition: str, node: Map, context: DeclareContext) -> None:
    if not alias.region or not is_in_other_partition(alias.region, partition):
        return
    other, home = partition_of_region(alias.region), home_region_of(partition)
    context.add_problem(
        "region-partition",
        f"The region {alias.region} is of the partition {other}, the role of {partition}.",
        node.place_of("region"),
        f"Write a region of {partition}, such as {home}." if home else "",
        "The role's credentials would not work there.",
    )


def _check_source(alias: Alias, before: str, partition: str, node: Map, context: DeclareContext) -> None:
    if alias.via:
        context.add_problem(
            OTHER_PARTITION,
            f"{alias.name} goes via {alias.via}, whose role is of the partition {before}; its own is of {partition}.",
            node.place_of("via"),
            "Remove `via`, and name a profile with keys of that partition as `source_profile`.",
            "A session of one partition cannot assume a role of another.",
        )
    elif alias.source_profile is None:
        context.add_problem(
            OTHER_PARTITION,
            f"The role of {alias.name} is of the partition {partition}; the account is in {before}.",
            node.place_of("role"),
            "Name a profile with keys of that partition as `source_profile`, or mend the ARN.",
            f"Keys of {before} cannot assume it.",
            Level.WARNING,
        )
