"""Check that no alias of a chain sets a source identity or a transitive tag that an earlier one has set.

Sources: IAM User Guide, "Monitor and control actions taken with assumed roles" (a source identity cannot change), and
"Pass session tags in AWS STS" (a transitive tag cannot be overridden in a later role of the chain).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.kinds.declare_context import DeclareContext
from reconciler.model.desired import Alias
from reconciler.model.node import Map


def check_chains(aliases: Mapping[str, Alias], nodes: Mapping[str, Map], context: DeclareContext) -> None:
    """Report each alias that sets a value again that its chain has fixed: STS refuses the call."""
    for alias in aliases.values():
        earlier = list(_find_earlier(alias, aliases))
        _check_source_identity(alias, earlier, nodes[alias.name], context)
        _check_tags(alias, earlier, nodes[alias.name], context)


def _find_earlier(alias: Alias, aliases: Mapping[str, Alias]) -> Iterator[Alias]:
    """Yield the aliases before this one in its chain, the nearest first. `check_cycles` reports cycles."""
    seen = {alias.name}
    before = aliases.get(alias.via or "")
    while before is not None and before.name not in seen:
        yield before
        seen.add(before.name)
        before = aliases.get(before.via or "")


def _check_source_identity(alias: Alias, earlier: list[Alias], node: Map, context: DeclareContext) -> None:
    first = next((earlier_alias for earlier_alias in reversed(earlier) if earlier_alias.source_identity), None)
    if first is None or alias.source_identity in (None, first.source_identity):
        return
    context.add_problem(
        "source-identity-changed",
        f"{alias.name} sends the source identity {alias.source_identity!r}, but {first.name} before it sends "
        f"{first.source_identity!r}.",
        node.place_of("source_identity"),
        f"Remove it here: {alias.name} keeps {first.source_identity!r}.",
        "A source identity cannot change within a chain: AWS refuses the call.",
    )


def _check_tags(alias: Alias, earlier: list[Alias], node: Map, context: DeclareContext) -> None:
    set_by = {key.casefold(): earlier_alias.name for earlier_alias in earlier for key in earlier_alias.transitive_tags}
    for key in alias.session_tags:
        if key.casefold() in set_by:
            context.add_problem(
                "transitive-tag-set-again",
                f"{alias.name} sets the session tag {key!r}, which {set_by[key.casefold()]} before it sets as "
                "transitive.",
                node.get_map("session_tags").place_of(key, of_key=True),
                f"Remove it here, or from `transitive_tags` of {set_by[key.casefold()]}.",
                "A transitive tag cannot be set again within a chain: AWS refuses the call.",
            )
