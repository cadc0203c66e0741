"""Who may assume which role, as a graph: principals with the same access are one node. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.admin_ways import AdminWays
from reconciler.model.role_access import AccessGroups, AccessTerms


class AdminMark(StrEnum):
    """Says if a principal has a way to administrator power. UNREAD: policies of unknown content decide."""

    NONE = ""
    UNREAD = "perhaps a way to administrator power"
    WAY = "way to administrator power"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class AccessGraph:
    """Who may assume which role in one account.

    groups: the access, gathered. principals: every user, role and external principal, sorted. marks: those of them that
    are administrators, or can or may become one. ways: how.
    """

    principals: tuple[str, ...]
    groups: AccessGroups
    marks: Mapping[str, AdminMark]
    ways: AdminWays

    def mark_of(self, name: str) -> AdminMark:
        return self.marks.get(name, AdminMark.NONE)


@dataclass(frozen=True, slots=True)
class GraphNode:
    """Principals that may assume the same roles, that the same principals may assume, and with the same mark."""

    names: tuple[str, ...]
    mark: AdminMark


@dataclass(frozen=True, slots=True)
class GraphEdge:
    """Access on the same terms: each of the sources may assume each of the targets. Both are numbers of nodes."""

    sources: tuple[int, ...]
    targets: tuple[int, ...]
    terms: AccessTerms


@dataclass(frozen=True, slots=True)
class GatheredGraph:
    """A graph as it is drawn. It grows with the number of different accesses, not with users × roles."""

    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]
