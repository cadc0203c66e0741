"""Read and replace the access keys in profiles of the credentials file.

Pure; standard library only. A comment beside a new key names the key that it replaced. So an interrupted rotation can
go on, and `keys rotate --finish` deletes only that key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from reconciler.files import ini, ini_edits

KEY_ID, SECRET, TOKENS = "aws_access_key_id", "aws_secret_access_key", ("aws_session_token", "aws_security_token")

_NOTE_PATTERN = re.compile(r"# reconcile replaced ([A-Z0-9]+)\b")


@dataclass(frozen=True, slots=True)
class StoredKey:
    """The access key of a profile.

    temporary: True if it has a session token.
    replaced_id: the id of the key that it replaced; None if no comment names one.
    line: the line of the profile's header, counted from 0.
    """

    key_id: str | None
    secret: str | None = field(repr=False)
    temporary: bool
    replaced_id: str | None
    line: int


def find_key(text: str, profile: str) -> StoredKey | None:
    """Return the access key of a profile; None if the credentials file has no such profile."""
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
    """Return the text with a new profile at its end."""
    return ini_edits.append_section(text, profile, {KEY_ID: key_id, SECRET: secret})


def replace_key(text: str, profile: str, key_id: str, secret: str, replaced: str) -> str:
    """Return the text with another key in the profile, and a comment that names the old key.

    replaced: the id of the old key.
    """
    text = remove_note(ini_edits.set_values(text, profile, {KEY_ID: key_id, SECRET: secret}), profile)
    lines = ini.lines_of(text)
    section = next(section for section in ini.parse_sections(text) if section.name == profile)
    note = f"# reconcile replaced {replaced}, which `keys rotate --finish` deletes"
    lines.insert(section.start + 1, note + ini_edits.line_end_of(text))
    return "".join(lines)


def remove_note(text: str, profile: str) -> str:
    """Return the text without the comment that names the replaced key."""
    lines = ini.lines_of(text)
    section = next(section for section in ini.parse_sections(text) if section.name == profile)
    inside = [line for line in lines[section.start : section.end] if not _NOTE_PATTERN.match(line.strip())]
    return "".join((*lines[: section.start], *inside, *lines[section.end :]))
