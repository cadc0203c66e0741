"""A problem: what is wrong, where, why, and what to do. One type for validation, findings, refusals and AWS faults.

Problems are collected and returned, never raised. `ReconcileError` carries them if the work cannot go on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.address import Address


class Level(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in a file of the user; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One short paragraph for a person.

    code: a stable id for machines, in kebab-case.
    summary: what is wrong, with the wrong text.
    detail: the cause. hint: the next step.
    place: the position in a file. address: the entity.
    flag: the option that allows it all the same.
    addresses: all entities that it is about, if the summary names only some.
    calls: the positions, from 1, of the calls of a plan that it is about.
    """

    level: Level
    code: str
    summary: str
    detail: str = ""
    hint: str = ""
    place: Place | None = None
    address: Address | None = None
    flag: str = ""
    addresses: tuple[Address, ...] = ()
    calls: tuple[int, ...] = ()

    @property
    def message(self) -> str:
        return " ".join(part for part in (self.summary, self.detail, self.hint) if part)

    @property
    def subject(self) -> str:
        """The place, or the address if there is none and the summary does not name it; "" if neither is known."""
        address = str(self.address) if self.address else ""
        return str(self.place) if self.place else "" if address in self.summary else address


class ReconcileError(Exception):
    """Ends the work because of problems; the command line prints them and exits 1."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(problem.summary for problem in self.problems))


def make_error(code: str, summary: str, detail: str = "", hint: str = "", place: Place | None = None) -> ReconcileError:
    """Return a ReconcileError with a single problem of level error."""
    return ReconcileError([Problem(Level.ERROR, code, summary, detail, hint, place)])
