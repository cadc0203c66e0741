"""What waits for itself: Tarjan's strongly connected components, and the roles to be created that are such."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TypeVar

from reconciler.model.address import Address
from reconciler.model.entity import Entity, Role
from reconciler.policy.trust import find_trusted_entities

_K = TypeVar("_K")


def find_circular_roles(entities: Mapping[Address, Entity], created: set[Address], account: str) -> frozenset[Address]:
    """The roles among `created` that cannot exist before another of them does."""
    names = {
        address: sorted(find_trusted_entities(role.trust_policy, account) & created)
        for address, role in entities.items()
        if isinstance(role, Role) and address in created
    }
    found: set[Address] = set()
    for component in find_components(names):
        if len(component) > 1 or component[0] in names[component[0]]:
            found.update(component)
    return frozenset(found)


def find_components(graph: Mapping[_K, Collection[_K]]) -> list[list[_K]]:
    """Tarjan's algorithm with a stack of its own, so that a long chain is no recursion."""
    index: dict[_K, int] = {}
    low: dict[_K, int] = {}
    path: list[_K] = []
    on_path: set[_K] = set()
    found: list[list[_K]] = []
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
                    found.append(_pop_component(node, path, on_path))
    return found


def _pop_component(node: _K, path: list[_K], on_path: set[_K]) -> list[_K]:
    component: list[_K] = []
    while True:
        component.append(path.pop())
        on_path.discard(component[-1])
        if component[-1] == node:
            return component
