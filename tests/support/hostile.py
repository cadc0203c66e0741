"""Make hostile texts, and put them into every text of a tree of values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any

from hypothesis import strategies as st

BREAKS = ("\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029")
"""Characters that some readers of logs take as the end of a line."""

COMMANDS = ("::warning::x", "::add-mask::e", "  ::stop-commands::x", "##[add-mask]e", "##vso[task.complete]", "###[x]")
HOSTILE_TEXTS = (
    *BREAKS,
    *COMMANDS,
    *(f"\n{command}" for command in COMMANDS),
    *("\x07", "\x1b[31m", "\x1b]0;x\x07", "\x9b2J", "\u202e", "\u2066", "\u200f", "\u061c", "\u200b", "\ufeff"),
    *("\ud800", "\U000e0041", "\t", "\0"),
    " ".join(["word"] * 60) + " ::error::x",
)
ANY = st.characters(exclude_categories=())
"""Every code point, halves of surrogate pairs included."""

texts = st.one_of(
    st.text(ANY, max_size=12),
    st.sampled_from(HOSTILE_TEXTS),
    st.lists(st.one_of(st.sampled_from(HOSTILE_TEXTS), st.text(ANY, max_size=3)), max_size=4).map("".join),
)


def spoil(value: Any, change: Callable[[str], str], copies: dict[int, Any] | None = None) -> Any:
    """Return a copy of a tree with every text changed, in dataclasses and collections. Members of enums stay.

    An object that the tree holds twice is one object in the copy as well.
    """
    copies = {} if copies is None else copies
    if is_dataclass(value) and id(value) in copies:
        return copies[id(value)]
    copy = copies[id(value)] = _spoil_inside(value, change, copies)
    return copy


def _spoil_inside(value: Any, change: Callable[[str], str], copies: dict[int, Any]) -> Any:
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return change(value)
    if is_dataclass(value) and not isinstance(value, type):
        names = [one.name for one in fields(value) if one.init]
        return replace(value, **{name: spoil(getattr(value, name), change, copies) for name in names})
    if isinstance(value, Mapping):
        return {spoil(key, change, copies): spoil(inner, change, copies) for key, inner in value.items()}
    if isinstance(value, tuple | list | frozenset):
        return type(value)(spoil(inner, change, copies) for inner in value)
    return value
