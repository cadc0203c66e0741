"""Make exactly the calls of a plan, in parallel as far as `plan/order/schedule.py` allows.

After the first call that fails, or an interruption, no other call is started, and the run waits for the calls under
way. After a second interruption it no longer waits.

In a run over many accounts a call that writes a trust waits for the principals that another account creates
(`principal_board.py`). If nothing else is left to do, the account gives its slot up until one of them exists.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from reconciler.aws import timing
from reconciler.aws.faults import code_of, problem_of
from reconciler.aws.principal_board import OtherAccounts, explain_failed_wait
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
    others: OtherAccounts | None = None,
) -> ExecutionResult:
    """Make the calls, at most `workers` at once. Errors of AWS are in the result, not raised.

    others: the other accounts of the run, if there are any.

    An exception in this thread, such as KeyboardInterrupt, leaves it once the calls under way are answered.
    """
    work = _StepRunner(connection, steps, observer, stop, others or OtherAccounts())
    threads = [threading.Thread(target=work.run_worker, daemon=True) for _ in range(min(workers, len(steps)))]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive() and not stop.immediate:
                thread.join(timing.INTERRUPT_POLL)
                work.share_slot()
    except BaseException:
        stop.request()
        for thread in threads:
            if thread.is_alive():
                thread.join()
        raise
    return work.collect_result()


class _StepRunner:
    """The shared state of a run's worker threads. `_condition` guards all of it."""

    def __init__(
        self,
        connection: Connection,
        steps: Sequence[Step],
        observer: StepObserver,
        stop: StopSignal,
        others: OtherAccounts,
    ) -> None:
        self._connection, self._steps, self._observer, self._stop = connection, steps, observer, stop
        self._board, self._slot = others.board, others.slot
        self._condition = threading.Condition()
        needs = {fact for step in steps for fact in step.needs}
        self._schedule = Schedule(steps, self._board.find_awaited(needs))
        self._rate_limiter = RateLimiter()
        self._made_facts: set[Fact] = self._board.find_made(needs)
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
                self._learn_facts()
                index = self._schedule.start() if self._slot.is_held else None
                if index is None:
                    self._condition.wait(timing.INTERRUPT_POLL if self._slot.is_held else timing.OTHERS_POLL)
                    continue
                if self._notify(partial(self._observer.on_start, index, self._steps[index])):
                    self._endings[index] = CallStatus.UNCLEAR
                    return index
            return None

    def _learn_facts(self) -> None:
        """Free the calls whose principals other accounts have created meanwhile."""
        if awaited := self._schedule.awaited_facts:
            self._made_facts |= self._board.find_made(awaited)
            for fact in awaited - self._board.find_awaited(awaited):
                self._schedule.learn(fact)

    def _refuse_vain_waits(self) -> None:
        """End the run if nothing is left to do but to wait for an account that failed, or that waits for this one."""
        blocked, own = self._schedule.find_blocked(), self._connection.account
        self._board.block(own, (fact for _, fact in blocked))
        is_stuck = bool(blocked) and self._board.is_stuck(own)
        for index, fact in blocked:
            if is_stuck or self._board.has_failed(fact):
                what, creator = _name_call(self._steps[index]), self._board.get_creator(fact)
                problem = explain_failed_wait(what, fact, creator, is_stuck=is_stuck)
                self._problems.append(replace(problem, address=self._steps[index].address))
                self._halted = True

    def share_slot(self) -> None:
        """Give this account's slot up if all its calls wait for other accounts, and take one again if one may start.

        The thread that waits for the run calls this again and again.
        """
        with self._condition:
            self._learn_facts()
            self._refuse_vain_waits()
            if self._schedule.find_blocked():
                self._slot.give_up()
            elif not self._slot.is_held and self._slot.try_to_return():
                self._condition.notify_all()
            if self._halted or self._stop.event.is_set():
                self._condition.notify_all()

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
                self._board.add(step.makes)
                self._schedule.finish(index)
            else:
                self._problems += [problem] if problem else []
                self._halted = True
            if self._halted or self._schedule.is_finished:
                self._condition.notify_all()
            else:  # to wake every thread would take the processor from the calls
                self._condition.notify(self._schedule.count_ready())

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
    problem = problem_of(error, _name_call(step))
    hint = KINDS_BY_NAME[step.address.kind].refusal_hints.get(f"{step.call.operation} {code_of(error)}")
    return replace(problem, hint=hint) if hint else problem


def _name_call(step: Step) -> str:
    return f"{step.call.operation} of {step.address}"
