"""A flaw: one thing that is wrong with a policy document as its author wrote it.

A flaw has a path within the document and knows no file. `desired/` turns the path into a line of a file.
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
    """The use of a document, which decides its grammar.

    IDENTITY is an inline policy, MANAGED a customer-managed one. SERVICE_CONTROL (SCP) and RESOURCE_CONTROL (RCP) are
    policies of an organization.
    """

    IDENTITY = "identity"
    MANAGED = "managed"
    TRUST = "trust"
    SESSION = "session"
    BOUNDARY = "boundary"
    SERVICE_CONTROL = "service control"
    RESOURCE_CONTROL = "resource control"


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is wrong with a policy document.

    level: an error if AWS would refuse the document, else a warning.
    code: the id of the rule, such as "invalid-action".
    path: the way from the document's root to the wrong value.
    summary: one sentence that says what is wrong.
    hint: a sentence that says what to write instead; may be empty.
    at_key: True if the key at the end of the path is wrong, not the value under it.
    """

    level: Level
    code: str
    path: Path
    summary: str
    hint: str = ""
    at_key: bool = False


def error(code: str, path: Path, summary: str, hint: str = "", at_key: bool = False) -> Flaw:
    """Return a flaw that AWS would refuse."""
    return Flaw(Level.ERROR, code, path, summary, hint, at_key)


def warning(code: str, path: Path, summary: str, hint: str = "", at_key: bool = False) -> Flaw:
    """Return a flaw that AWS accepts, but that does not do what its author probably meant."""
    return Flaw(Level.WARNING, code, path, summary, hint, at_key)


def format_value(value: object) -> str:
    """Return a value of any type for use in a sentence: a scalar as shortened JSON, else "an object" or "a list"."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    text = json.dumps(value, ensure_ascii=False, default=str)
    # Half a surrogate pair is legal in JSON but cannot be printed.
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return text if len(text) <= _MAX_LENGTH else f"{text[:_MAX_LENGTH]}…"


def did_you_mean(word: str, known_words: Iterable[str], otherwise: str = "") -> str:
    """Return the hint "Did you mean …?" with the nearest known word; return `otherwise` if no word is near."""
    near = suggest_word(word, known_words)
    return f"Did you mean {near}?" if near else otherwise
