"""Make exactly the calls of a plan, in parallel as far as `plan/order/schedule.py` allows.

After the first call that fails, or an interruption, no other call is started, and the run waits for the calls under
way. After a second interruption it no longer waits.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from reconciler.aws import timing
from reconciler.aws.faults import code_of, problem_of
from reconciler.aws.rate_limiter import RateLimiter
from reconciler.aws.retry import CallStatus, SentCall, send_step
from reconciler.aws.session import Connection
from reconciler.kinds.registry import KINDS_BY_NAME
from reconciler.model.plan import Fact, Step
from reconciler.model.problem import Problem, ReconcileError
from reconciler.plan.order.schedule import Schedule


class StepObserver(Protocol):
    """An observer of every call, notified of one event at a time. If it raises ReconcileError, the run stops."""

    def on_start(self, index: int, step: Step) -> None:
        """Handle that a call is about to be sent. index: its position in the plan, from 0."""
        ...

    def on_end(self, index: int, step: Step, sent: SentCall, problem: Problem | None) -> None:
        """Handle that a call has ended."""
        ...


class StopSignal:
    """A request to stop a run. The first lets the calls under way end; the second, `immediate`, does not wait."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self.immediate = False
        self._requested = False

    def request(self) -> bool:
        """Request a stop and return whether it is the first request.

        Signal handlers call this, and may interrupt each other, so the event is set once only.
        """
        if self._requested:
            self.immediate = True
            return False
        self._requested = True
        self.event.set()
        return True


@dataclass(frozen=True)
class ExecutionResult:
    """The result of a run.

    total: the calls of the plan. done: calls that AWS confirmed. unclear: calls that were sent, but may not have been
    made. interrupted: the user stopped the run.
    """

    total: int
    done: tuple[Step, ...] = ()
    unclear: tuple[Step, ...] = ()
    problems: tuple[Problem, ...] = ()
    interrupted: bool = False

    @property
    def remaining(self) -> int:
        """The number of calls that were certainly not made."""
        return self.total - len(self.done) - len(self.unclear)


def execute_steps(
    connection: Connection,
    steps: Sequence[Step],
    observer: StepObserver,
    stop: StopSignal,
    workers: int = timing.POOL_SIZE,
) -> ExecutionResult:
    """Make the calls, at most `workers` at once. Errors of AWS are in the result, not raised.

    An exception in this thread, such as KeyboardInterrupt, leaves it once the calls under way are answered.
    """
    work = _StepRunner(connection, steps, observer, stop)
    threads = [threading.Thread(target=work.run_worker, daemon=True) for _ in range(min(workers, len(steps)))]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive() and not stop.immediate:
                thread.join(timing.INTERRUPT_POLL)
    except BaseException:
        stop.request()
        for thread in threads:
            if thread.is_alive():
                thread.join()
        raise
    return work.collect_result()


class _StepRunner:
    """The shared state of a run's worker threads. `_condition` guards all of it."""

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
        """Make calls until none is left. Each worker thread runs this."""
        try:
            while (index := self._take_step()) is not None:
                self._send_step(index)
        except BaseException as error:  # a bug: the run ends, and the waiting thread raises it
            with self._condition:
                self._crash, self._halted = error, True
                self._condition.notify_all()

    def _take_step(self) -> int | None:
        """Return the next call after notifying the observer; None if there is none. It is unclear until it ends."""
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
        sent = send_step(self._connection, step, self._made_facts, self._rate_limiter, self._stop.event)
        problem = _problem_of_step(step, sent.error) if sent.error else None
        self._connection.meter.count_retries(sent.retries)
        with self._condition:
            if self._closed:
                return
            self._endings[index] = sent.status
            self._notify(partial(self._observer.on_end, index, step, sent, problem))
            if sent.status is CallStatus.DONE:
                self._made_facts |= step.makes
                self._schedule.finish(index)
            else:
                self._problems += [problem] if problem else []
                self._halted = True
            self._condition.notify_all()

    def _notify(self, notification: Callable[[], None]) -> bool:
        """Notify the observer and return whether the run may go on."""
        try:
            notification()
        except ReconcileError as error:
            self._problems += error.problems
            self._halted = True
            return False
        return True

    def collect_result(self) -> ExecutionResult:
        """Return the result of the run. Calls that end later are ignored."""
        with self._condition:
            self._closed = True
            if self._crash:
                raise self._crash

            def steps_with(ending: CallStatus) -> tuple[Step, ...]:
                return tuple(self._steps[index] for index, one in sorted(self._endings.items()) if one is ending)

            return ExecutionResult(
                total=len(self._steps),
                done=steps_with(CallStatus.DONE),
                unclear=steps_with(CallStatus.UNCLEAR),
                problems=tuple(dict.fromkeys(self._problems)),
                interrupted=self._stop.event.is_set() and not self._schedule.is_finished,
            )


def _problem_of_step(step: Step, error: Exception) -> Problem:
    """Describe a failed call, with what the entity's kind knows of this refusal."""
    problem = problem_of(error, f"{step.call.operation} of {step.address}")
    hint = KINDS_BY_NAME[step.address.kind].refusal_hints.get(f"{step.call.operation} {code_of(error)}")
    return replace(problem, hint=hint) if hint else problem
