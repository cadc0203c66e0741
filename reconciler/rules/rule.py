"""The documentation of one problem code, for a person who wants to know more than its message says."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model.problem import Level


@dataclass(frozen=True, slots=True)
class Rule:
    """A problem code and its documentation.

    id: the code of the Problem. level: a tuple if the code has several, the gravest first. title: one line. why: what
    goes wrong otherwise. how_to_fix: what to write or run. source: URL of the document that the rule comes from; empty
    if it is reconcile's own.
    """

    id: str
    level: Level | tuple[Level, ...]
    title: str
    why: str
    how_to_fix: str
    source: str = ""

    @property
    def levels(self) -> tuple[Level, ...]:
        return (self.level,) if isinstance(self.level, Level) else self.level
