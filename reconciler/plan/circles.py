"""Roles to be created whose trust names each other, or themselves: Tarjan's strongly connected components."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.model.address import Address
from reconciler.model.entity import Entity, Role
from reconciler.policy.trust import trusted


def circular_roles(entities: Mapping[Address, Entity], created: set[Address], account: str) -> frozenset[Address]:
    """The roles among `created` that cannot exist before another of them does."""
    names = {
        address: sorted(trusted(role.trust_policy, account) & created)
        for address, role in entities.items()
        if isinstance(role, Role) and address in created
    }
    found: set[Address] = set()
    for component in _components(names):
        if len(component) > 1 or component[0] in names[component[0]]:
            found.update(component)
    return frozenset(found)


def _components(graph: Mapping[Address, list[Address]]) -> list[list[Address]]:
    """Tarjan's algorithm with a stack of its own, so that a long chain of roles is no recursion."""
    index: dict[Address, int] = {}
    low: dict[Address, int] = {}
    path: list[Address] = []
    on_path: set[Address] = set()
    found: list[list[Address]] = []
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
                    found.append(_popped_to(node, path, on_path))
    return found


def _popped_to(node: Address, path: list[Address], on_path: set[Address]) -> list[Address]:
    component = []
    while True:
        component.append(path.pop())
        on_path.discard(component[-1])
        if component[-1] == node:
            return component
