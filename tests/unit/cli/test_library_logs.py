"""What libraries log goes through the log of a run, and nothing of it is lost or shown twice."""

from __future__ import annotations

import logging
import warnings

import pytest

from reconciler.cli.library_logs import capture_library_logs


def test_warnings_of_libraries_are_passed_on_and_nothing_is_written_to_stderr(
    capfd: pytest.CaptureFixture[str],
) -> None:
    seen: list[tuple[str, str, str]] = []
    before = [*logging.root.handlers]
    with capture_library_logs(lambda *line: seen.append(line)):
        logging.getLogger("botocore.hooks").warning("slow: %s", "sts")
        logging.getLogger("urllib3").error("gone\nfor good\n")
        logging.getLogger("botocore.endpoint").debug("Authorization: secret")
    assert seen == [
        ("botocore.hooks", "slow: sts", "warning"),
        ("urllib3", "gone\nfor good", "error"),
    ]
    assert logging.root.handlers == before
    assert capfd.readouterr().err == ""


def test_the_text_of_an_exception_is_left_out() -> None:
    seen: list[str] = []
    with capture_library_logs(lambda logger, message, level: seen.append(message)):
        try:
            raise ValueError("hunter2")
        except ValueError:
            logging.getLogger("x").exception("it failed")
    assert seen == ["it failed"]


def test_a_warning_of_python_is_passed_on_too() -> None:
    seen: list[tuple[str, str]] = []
    with warnings.catch_warnings(), capture_library_logs(lambda logger, message, level: seen.append((logger, message))):
        warnings.simplefilter("always")
        warnings.warn("Python 3.11 is old", stacklevel=1)
    ((logger, message),) = seen
    assert (logger, "Python 3.11 is old" in message) == ("py.warnings", True)


def test_a_long_line_is_cut() -> None:
    seen: list[int] = []
    with capture_library_logs(lambda logger, message, level: seen.append(len(message))):
        logging.getLogger("x").warning("y" * 1_000_000)
    assert seen == [2000]


def test_a_line_that_cannot_be_formatted_is_passed_on_as_it_is() -> None:
    seen: list[str] = []
    with capture_library_logs(lambda logger, message, level: seen.append(message)):
        logging.root.handlers[-1].emit(logging.LogRecord("x", logging.WARNING, "x.py", 1, "%d of %d", (1,), None))
    assert seen == ["%d of %d"]
