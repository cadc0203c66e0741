"""The compared view of an entity: a flat mapping of paths, the same that `ignore_changes` names.

`tags.KEY` and `inline_policies.NAME` are one path each; every other field is one path. Absent values have
no path, so that a value that appears and one that changes are told apart.
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
    """Path → value. Values compare by `==`."""
    found: dict[str, object] = {}
    for field in fields(entity) if entity is not None else ():
        value = getattr(entity, field.name)
        if field.name in _KEYED:
            found.update({f"{field.name}.{key}": item for key, item in value.items()})
        elif field.name != "name" and not _is_unset(value):
            found[field.name] = value
    return found


def _is_unset(value: object) -> bool:
    """Return whether AWS has nothing there: no text, no members, a length of 0. False is a value of its own."""
    return value in (None, frozenset(), "") or (type(value) is int and value == 0)


def diff_entities(before: Entity | None, after: Entity | None) -> tuple[Field, ...]:
    """Every path whose values differ; decided by equality of the views alone."""
    if before == after:
        return ()
    old, new = flatten_entity(before), flatten_entity(after)
    paths = sorted(set(old) | set(new))
    return tuple(Field(path, old.get(path), new.get(path)) for path in paths if old.get(path) != new.get(path))


def inherit_live_values(desired: Entity, live: Entity, declaration: Declaration) -> Entity:
    """The desired entity with what the file leaves alone filled in from live IAM.

    That is: what it need not say (a policy's description), every path in `ignore_changes`, a protection tag that
    outlives its line (only `protect: false` takes it off), and an owner, of which a file without `owner`
    says nothing.
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
            same = _make_tag_matcher(key) if name == "tags" and live.folds_tag_keys else key.__eq__
            merged = {k: v for k, v in _mapping_of(desired, name).items() if not same(k)}
            theirs = {k: v for k, v in _mapping_of(live, name).items() if same(k)}
            desired = _replace_field(desired, name, merged | theirs)
        elif name == "tags":
            theirs = {key: value for key, value in _mapping_of(live, name).items() if not is_ours(key)}
            desired = _replace_field(desired, name, {**theirs, **_own_tags_of(desired)})
        elif name == "instance_profile":
            continue  # an entity of its own: it is not derived, and not pruned
        else:
            desired = _replace_field(desired, name, getattr(live, name))
    return desired


def fill_absent_fields(desired: Entity, live: Entity) -> Entity:
    """The desired entity with what a file need not say filled in from live IAM."""
    absent = [name for name in sorted(desired.left_if_absent) if getattr(desired, name) is None]
    return replace(desired, **{name: getattr(live, name) for name in absent}) if absent else desired


def is_ignorable(entity: type[Entity], path: str) -> bool:
    """True where `path` is one that `ignore_changes` may name for this kind of entity."""
    name, dot, key = path.partition(".")
    name = _ALIASES.get(name, name)
    known = set(list_ignorable_fields(entity))
    if name == "tags" and may_be_ours(key):
        return False
    return name in known and (not dot or (name in _KEYED and bool(key)))


def list_ignorable_fields(entity: type[Entity]) -> list[str]:
    own = {field.name for field in fields(entity)} - {"name"}
    return sorted(own | ({"instance_profile"} if issubclass(entity, Role) else set()))


def _make_tag_matcher(key: str) -> Callable[[str], bool]:
    """Tell whether a key is the same tag of a user or role."""
    folded = fold_key(key)
    return lambda other: fold_key(other) == folded


def _own_tags_of(entity: Entity) -> dict[str, object]:
    return {key: value for key, value in _mapping_of(entity, "tags").items() if is_ours(key)}


def _mapping_of(entity: Entity, name: str) -> Mapping[str, object]:
    found: Mapping[str, object] = getattr(entity, name)
    return found


def _replace_field(entity: Entity, name: str, value: object) -> Entity:
    return replace(entity, **{name: value})  # type: ignore[arg-type]
