"""Find cycles: strongly connected components of a graph, and new roles that trust each other."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TypeVar

from reconciler.model.address import Address
from reconciler.model.entity import Entity, Role
from reconciler.policy.trust import find_trusted_entities

_K = TypeVar("_K")


def find_circular_roles(entities: Mapping[Address, Entity], created: set[Address], account: str) -> frozenset[Address]:
    """Return the roles among `created` that trust themselves or each other: IAM takes none of them first."""
    trusted_roles = {
        address: sorted(find_trusted_entities(role.trust_policy, account) & created)
        for address, role in entities.items()
        if isinstance(role, Role) and address in created
    }
    circular: set[Address] = set()
    for component in find_components(trusted_roles):
        if len(component) > 1 or component[0] in trusted_roles[component[0]]:
            circular.update(component)
    return frozenset(circular)


def find_components(graph: Mapping[_K, Collection[_K]]) -> list[list[_K]]:
    """Return the strongly connected components, by Tarjan's algorithm.

    It keeps a stack of its own, because a long chain would exceed Python's limit of recursion.
    """
    index: dict[_K, int] = {}
    low: dict[_K, int] = {}
    path: list[_K] = []
    on_path: set[_K] = set()
    components: list[list[_K]] = []
    for root in graph:
        if root in index:
            continue
        index[root] = low[root] = len(index)
        path.append(root)
        on_path.add(root)
        work = [(root, iter(graph[root]))]
        while work:
            node, successors = work[-1]
            for successor in successors:
                if successor not in graph:
                    continue
                if successor not in index:
                    index[successor] = low[successor] = len(index)
                    path.append(successor)
                    on_path.add(successor)
                    work.append((successor, iter(graph[successor])))
                    break
                if successor in on_path:
                    low[node] = min(low[node], index[successor])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    components.append(_pop_component(node, path, on_path))
    return components


def _pop_component(node: _K, path: list[_K], on_path: set[_K]) -> list[_K]:
    component: list[_K] = []
    while True:
        component.append(path.pop())
        on_path.discard(component[-1])
        if component[-1] == node:
            return component
