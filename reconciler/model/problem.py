"""What is wrong, where, why and what to do next: one type for validation, findings, refusals and AWS faults.

Problems are collected and returned, never raised; `ReconcileError` carries them where a walk cannot go on.
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
    """A position in a file of the user's; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One short paragraph for a person.

    summary: what is wrong, with the offending text. detail: the cause. hint: the next step.
    place or address: where. code: stable, kebab-case, for machines. flag: the option that allows it.
    addresses: of a finding about several entities all of them, where the summary names but some. calls: of one about
    calls of a plan, their places in it, from 1.
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


class ReconcileError(Exception):
    """A walk ended by problems that were found; the command line prints them and exits 1."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(problem.summary for problem in self.problems))


def make_error(code: str, summary: str, detail: str = "", hint: str = "", place: Place | None = None) -> ReconcileError:
    """The common case: one error that ends the walk."""
    return ReconcileError([Problem(Level.ERROR, code, summary, detail, hint, place)])
