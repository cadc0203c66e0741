"""Build the graph of who may assume which role in an account, with its administrators marked."""

from __future__ import annotations

from collections import defaultdict
from itertools import chain

from reconciler.access import targets_of
from reconciler.model.access_answers import AccessSide
from reconciler.model.access_graph import AccessGraph, AdminMark, GatheredGraph, GraphEdge, GraphNode
from reconciler.model.admin_ways import AdminWays
from reconciler.model.role_access import gather_groups, to_group
from reconciler.plan.access.admin_ways import find_admin_ways
from reconciler.plan.access.delta import find_access_groups
from reconciler.plan.access.external_principals import find_external_access
from reconciler.plan.access.side_principals import principals_of_side


def find_access_graph(side: AccessSide) -> AccessGraph:
    """Return who may assume which role: users and roles of the account, and the principals that a trust names."""
    everybody, roles = principals_of_side(side), targets_of(side.state)
    external = find_external_access(side.state, roles, frozenset()).values()
    groups = gather_groups(chain(find_access_groups(everybody, roles, {}), map(to_group, external)))
    names = {str(address) for address in everybody} | {name for group in groups for name in group.principals}
    ways = find_admin_ways(side)
    return AccessGraph(tuple(sorted(names)), groups, _mark_principals(ways), ways)


def gather_graph(graph: AccessGraph) -> GatheredGraph:
    """Return the graph as it is drawn, with one node for principals that nothing tells apart."""
    as_principal: defaultdict[str, list[int]] = defaultdict(list)
    as_role: defaultdict[str, list[int]] = defaultdict(list)
    for number, group in enumerate(graph.groups):
        for name in group.principals:
            as_principal[name].append(number)
        for name in group.roles:
            as_role[name].append(number)
    classes: defaultdict[tuple[object, ...], list[str]] = defaultdict(list)
    for name in graph.principals:
        kind = name.partition("/")[0] if name.startswith(("user/", "role/")) else ""
        key = (kind, graph.mark_of(name), tuple(as_principal[name]), tuple(as_role[name]))
        classes[key].append(name)
    nodes = [GraphNode(tuple(names), graph.mark_of(names[0])) for names in classes.values()]
    number_of = {name: number for number, node in enumerate(nodes) for name in node.names}
    edges = (
        GraphEdge(
            tuple(sorted({number_of[name] for name in group.principals})),
            tuple(sorted({number_of[name] for name in group.roles})),
            group.terms,
        )
        for group in graph.groups
    )
    return GatheredGraph(tuple(nodes), tuple(edges))


def _mark_principals(ways: AdminWays) -> dict[str, AdminMark]:
    marks = {name: AdminMark.UNREAD for one in ways.unread for name in one.principals}
    marks |= {name: AdminMark.WAY for group in ways.ways for name in group.principals}
    return marks | {name: AdminMark.ADMINISTRATOR for group in ways.administrators for name in group.principals}
