"""Read the `settings` section of a file and check it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.kinds.base import DeclaredEntity
from reconciler.kinds.declare_context import DeclareContext
from reconciler.kinds.facets.tags import BREAK_GLASS
from reconciler.model.address import Address
from reconciler.model.desired import Settings
from reconciler.model.node import Map, get_text, get_texts
from reconciler.model.quotas import TAGS
from reconciler.plan.compare.ownership import ignores_everything


def read_settings(root: Map, partial: bool, context: DeclareContext) -> Settings:
    """Return the settings, and add problems to the context. partial: some of the files could not be read."""
    node = root.get_map("settings")
    defaults = Settings()
    prune = get_text(node, "prune") or defaults.prune
    is_uncertain = partial or "prune" in node.unread or "settings" in root.unread
    if prune == "owned" and not root.has("owner") and not is_uncertain:
        summary = "`owner` is missing: reconcile tags what this file manages with it."
        hint = "Write `owner: NAME`, or `settings: {prune: none}` to delete nothing."
        context.add_problem("missing-owner", summary, root.place_of(), hint)
    for pattern, place in (*get_texts(node, "ignore"), *get_texts(node, "prune_also")):
        if "/" not in pattern:
            hint = f"Write KIND/NAME, for example role/{pattern}."
            context.add_problem("bad-address", f"{pattern!r} is not an address pattern.", place, hint)
    ignored = tuple(value for value, _ in get_texts(node, "ignore"))
    if ignores_everything(ignored):
        summary = "settings.ignore matches every address: this file would manage nothing, and no guard would check it."
        hint = (
            "Name only the entities to leave alone, for example role/AWSReservedSSO_*. To delete nothing, "
            "write `prune: none`."
        )
        context.add_problem("ignores-everything", summary, node.place_of("ignore"), hint)
    numbers = {
        key: value
        for key in ("max_deletes", "max_delete_percent", "max_removals")
        if isinstance(value := node.get(key), int | float)
    }
    break_glass = tuple(_read_break_glass(node, context))
    prune_also = tuple(value for value, _ in get_texts(node, "prune_also"))
    return Settings(prune, ignored, break_glass=break_glass, prune_also=prune_also, **numbers)  # type: ignore[arg-type]


def check_break_glass_tags(
    settings: Settings, declared_entities: Mapping[Address, DeclaredEntity], context: DeclareContext
) -> None:
    """Report each `break_glass` entity that already has as many tags as AWS allows: it must carry one more."""
    for address in settings.break_glass:
        declared = declared_entities.get(address)
        if declared is not None and len(getattr(declared.entity, "tags", ())) == TAGS.default:
            summary = f"{address} has {TAGS.default} tags, as many as AWS allows. It needs one more: {BREAK_GLASS}."
            hint = "Remove a tag. Entities named in settings.break_glass carry that tag."
            context.add_problem("too-many-tags", summary, declared.declaration.place, hint)


def _read_break_glass(node: Map, context: DeclareContext) -> Iterator[Address]:
    for value, place in get_texts(node, "break_glass"):
        kind, _, name = value.partition("/")
        if kind in ("user", "role") and name:
            yield Address(kind, name)
        else:
            hint = "Write user/NAME or role/NAME: only users and roles can have `break_glass`."
            context.add_problem("bad-address", f"{value!r} is not the address of a user or role.", place, hint)
