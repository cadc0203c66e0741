"""Expand the globs of `include`. The limits keep the time short: each folder is visited a few times at most."""

from __future__ import annotations

from pathlib import Path

MAX_PARTS, MAX_WILDCARDS = 100, 16
"""The most parts (between slashes) of a glob, and the most parts with a wildcard."""

MAX_DOUBLE_STARS = 2
"""The most `**` in one glob. Each further one multiplies the visits of a folder by its depth."""

_MAX_SHOWN = 100


def expand_glob(folder: Path, pattern: str) -> list[Path] | str:
    """Return the files that a glob matches, sorted; or a text that names the glob and the reason it is refused."""
    pattern_text = repr(pattern if len(pattern) <= _MAX_SHOWN else f"{pattern[: _MAX_SHOWN - 1]}…")
    if refusal := _refuse_glob(pattern):
        return f"{pattern_text} {refusal}"
    try:
        return sorted(item for item in folder.glob(pattern) if item.is_file())
    except (OSError, ValueError, RecursionError):
        return (
            f"{pattern_text} cannot be expanded: a part of it cannot be a file name, or folders are nested too deeply"
        )


def _refuse_glob(pattern: str) -> str | None:
    """Return the reason a glob is refused; None if it is fine."""
    parts = pattern.split("/")
    wild = [index for index, part in enumerate(parts) if any(char in part for char in "*?[")]
    if any("**" in part and part != "**" for part in parts):
        return "has ** beside other characters; write ** alone between slashes: it stands for any number of folders"
    if parts.count("**") > MAX_DOUBLE_STARS:
        return f"has ** {parts.count('**')} times; the limit is {MAX_DOUBLE_STARS}"
    if len(wild) > MAX_WILDCARDS or len(parts) > MAX_PARTS:
        return f"has {len(parts)} parts, {len(wild)} with wildcards; the limits are {MAX_PARTS} and {MAX_WILDCARDS}"
    if ".." in parts[wild[0] :]:
        return "has .. after a wildcard; write .. before the first wildcard"
    return None
