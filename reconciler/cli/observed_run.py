"""Run plan, apply or undo so that people and programs can see how it goes: `--log-format` and `--summary`."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from signal import Signals
from typing import TYPE_CHECKING, Any, NoReturn

import click

from reconciler.cli.json_log import JsonLog
from reconciler.cli.named_path import NamedPath
from reconciler.cli.run import INTERRUPTED, Log, Run
from reconciler.shell.signals import handle_signals

if TYPE_CHECKING:
    from reconciler.cli.options import F


def observe_options(function: F) -> F:
    """Add --log-format and --summary. `take_observation` takes their values."""
    options = (
        click.option(
            "--log-format",
            type=click.Choice(["text", "json"]),
            default="text",
            help="Format of the messages on stderr. json: one object per line, and no questions.",
        ),
        click.option(
            "--summary",
            metavar="FILE",
            type=NamedPath(dir_okay=False),
            help="Write the result of the run to this file as JSON, however the run ends.",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


@dataclass(frozen=True)
class Observation:
    """The values of `observe_options`. other_files: every other file of the command line → its use."""

    log_format: str
    summary: str | None
    other_files: Mapping[str, str] = field(default_factory=dict)


def take_observation(options: dict[str, Any], other_files: Mapping[str, str | None]) -> Observation:
    """Take the values of `observe_options` out of all that a command got.

    other_files: use → path, None if it is not given.
    """
    uses = {path: use for use, path in other_files.items() if path}
    uses |= dict.fromkeys((*options.get("files", ()), *options.get("against", ())), "FILE")
    return Observation(options.pop("log_format"), options.pop("summary"), uses)


def run_observed(command: str, observation: Observation, work: Callable[[Run], int]) -> int:
    """Run a command and return its exit code. Whatever ends it, its log and summary say so."""
    run, summary, failure = Run(command, observation.log_format), None, None
    with _capture_logs(run.log):
        run.log.begin_run()
        try:
            summary = _choose_summary(observation)
            with handle_signals(["SIGTERM"], _interrupt):
                code: int | None = work(run)
        except BaseException as error:
            code = run.note_failure(error)
            failure = error if code is None else None
        code = run.finish(code if code is not None else _code_of(failure), summary)
    if failure is not None:
        raise failure
    return code


def _code_of(failure: BaseException | None) -> int:
    """Return the exit code that the entry point gives for an exception."""
    return INTERRUPTED if isinstance(failure, click.Abort | KeyboardInterrupt) else 1


def _interrupt(received: Signals) -> NoReturn:
    """End a run by SIGTERM as by Ctrl-C, so that its summary is written: pipelines cancel by SIGTERM."""
    raise KeyboardInterrupt


def _capture_logs(log: Log) -> AbstractContextManager[None]:
    from reconciler.cli.library_logs import capture_library_logs

    return capture_library_logs(log.report_library) if isinstance(log, JsonLog) else nullcontext()


def _choose_summary(observation: Observation) -> Path | None:
    """Return the file for the summary; None if none is wanted. Raises UsageError or ReconcileError if it cannot be."""
    from reconciler.app.summary_file import check_summary_file, find_same_file

    if observation.summary is None:
        return None
    if use := find_same_file(observation.summary, observation.other_files):
        raise click.UsageError(f"--summary and {use} name the same file: {observation.summary}.")
    path = Path(observation.summary)
    check_summary_file(path, os.environ)
    return path
