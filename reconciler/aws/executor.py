"""Makes the calls of a plan, exactly those, side by side as far as `plan/order/schedule.py` allows.

At the first call that fails no other is started; those under way are waited for. So it is with an interruption,
and a second one leaves those under way to themselves.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from reconciler.aws import timing
from reconciler.aws.faults import problem_of
from reconciler.aws.rate_limiter import RateLimiter
from reconciler.aws.retry import CallStatus, send_step
from reconciler.aws.session import Connection
from reconciler.model.plan import Fact, Step
from reconciler.model.problem import Problem, ReconcileError
from reconciler.plan.order.schedule import Schedule


class StepObserver(Protocol):
    """Told of every call, one call at a time. What it raises as Failed stops the run: nothing goes unrecorded."""

    def on_start(self, index: int, step: Step) -> None:
        """Before the call is sent."""
        ...

    def on_end(self, index: int, step: Step, ending: CallStatus, problem: Problem | None) -> None: ...


class StopSignal:
    """How often the run was asked to stop: once is to finish the calls under way, twice is to stop at once."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self.immediate = False
        self._requested = False

    def request(self) -> bool:
        """True for the first time. For handlers of signals, which interrupt each other: an event cannot be set twice
        at the same time."""
        if self._requested:
            self.immediate = True
            return False
        self._requested = True
        self.event.set()
        return True


@dataclass(frozen=True)
class ExecutionResult:
    """`unclear`: calls that were sent, and nobody knows whether they were made. `interrupted`: by the person."""

    total: int
    done: tuple[Step, ...] = ()
    unclear: tuple[Step, ...] = ()
    problems: tuple[Problem, ...] = ()
    interrupted: bool = False

    @property
    def remaining(self) -> int:
        """Calls that were certainly not made."""
        return self.total - len(self.done) - len(self.unclear)


def execute_steps(
    connection: Connection,
    steps: Sequence[Step],
    observer: StepObserver,
    stop: StopSignal,
    workers: int = timing.POOL_SIZE,
) -> ExecutionResult:
    """Make the calls with at most so many under way at once. Raises nothing that AWS can cause."""
    work = _StepRunner(connection, steps, observer, stop)
    threads = [threading.Thread(target=work.run_worker, daemon=True) for _ in range(min(workers, len(steps)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive() and not stop.immediate:
            thread.join(timing.INTERRUPT_POLL)
    return work.collect_result()


class _StepRunner:
    """What the writers of one run share; `_condition` guards all of it."""

    def __init__(self, connection: Connection, steps: Sequence[Step], observer: StepObserver, stop: StopSignal) -> None:
        self._connection, self._steps, self._observer, self._stop = connection, steps, observer, stop
        self._condition = threading.Condition()
        self._schedule = Schedule(steps)
        self._rate_limiter = RateLimiter()
        self._made_facts: set[Fact] = set()
        self._endings: dict[int, CallStatus] = {}
        self._problems: list[Problem] = []
        self._crash: BaseException | None = None
        self._halted = self._closed = False

    def run_worker(self) -> None:
        """What one writer does: call after call, until none is left for it."""
        try:
            while (index := self._take_step()) is not None:
                self._send_step(index)
        except BaseException as error:  # a mistake of ours: the run ends with it, in the thread that waits
            with self._condition:
                self._crash, self._halted = error, True
                self._condition.notify_all()

    def _take_step(self) -> int | None:
        """The next call, told to the watch; it counts as unclear until it has ended."""
        with self._condition:
            while not (self._schedule.is_finished or self._halted or self._stop.event.is_set()):
                index = self._schedule.start()
                if index is None:
                    self._condition.wait(timing.INTERRUPT_POLL)
                    continue
                if self._notify(partial(self._observer.on_start, index, self._steps[index])):
                    self._endings[index] = CallStatus.UNCLEAR
                    return index
            return None

    def _send_step(self, index: int) -> None:
        step = self._steps[index]
        ending, error = send_step(self._connection, step, self._made_facts, self._rate_limiter, self._stop.event)
        problem = problem_of(error, f"{step.call.operation} of {step.address}") if error else None
        with self._condition:
            if self._closed:
                return
            self._endings[index] = ending
            self._notify(partial(self._observer.on_end, index, step, ending, problem))
            if ending is CallStatus.DONE:
                self._made_facts |= step.makes
                self._schedule.finish(index)
            else:
                self._problems += [problem] if problem else []
                self._halted = True
            self._condition.notify_all()

    def _notify(self, tell: Callable[[], None]) -> bool:
        try:
            tell()
        except ReconcileError as failed:
            self._problems += failed.problems
            self._halted = True
            return False
        return True

    def collect_result(self) -> ExecutionResult:
        with self._condition:
            self._closed = True
            if self._crash:
                raise self._crash

            def steps_with(ending: CallStatus) -> tuple[Step, ...]:
                return tuple(self._steps[index] for index, found in sorted(self._endings.items()) if found is ending)

            return ExecutionResult(
                total=len(self._steps),
                done=steps_with(CallStatus.DONE),
                unclear=steps_with(CallStatus.UNCLEAR),
                problems=tuple(dict.fromkeys(self._problems)),
                interrupted=self._stop.event.is_set() and not self._schedule.is_finished,
            )
