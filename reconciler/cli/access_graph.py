"""The command `reconcile access graph`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.access_options import read_named_source, select_source_options
from reconciler.cli.named_path import NamedPath
from reconciler.cli.options import check_text

if TYPE_CHECKING:
    from reconciler.model.access_answers import AccessSource
    from reconciler.model.access_graph import AccessGraph

_MOST_MERMAID_LINES = 500
"""The number of lines that Mermaid draws unless it is configured otherwise (`maxEdges`)."""


@click.command(
    "graph",
    short_help="Who may assume which role, as a graph.",
    epilog="Example: reconcile access graph --html access.html",
)
@click.option(
    "--html",
    metavar="FILE",
    type=NamedPath(),
    callback=check_text,
    help="Write one HTML page to search in, which needs no network; - for standard output.",
)
@select_source_options("mermaid", "dot", "json", default=None)
def command(html: str | None, form: str | None, **options: Any) -> int:
    """Draw who may assume which role, with MFA, conditions and expiry; administrators are marked.

    Principals with the same access are one node. For a plan, the account after it is drawn; the JSON has both sides.
    """
    from reconciler.app.access import draw_graph
    from reconciler.cli.terminal import echo
    from reconciler.render.access_graph import render_graph_json

    if html is not None and form is not None:
        raise click.UsageError("Pass --html or --format, not both.")
    source = read_named_source(**options)
    graphs = draw_graph(source)
    if html is not None:
        _write_page(source, graphs[-1], html)
    elif form == "json":
        echo(render_graph_json(source, graphs))
    else:
        _draw(graphs[-1], form or "mermaid")
    return 0


def _write_page(source: AccessSource, graph: AccessGraph, html: str) -> None:
    from reconciler.app.access_page import save_page
    from reconciler.cli.terminal import echo, notice
    from reconciler.render.access_page import render_access_page

    page = render_access_page(source, graph, source.sides[-1].name)
    if html == "-":
        echo(page)
        return
    save_page(page, Path(html))
    notice(f"Wrote {html}. Open it in a browser.")


def _draw(graph: AccessGraph, form: str) -> None:
    from reconciler.cli.terminal import echo, notice
    from reconciler.plan.access.access_graph import gather_graph
    from reconciler.render.access_graph import RENDERERS, count_lines

    drawn = gather_graph(graph)
    echo(RENDERERS[form](drawn))
    if form == "mermaid" and count_lines(drawn) > _MOST_MERMAID_LINES:
        notice(f"Mermaid draws up to {_MOST_MERMAID_LINES} lines. --html makes a page for large accounts.")
