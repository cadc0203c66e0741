"""Compare entities as flat mappings of paths. `ignore_changes` in a file names the same paths.

`tags.KEY` and `inline_policies.NAME` are one path each; every other field is one path. An absent value has no path, so
that a value that appears can be told from one that changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace

from reconciler.kinds.facets.tags import OWNER, PROTECT, fold_key, is_ours, may_be_ours
from reconciler.model.desired import Declaration
from reconciler.model.entity import Entity, Role
from reconciler.model.plan import Field

_KEYED = ("tags", "inline_policies")
_ALIASES = {"trust": "trust_policy"}


def flatten_entity(entity: Entity | None) -> dict[str, object]:
    """Return path → value of an entity. Values are compared by `==`."""
    values: dict[str, object] = {}
    for field in fields(entity) if entity is not None else ():
        value = getattr(entity, field.name)
        if field.name in _KEYED:
            values.update({f"{field.name}.{key}": item for key, item in value.items()})
        elif field.name != "name" and not _is_unset(value):
            values[field.name] = value
    return values


def _is_unset(value: object) -> bool:
    """Return whether a value means that AWS has none: no text, no members, the number 0. False is a value."""
    return value in (None, frozenset(), "") or (type(value) is int and value == 0)


def diff_entities(before: Entity | None, after: Entity | None) -> tuple[Field, ...]:
    """Return every path whose values differ, by equality alone."""
    if before == after:
        return ()
    old, new = flatten_entity(before), flatten_entity(after)
    paths = sorted(set(old) | set(new))
    return tuple(Field(path, old.get(path), new.get(path)) for path in paths if old.get(path) != new.get(path))


def inherit_live_values(desired: Entity, live: Entity, declaration: Declaration) -> Entity:
    """Return the desired entity with live values for everything that the file leaves alone.

    These are: fields that a file may omit (the description of a policy); every path in `ignore_changes`; the protection
    tag, which only `protect: false` removes; and the owner tag, if the file has no `owner`.
    """
    desired = fill_absent_fields(desired, live)
    if declaration.protect is None and PROTECT in getattr(live, "tags", {}):
        desired = _replace_field(
            desired, "tags", {**_mapping_of(desired, "tags"), PROTECT: _mapping_of(live, "tags")[PROTECT]}
        )
    if OWNER in getattr(live, "tags", {}) and OWNER not in getattr(desired, "tags", {}):
        desired = _replace_field(
            desired, "tags", {**_mapping_of(desired, "tags"), OWNER: _mapping_of(live, "tags")[OWNER]}
        )
    for path in declaration.ignore_changes:
        name, dot, key = path.partition(".")
        name = _ALIASES.get(name, name)
        if dot:
            matches_key = _make_tag_matcher(key) if name == "tags" and live.folds_tag_keys else key.__eq__
            other_values = {k: v for k, v in _mapping_of(desired, name).items() if not matches_key(k)}
            live_values = {k: v for k, v in _mapping_of(live, name).items() if matches_key(k)}
            desired = _replace_field(desired, name, other_values | live_values)
        elif name == "tags":
            live_values = {key: value for key, value in _mapping_of(live, name).items() if not is_ours(key)}
            desired = _replace_field(desired, name, {**live_values, **_own_tags_of(desired)})
        elif name == "instance_profile":
            continue  # an entity of its own; the planner neither derives nor prunes it
        else:
            desired = _replace_field(desired, name, getattr(live, name))
    return desired


def fill_absent_fields(desired: Entity, live: Entity) -> Entity:
    """Return the desired entity with live values for the fields that a file may omit and did omit."""
    absent = [name for name in sorted(desired.left_if_absent) if getattr(desired, name) is None]
    return replace(desired, **{name: getattr(live, name) for name in absent}) if absent else desired


def is_ignorable(entity: type[Entity], path: str) -> bool:
    """Return whether `ignore_changes` may name this path for this kind of entity."""
    name, dot, key = path.partition(".")
    name = _ALIASES.get(name, name)
    ignorable_fields = set(list_ignorable_fields(entity))
    if name == "tags" and may_be_ours(key):
        return False
    return name in ignorable_fields and (not dot or (name in _KEYED and bool(key)))


def list_ignorable_fields(entity: type[Entity]) -> list[str]:
    own = {field.name for field in fields(entity)} - {"name"}
    return sorted(own | ({"instance_profile"} if issubclass(entity, Role) else set()))


def _make_tag_matcher(key: str) -> Callable[[str], bool]:
    """Return a function that tells whether another key is the same tag for IAM, which ignores letter case."""
    folded = fold_key(key)
    return lambda other: fold_key(other) == folded


def _own_tags_of(entity: Entity) -> dict[str, object]:
    return {key: value for key, value in _mapping_of(entity, "tags").items() if is_ours(key)}


def _mapping_of(entity: Entity, name: str) -> Mapping[str, object]:
    mapping: Mapping[str, object] = getattr(entity, name)
    return mapping


def _replace_field(entity: Entity, name: str, value: object) -> Entity:
    return replace(entity, **{name: value})  # type: ignore[arg-type]
