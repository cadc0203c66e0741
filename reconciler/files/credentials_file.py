"""Access keys in profiles of the credentials file: which one a profile holds, and putting another there.

Pure; standard library only. A key that took the place of an older one says so in a comment, so that a rotation
that was interrupted can go on, and `--finish` deletes no other key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from reconciler.files import ini, ini_edits

KEY_ID, SECRET, TOKENS = "aws_access_key_id", "aws_secret_access_key", ("aws_session_token", "aws_security_token")

_NOTE_PATTERN = re.compile(r"# reconcile replaced ([A-Z0-9]+)\b")


@dataclass(frozen=True, slots=True)
class StoredKey:
    """What a profile holds. `temporary`: it has a session token; `replaced_id`: the id of the key before."""

    key_id: str | None
    secret: str | None = field(repr=False)
    temporary: bool
    replaced_id: str | None
    line: int


def find_key(text: str, profile: str) -> StoredKey | None:
    """None where the credentials file has no such profile. `line` counts from 0."""
    section = next((section for section in ini.parse_sections(text) if section.name == profile), None)
    if section is None:
        return None
    notes = (_NOTE_PATTERN.match(line.strip()) for line in ini.lines_of(text)[section.start : section.end])
    return StoredKey(
        section.value_of(KEY_ID),
        section.value_of(SECRET),
        any(section.value_of(token) for token in TOKENS),
        next((note[1] for note in notes if note), None),
        section.start,
    )


def add_profile(text: str, profile: str, key_id: str, secret: str) -> str:
    return ini_edits.append_section(text, profile, {KEY_ID: key_id, SECRET: secret})


def replace_key(text: str, profile: str, key_id: str, secret: str, replaced: str) -> str:
    """The profile's key exchanged, and a comment that names the one before."""
    text = remove_note(ini_edits.set_values(text, profile, {KEY_ID: key_id, SECRET: secret}), profile)
    lines = ini.lines_of(text)
    section = next(section for section in ini.parse_sections(text) if section.name == profile)
    note = f"# reconcile replaced {replaced}, which `keys rotate --finish` deletes"
    lines.insert(section.start + 1, note + ini_edits.line_end_of(text))
    return "".join(lines)


def remove_note(text: str, profile: str) -> str:
    lines = ini.lines_of(text)
    section = next(section for section in ini.parse_sections(text) if section.name == profile)
    inside = [line for line in lines[section.start : section.end] if not _NOTE_PATTERN.match(line.strip())]
    return "".join((*lines[: section.start], *inside, *lines[section.end :]))
