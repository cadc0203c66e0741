"""Check that an alias stays in one AWS partition: credentials, regions and STS work within one partition only."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.kinds.declare_context import DeclareContext
from reconciler.model.desired import Alias
from reconciler.model.node import Map
from reconciler.model.partitions import home_region_of, is_in_other_partition, partition_of_arn, partition_of_region
from reconciler.model.problem import Level
from reconciler.policy.partition_checks import OTHER_PARTITION


def check_partitions(aliases: Mapping[str, Alias], nodes: Mapping[str, Map], context: DeclareContext) -> None:
    """Report a region, a `via` or a source of credentials in another partition than the role.

    A role of this file is in the account's partition, which is known only after AWS was asked. An alias may start from
    keys of another partition than the account's; without `source_profile` that is a warning, not an error.
    """
    account_partition = context.own_partition
    partitions = {
        name: (partition_of_arn(alias.role_arn) or None) if alias.role is None else account_partition
        for name, alias in aliases.items()
    }
    for name, alias in aliases.items():
        role_partition = partitions[name]
        if role_partition is None:
            continue
        _check_region(alias, role_partition, nodes[name], context)
        source_partition = partitions.get(alias.via) if alias.via else account_partition
        if source_partition is not None and source_partition != role_partition:
            _check_source(alias, source_partition, role_partition, nodes[name], context)


def _check_region(alias: Alias, partition: str, node: Map, context: DeclareContext) -> None:
    if not alias.region or not is_in_other_partition(alias.region, partition):
        return
    region_partition, home_region = partition_of_region(alias.region), home_region_of(partition)
    context.add_problem(
        "region-partition",
        f"The region {alias.region} is in the partition {region_partition}, but the role is in {partition}.",
        node.place_of("region"),
        f"Write a region of {partition}, for example {home_region}." if home_region else "",
        "The role's credentials would not work there.",
    )


def _check_source(alias: Alias, source_partition: str, partition: str, node: Map, context: DeclareContext) -> None:
    if alias.via:
        context.add_problem(
            OTHER_PARTITION,
            f"{alias.name} goes via {alias.via}, whose role is in the partition {source_partition}; its own role is in "
            f"{partition}.",
            node.place_of("via"),
            f"Remove `via`, and write `source_profile:` with a profile that has keys of {partition}.",
            "A session of one partition cannot assume a role of another.",
        )
    elif alias.source_profile is None:
        context.add_problem(
            OTHER_PARTITION,
            f"The role of {alias.name} is in the partition {partition}, but the account is in {source_partition}.",
            node.place_of("role"),
            f"Correct the ARN, or write `source_profile:` with a profile that has keys of {partition}.",
            f"Keys of {source_partition} cannot assume it.",
            Level.WARNING,
        )
