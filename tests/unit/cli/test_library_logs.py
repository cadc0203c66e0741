"""What libraries log goes through the log of a run, and nothing of it is lost or shown twice."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

import pytest

from reconciler.cli.library_logs import ReportLine, capture_library_logs


@contextmanager
def capture_as_in_a_program(report: ReportLine) -> Iterator[None]:
    """Capture without pytest's own handlers, which would take the lines."""
    loggers = [logging.root, *(logging.getLogger(name) for name in ("x", "a.library"))]
    with ExitStack() as stack:
        for logger in loggers:
            stack.enter_context(patch.object(logger, "handlers", []))
        stack.enter_context(capture_library_logs(report))
        yield


def test_what_python_would_write_to_stderr_is_passed_on(capfd: pytest.CaptureFixture[str]) -> None:
    seen: list[tuple[str, str, str]] = []
    before = logging.lastResort
    with capture_as_in_a_program(lambda *line: seen.append(line)):
        logging.getLogger("a.library").warning("slow: %s", "sts")
        logging.getLogger("a.library").critical("gone\nfor good\n")
        logging.getLogger("a.library").info("Authorization: secret")
    assert seen == [("a.library", "slow: sts", "warning"), ("a.library", "gone\nfor good", "error")]
    assert logging.lastResort is before
    assert capfd.readouterr().err == ""


def test_a_library_that_keeps_its_log_to_itself_stays_silent() -> None:
    import botocore.session  # noqa: F401 - gives its loggers a handler that drops everything

    seen: list[str] = []
    with capture_as_in_a_program(lambda logger, message, level: seen.append(message)):
        logging.getLogger("botocore.credentials").warning("Refreshing credentials failed")
        logging.getLogger("urllib3.connectionpool").warning("Connection pool is full")
    assert seen == []


def test_the_text_of_an_exception_is_left_out() -> None:
    seen: list[str] = []
    with capture_as_in_a_program(lambda logger, message, level: seen.append(message)):
        try:
            raise ValueError("hunter2")
        except ValueError:
            logging.getLogger("x").exception("it failed")
    assert seen == ["it failed"]


def test_a_warning_of_python_is_passed_on_too() -> None:
    seen: list[tuple[str, str]] = []
    with (
        warnings.catch_warnings(),
        capture_as_in_a_program(lambda logger, message, level: seen.append((logger, message))),
    ):
        warnings.simplefilter("always")
        warnings.warn("Python 3.11 is old", stacklevel=1)
    ((logger, message),) = seen
    assert (logger, "Python 3.11 is old" in message) == ("py.warnings", True)


def test_a_long_line_is_cut() -> None:
    seen: list[int] = []
    with capture_as_in_a_program(lambda logger, message, level: seen.append(len(message))):
        logging.getLogger("x").warning("y" * 1_000_000)
    assert seen == [2000]


def test_a_line_that_cannot_be_formatted_is_passed_on_as_it_is() -> None:
    seen: list[str] = []
    with capture_as_in_a_program(lambda logger, message, level: seen.append(message)):
        logging.getLogger("x").warning("%d of %d", 1)
    assert seen == ["%d of %d"]
