"""Run calls on daemon threads, so that a run that ends early does not wait for their answers."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from functools import partial
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any, TypeVar

T = TypeVar("T")

_PROMPT_SWITCH_SECONDS = 0.0005

_Task = tuple[Future[Any], Callable[[], Any]]


class DaemonExecutor(Executor):
    """An executor of at most `max_workers` threads. Unlike ThreadPoolExecutor's, they do not delay the program's end.

    Calls that wait for others of the same pool must be fewer than the threads.
    """

    def __init__(self, max_workers: int) -> None:
        self._max_workers = max_workers
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._lock = Lock()
        self._threads = 0
        self._idle = 0
        self._ended = False

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Have a thread make the call. After `shutdown` the call is cancelled, because no thread is left to make it."""
        future: Future[T] = Future()
        with self._lock:
            if self._ended:
                _cancel_future(future)
                return future
            self._tasks.put((future, partial(fn, *args, **kwargs)))
            if self._idle:
                self._idle -= 1
            elif self._threads < self._max_workers:
                self._threads += 1
                Thread(target=self._run_worker, daemon=True).start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Start no further call. Calls under way continue on their own, whatever `wait` is."""
        with self._lock:
            self._ended = True
            while cancel_futures:
                try:
                    task = self._tasks.get_nowait()
                except Empty:
                    break
                if task is not None:
                    _cancel_future(task[0])
            for _ in range(self._threads):
                self._tasks.put(None)

    def __exit__(self, *_: object) -> None:
        self.shutdown(cancel_futures=True)

    def _run_worker(self) -> None:
        while (task := self._tasks.get()) is not None:
            _run_call(*task)
            del task
            with self._lock:
                self._idle += 1


def _cancel_future(future: Future[Any]) -> None:
    """Cancel a call that has not started, and wake its waiters."""
    if future.cancel():
        future.set_running_or_notify_cancel()


def _run_call(future: Future[Any], call: Callable[[], Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = call()
    except BaseException as error:  # raised in the thread that waits for the result, as in any executor
        future.set_exception(error)
    else:
        future.set_result(result)


def start_call(call: Callable[..., T], /, *args: Any) -> Future[T]:
    """Make one call on a thread of its own."""
    future: Future[T] = Future()
    Thread(target=_run_call, args=(future, partial(call, *args)), daemon=True).start()
    return future


@contextmanager
def prompt_turns() -> Iterator[None]:
    """Let threads that read from AWS have their turns soon, beside one that computes.

    A call takes some ten turns. With Python's own 5 ms for each, the reads of a large account hardly begin before its
    file is parsed and validated. Not for many accounts at once: all their threads compute, and would only take turns.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(_PROMPT_SWITCH_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
