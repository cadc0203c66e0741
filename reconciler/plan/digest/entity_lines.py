"""Fold the changes of a large plan into lines: one for each entity, and one for entities that are alike.

Deletions come first and are never folded, because a reviewer must see the name of each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields

from reconciler.model.entity import Entity
from reconciler.model.plan import Action, Change, Plan
from reconciler.model.sentence import count_addresses
from reconciler.plan.digest.entity_words import describe_briefly
from reconciler.plan.digest.tones import Tone, judge_changes

_MOST_LINES = 100
"""The lines up to which only identical entities are folded; beyond, those that the same words describe are."""

_MOST_OF_A_KIND = 20
"""The lines for one action and kind, once lines are folded by their words."""

_EXAMPLES = 3
_ORDER = (Action.DELETE, Action.UPDATE, Action.ADOPT, Action.CREATE)


@dataclass(frozen=True, slots=True)
class EntityLine:
    """A line about one entity, or about several that are alike. text: with the address, or with count and examples."""

    sign: str
    text: str
    note: str
    tone: Tone


def list_entity_lines(plan: Plan) -> list[EntityLine]:
    """Return the lines of all changes: deletions, updates, adoptions, creations."""
    changes = sorted(plan.changes, key=lambda change: _ORDER.index(change.action))
    tones = judge_changes(plan)
    folded = _fold(changes, lambda change: (describe_briefly(change), _content_of(change)), _MOST_LINES)
    if len(folded) <= _MOST_LINES + sum(fold[0].action is Action.DELETE for fold in folded):
        return [_make_line(fold, tones, name_groups=True) for fold in folded]
    return _cut_kinds(_fold(changes, lambda change: describe_briefly(change, name_groups=False)), tones)


Fold = list[Change]


def _fold(changes: Iterable[Change], key_of: Callable[[Change], object], most: int | None = None) -> list[Fold]:
    """Return the changes by their key. Stop after more than `most` folds beside those of deletions."""
    folds: dict[object, Fold] = {}
    others = 0
    for change in changes:
        is_deletion = change.action is Action.DELETE
        single = change.address if is_deletion or change.reason else None
        fold = folds.setdefault((change.action, change.address.kind, single, key_of(change)), [])
        fold.append(change)
        others += len(fold) == 1 and not is_deletion
        if most is not None and others > most:
            break
    return list(folds.values())


def _content_of(change: Change) -> object:
    """Return all that a change makes of an entity, except its name and its tags."""
    if change.action is Action.CREATE and change.after is not None:
        return _values_of(change.after)
    return repr(change.fields)


def _values_of(entity: Entity) -> object:
    values = (getattr(entity, field.name) for field in fields(entity) if field.name not in ("name", "tags"))
    return tuple(repr(sorted(one.items())) if isinstance(one, Mapping) else _hashable(one) for one in values)


def _hashable(value: object) -> object:
    try:
        hash(value)
    except TypeError:
        return repr(value)
    return value


def _make_line(fold: Fold, tones: Mapping[str, Tone], *, name_groups: bool) -> EntityLine:
    first = fold[0]
    words = describe_briefly(first, name_groups=name_groups)
    tone = max(tones[str(change.address)] for change in fold)
    addresses = [str(change.address) for change in fold]
    if len(fold) == 1:
        text = f"{addresses[0]}  {words}" if words else addresses[0]
        return EntityLine(first.action.symbol, text, f"  ({first.reason})" if first.reason else "", tone)
    examples = ", ".join(change.address.name for change in fold[:_EXAMPLES])
    gap = " " if words.startswith("in ") else "  "
    text = f"{count_addresses(addresses)}{gap if words else ''}{words}"
    return EntityLine(first.action.symbol, text, f"  ({examples}{' …' if len(fold) > _EXAMPLES else ''})", tone)


def _cut_kinds(folded: list[Fold], tones: Mapping[str, Tone]) -> list[EntityLine]:
    """Return the largest folds of each action and kind, and a line that counts the rest; deletions are never cut."""
    by_kind: dict[tuple[Action, str], list[Fold]] = {}
    for fold in folded:
        by_kind.setdefault((fold[0].action, fold[0].address.kind), []).append(fold)
    lines: list[EntityLine] = []
    for (action, _), folds in by_kind.items():
        shown, rest = folds, list[Fold]()
        if action is not Action.DELETE and len(folds) > _MOST_OF_A_KIND:
            ordered = sorted(folds, key=lambda fold: (-max(tones[str(one.address)] for one in fold), -len(fold)))
            shown, rest = ordered[:_MOST_OF_A_KIND], ordered[_MOST_OF_A_KIND:]
        lines += [_make_line(fold, tones, name_groups=False) for fold in shown]
        if rest:
            left = [change for fold in rest for change in fold]
            number, _, noun = count_addresses([str(change.address) for change in left]).partition(" ")
            tone = max(tones[str(change.address)] for change in left)
            lines.append(EntityLine(action.symbol, f"… and {number} more {noun}", "  (--full shows all)", tone))
    return lines
