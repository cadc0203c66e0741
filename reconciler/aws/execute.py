"""Makes the calls of a plan, exactly those, side by side as far as `plan/schedule.py` allows.

At the first call that fails no other is started; those under way are waited for. So it is with an interruption,
and a second one leaves those under way to themselves.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from reconciler.aws.faults import problem_of
from reconciler.aws.pace import Pace
from reconciler.aws.retry import Ending, send
from reconciler.aws.session import POOL, Connection
from reconciler.model.plan import Fact, Step
from reconciler.model.problem import Failed, Problem
from reconciler.plan.schedule import Schedule

_LOOK = 0.1
"""Seconds between two looks at whether a person has interrupted again."""


class Watch(Protocol):
    """Told of every call, one call at a time. What it raises as Failed stops the run: nothing goes unrecorded."""

    def starts(self, index: int, step: Step) -> None:
        """Before the call is sent."""
        ...

    def ends(self, index: int, step: Step, ending: Ending, problem: Problem | None) -> None: ...


class Stop:
    """How often the run was asked to stop: once is to finish the calls under way, twice is to stop at once."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self.at_once = False
        self._asked = False

    def ask(self) -> bool:
        """True for the first time. For handlers of signals, which interrupt each other: an event cannot be set twice
        at the same time."""
        if self._asked:
            self.at_once = True
            return False
        self._asked = True
        self.event.set()
        return True


@dataclass(frozen=True)
class Outcome:
    """`unclear`: calls that were sent, and nobody knows whether they were made. `interrupted`: by the person."""

    total: int
    done: tuple[Step, ...] = ()
    unclear: tuple[Step, ...] = ()
    problems: tuple[Problem, ...] = ()
    interrupted: bool = False

    @property
    def left(self) -> int:
        """Calls that were certainly not made."""
        return self.total - len(self.done) - len(self.unclear)


def run(connection: Connection, steps: Sequence[Step], watch: Watch, stop: Stop, writers: int = POOL) -> Outcome:
    """Make the calls with at most so many under way at once. Raises nothing that AWS can cause."""
    work = _Run(connection, steps, watch, stop)
    threads = [threading.Thread(target=work.write, daemon=True) for _ in range(min(writers, len(steps)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive() and not stop.at_once:
            thread.join(_LOOK)
    return work.outcome()


class _Run:
    """What the writers of one run share; `_turn` guards all of it."""

    def __init__(self, connection: Connection, steps: Sequence[Step], watch: Watch, stop: Stop) -> None:
        self._connection, self._steps, self._watch, self._stop = connection, steps, watch, stop
        self._turn = threading.Condition()
        self._schedule = Schedule(steps)
        self._pace = Pace()
        self._made: set[Fact] = set()
        self._endings: dict[int, Ending] = {}
        self._problems: list[Problem] = []
        self._crash: BaseException | None = None
        self._halted = self._closed = False

    def write(self) -> None:
        """What one writer does: call after call, until none is left for it."""
        try:
            while (index := self._next()) is not None:
                self._make(index)
        except BaseException as error:  # a mistake of ours: the run ends with it, in the thread that waits
            with self._turn:
                self._crash, self._halted = error, True
                self._turn.notify_all()

    def _next(self) -> int | None:
        """The next call, told to the watch; it counts as unclear until it has ended."""
        with self._turn:
            while not (self._schedule.ended or self._halted or self._stop.event.is_set()):
                index = self._schedule.start()
                if index is None:
                    self._turn.wait(_LOOK)
                    continue
                if self._told(partial(self._watch.starts, index, self._steps[index])):
                    self._endings[index] = Ending.UNCLEAR
                    return index
            return None

    def _make(self, index: int) -> None:
        step = self._steps[index]
        ending, error = send(self._connection, step, self._made, self._pace, self._stop.event)
        problem = problem_of(error, f"{step.call.operation} of {step.address}") if error else None
        with self._turn:
            if self._closed:
                return
            self._endings[index] = ending
            self._told(partial(self._watch.ends, index, step, ending, problem))
            if ending is Ending.DONE:
                self._made |= step.makes
                self._schedule.end(index)
            else:
                self._problems += [problem] if problem else []
                self._halted = True
            self._turn.notify_all()

    def _told(self, tell: Callable[[], None]) -> bool:
        try:
            tell()
        except Failed as failed:
            self._problems += failed.problems
            self._halted = True
            return False
        return True

    def outcome(self) -> Outcome:
        with self._turn:
            self._closed = True
            if self._crash:
                raise self._crash

            def ended(ending: Ending) -> tuple[Step, ...]:
                return tuple(self._steps[index] for index, found in sorted(self._endings.items()) if found is ending)

            return Outcome(
                total=len(self._steps),
                done=ended(Ending.DONE),
                unclear=ended(Ending.UNCLEAR),
                problems=tuple(dict.fromkeys(self._problems)),
                interrupted=self._stop.event.is_set() and not self._schedule.ended,
            )
