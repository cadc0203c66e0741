"""Have the lines that libraries log, and Python's warnings, go through the log of a run.

Without this, Python would write them to stderr as text, between the JSON lines. Nothing is logged that text would not
show: the level stays WARNING, and the texts of exceptions are left out, because they may hold secrets.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from reconciler.model.problem import Level

_LONGEST_MESSAGE = 2000
ReportLine = Callable[[str, str, str], None]
"""Gets the name of a logger, a line, and its level."""


@contextmanager
def capture_library_logs(report: ReportLine) -> Iterator[None]:
    """Pass on what libraries log during the block, from any thread, then restore the earlier settings."""
    handler = _ReportingHandler(report)
    logging.captureWarnings(True)
    logging.root.addHandler(handler)
    try:
        yield
    finally:
        logging.root.removeHandler(handler)
        logging.captureWarnings(False)


class _ReportingHandler(logging.Handler):
    """A handler that passes each record on. A record that cannot be formatted is named without its arguments."""

    def __init__(self, report: ReportLine) -> None:
        super().__init__()
        self._report = report

    def emit(self, record: logging.LogRecord) -> None:
        try:
            message = record.getMessage()
        except (TypeError, ValueError, KeyError):
            message = str(record.msg)
        self._report(record.name, message[:_LONGEST_MESSAGE].strip(), _name_level(record.levelno))


def _name_level(number: int) -> str:
    if number >= logging.ERROR:
        return Level.ERROR
    if number >= logging.WARNING:
        return Level.WARNING
    return Level.INFO if number >= logging.INFO else "debug"
