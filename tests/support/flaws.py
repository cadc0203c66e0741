"""Flaws of policies in tests: their codes, and places in the first statement."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.policy.flaw import Flaw
from reconciler.policy.walk import Path


def codes_of(found: Iterable[Flaw]) -> list[str]:
    return [flaw.code for flaw in found]


def at_statement(*steps: str | int) -> Path:
    """Return the path of an element of the first statement."""
    return ("Statement", 0, *steps)
