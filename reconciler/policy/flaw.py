"""What can be wrong with a document as its author wrote it: a level, a code, a path, a sentence and a hint.

A flaw knows no file: `desired/` turns its path into a place, `aws/` would turn it into an address.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.problem import Level
from reconciler.model.suggest import suggest_word

Path = tuple[str | int, ...]
"""Steps from the document's root to the offending value: `("Statement", 0, "Action", 1)`."""

_MAX_LENGTH = 80


class PolicyType(StrEnum):
    """Names the use of a document; the grammar differs. MANAGED: a customer-managed policy; IDENTITY: an inline one."""

    IDENTITY = "identity"
    MANAGED = "managed"
    TRUST = "trust"
    SESSION = "session"
    BOUNDARY = "boundary"


@dataclass(frozen=True, slots=True)
class Flaw:
    """`at_key`: the key at the end of the path is what is wrong, not its value."""

    level: Level
    code: str
    path: Path
    summary: str
    hint: str = ""
    at_key: bool = False


def error(code: str, path: Path, summary: str, hint: str = "", at_key: bool = False) -> Flaw:
    return Flaw(Level.ERROR, code, path, summary, hint, at_key)


def warning(code: str, path: Path, summary: str, hint: str = "", at_key: bool = False) -> Flaw:
    return Flaw(Level.WARNING, code, path, summary, hint, at_key)


def format_value(value: object) -> str:
    """A value of any type, as it reads in a sentence: scalars as JSON, shortened; others by their kind."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    text = json.dumps(value, ensure_ascii=False, default=str)
    # Half a surrogate pair is legal in JSON but cannot be printed.
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return text if len(text) <= _MAX_LENGTH else f"{text[:_MAX_LENGTH]}…"


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """A hint: the nearest known word, or else the given text."""
    near = suggest_word(word, known)
    return f"Did you mean {near}?" if near else otherwise
