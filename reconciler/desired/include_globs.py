"""Globs of `include` → files, in a time that no pattern can stretch: each folder is visited a few times at most."""

from __future__ import annotations

from pathlib import Path

MAX_PARTS, MAX_WILDCARDS = 100, 16
"""Parts of a glob between its slashes, and those that may hold a wildcard."""

MAX_DOUBLE_STARS = 2
"""`**` in one glob: each one more would visit each folder as many times again as it lies deep."""

_MAX_SHOWN = 100


def expand_glob(folder: Path, pattern: str) -> list[Path] | str:
    """Return the files that a glob matches, sorted; or half a sentence: the pattern, and why it is not expanded."""
    shown = repr(pattern if len(pattern) <= _MAX_SHOWN else f"{pattern[: _MAX_SHOWN - 1]}…")
    if refusal := _refuse_glob(pattern):
        return f"{shown} {refusal}"
    try:
        return sorted(item for item in folder.glob(pattern) if item.is_file())
    except (OSError, ValueError, RecursionError):
        return f"{shown} cannot be looked for: a part of it is no possible name, or folders lie too deep"


def _refuse_glob(pattern: str) -> str | None:
    """Say why a glob is not expanded; None if it is. With these bounds each folder is visited a few times at most."""
    parts = pattern.split("/")
    wild = [index for index, part in enumerate(parts) if any(char in part for char in "*?[")]
    if any("**" in part and part != "**" for part in parts):
        return "has ** beside other characters; ** stands alone between slashes, for any number of folders"
    if parts.count("**") > MAX_DOUBLE_STARS:
        return f"has ** {parts.count('**')} times; at most {MAX_DOUBLE_STARS} times are taken"
    if len(wild) > MAX_WILDCARDS or len(parts) > MAX_PARTS:
        return f"has {len(parts)} parts, {len(wild)} with wildcards; at most {MAX_PARTS} and {MAX_WILDCARDS} are taken"
    if ".." in parts[wild[0] :]:
        return "has .. behind a wildcard; write it in front, or not at all"
    return None
