"""Have the lines that Python would write to stderr for libraries, and its warnings, go through the log of a run.

Without this, they would stand as text between the JSON lines. Only these lines are taken: a library that keeps its log
to itself, as botocore and urllib3 do, stays silent. The texts of exceptions are left out: they may hold secrets.
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
    """Pass on what nobody else handles during the block, from any thread, then restore the earlier settings."""
    handler, before = _ReportingHandler(report), logging.lastResort
    warnings_logger = logging.getLogger("py.warnings")
    logging.captureWarnings(True)
    warnings_logger.addHandler(handler)
    logging.lastResort = handler
    try:
        yield
    finally:
        logging.lastResort = before
        warnings_logger.removeHandler(handler)
        logging.captureWarnings(False)


class _ReportingHandler(logging.Handler):
    """A handler that passes each record on. A record that cannot be formatted is named without its arguments."""

    def __init__(self, report: ReportLine) -> None:
        super().__init__(logging.WARNING)
        self._report = report

    def emit(self, record: logging.LogRecord) -> None:
        try:
            message = record.getMessage()
        except (TypeError, ValueError, KeyError):
            message = str(record.msg)
        level = Level.ERROR if record.levelno >= logging.ERROR else Level.WARNING
        self._report(record.name, message[:_LONGEST_MESSAGE].strip(), level)
