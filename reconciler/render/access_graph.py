"""Render the graph of who may assume which role, for Mermaid, Graphviz and programs. It decides nothing.

Mermaid reads `#NUMBER;` in a quoted text as a character, so all but plain characters are written that way (Mermaid,
"Flowchart syntax", entity codes). Graphviz's quoted strings have two special characters, `"` and the backslash ("The
DOT language").
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from reconciler.model.access_answers import AccessSource
from reconciler.model.access_graph import AccessGraph, AdminMark, GatheredGraph, GraphNode
from reconciler.model.escape import escape_line
from reconciler.model.role_access import AccessTerms
from reconciler.plan.access.assume_words import describe_dependency, describe_terms
from reconciler.render.access_parts import format_counts, render_sides_json
from reconciler.render.access_ways import terms_to_dict

_PLAIN = frozenset(" _./:@=,+-()→…")
"""Characters besides letters and digits that Mermaid shows as they are."""

_MERMAID_CLASSES = {AdminMark.ADMINISTRATOR: "administrator", AdminMark.WAY: "way"}
_DOT_COLORS = {AdminMark.ADMINISTRATOR: "#f8d0d0", AdminMark.WAY: "#fbeccb"}

_Link = tuple[str, str, str]
"""The names of two nodes, and the label of the line between them; "" for none."""


def render_mermaid(graph: GatheredGraph) -> str:
    """Return the graph as a Mermaid flowchart."""
    lines = ["flowchart LR"]
    for number, node in enumerate(graph.nodes):
        text = "<br/>".join(map(_quote_mermaid, _list_texts(node)))
        opening, closing = ('["', '"]') if _is_role(node) else ('(["', '"])')
        mark = _MERMAID_CLASSES.get(node.mark)
        lines.append(f"  n{number}{opening}{text}{closing}{f':::{mark}' if mark else ''}")
    junctions, links = _list_links(graph)
    lines += [f'  {name}((" "))' for name in junctions]
    lines += [
        f"  {source} -->{f'|{chr(34)}{_quote_mermaid(label)}{chr(34)}|' if label else ''} {target}"
        for source, target, label in links
    ]
    lines += ["  classDef administrator fill:#f8d0d0,stroke:#a00000,color:#000000,stroke-width:3px"]
    lines += ["  classDef way fill:#fbeccb,stroke:#8a5a00,color:#000000"]
    return "\n".join(lines)


def render_dot(graph: GatheredGraph) -> str:
    """Return the graph for Graphviz."""
    lines = ["digraph access {", "  rankdir=LR;", '  node [shape=box, style="rounded,filled", fillcolor="#ffffff"];']
    for number, node in enumerate(graph.nodes):
        text = "\\n".join(map(_escape_dot, _list_texts(node)))
        shape = ', style="filled"' if _is_role(node) else ""
        color = _DOT_COLORS.get(node.mark)
        fill = f', fillcolor="{color}"' if color else ""
        lines.append(f'  n{number} [label="{text}"{shape}{fill}];')
    junctions, links = _list_links(graph)
    lines += [f"  {name} [shape=point];" for name in junctions]
    for source, target, label in links:
        text = f' [label="{_escape_dot(label)}"]' if label else ""
        lines.append(f"  {source} -> {target}{text};")
    return "\n".join([*lines, "}"])


RENDERERS: dict[str, Callable[[GatheredGraph], str]] = {"mermaid": render_mermaid, "dot": render_dot}


def count_lines(graph: GatheredGraph) -> int:
    """Return the number of lines between nodes."""
    return len(_list_links(graph)[1])


def render_graph_json(source: AccessSource, graphs: Iterable[AccessGraph]) -> str:
    """Return the graph as JSON, with every name."""
    return render_sides_json(source, graphs, _to_dict)


def describe_edge(terms: AccessTerms) -> str:
    """Return the label of a line: `with MFA, until …`; "" without terms."""
    return describe_terms(terms.mfa, map(describe_dependency, terms.conditions), terms.terms).removeprefix(", ")


def _to_dict(graph: AccessGraph) -> dict[str, Any]:
    return {
        "nodes": [{"name": name, "mark": graph.mark_of(name).name.lower()} for name in graph.principals],
        "edges": [
            {"principals": list(one.principals), "roles": list(one.roles), **terms_to_dict(one.terms)}
            for one in graph.groups
        ],
    }


def _list_texts(node: GraphNode) -> Iterator[str]:
    """Yield the lines of a node: its names, and its mark."""
    yield format_counts(node.names)
    if node.mark is not AdminMark.NONE:
        yield str(node.mark)


def _is_role(node: GraphNode) -> bool:
    return node.names[0].startswith("role/")


def _list_links(graph: GatheredGraph) -> tuple[list[str], list[_Link]]:
    """Return the points at which lines meet, and the lines. Lines from many nodes to many meet in one point."""
    junctions: list[str] = []
    links: list[_Link] = []
    for number, edge in enumerate(graph.edges):
        label = describe_edge(edge.terms)
        sources, targets = [f"n{one}" for one in edge.sources], [f"n{one}" for one in edge.targets]
        if min(len(sources), len(targets)) == 1:
            links += [(source, target, label) for source in sources for target in targets]
            continue
        junctions.append(f"j{number}")
        links += [(source, f"j{number}", label) for source in sources]
        links += [(f"j{number}", target, "") for target in targets]
    return junctions, links


def _quote_mermaid(text: str) -> str:
    return "".join(char if char.isalnum() or char in _PLAIN else f"#{ord(char)};" for char in escape_line(text))


def _escape_dot(text: str) -> str:
    return escape_line(text).replace("\\", "\\\\").replace('"', '\\"')
