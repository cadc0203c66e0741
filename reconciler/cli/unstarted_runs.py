"""Report in JSON a run that ends before its command begins: a refused command line, an early interrupt, a failure."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.cli.run import Run


def report_failed_start(arguments: Sequence[str], error: BaseException) -> int:
    """Report the exception that ended the run, and return the exit code. arguments: the command line."""
    run = Run(arguments[0], "json")
    run.log.begin_run()
    return run.finish(run.note_failure(error) or 1, None)
