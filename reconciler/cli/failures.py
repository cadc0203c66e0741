"""Say what no command expects, in a few lines: an error of the system, or a mistake in the program.

The texts of exceptions are left out, because they may hold secrets.
"""

from __future__ import annotations

import os

_MAX_FRAMES = 8
"""The number of places in the code that a crash report names. Endless recursion would have 1,000."""


def describe_failure(error: Exception, command: str) -> list[str]:
    """Return what happened, then why and what to do. command: the word after `reconcile`."""
    return describe_os_error(error) if isinstance(error, OSError) else _describe_crash(error, command)


def describe_os_error(error: OSError) -> list[str]:
    """Describe an error of the system that any command can meet: a full disk behind stdout, a deleted folder."""
    try:
        os.getcwd()  # noqa: PTH109 - pathlib takes longer than the rest of a quick run
    except OSError:
        return ["The working folder is gone.", "Change to another one, and run the command again."]
    prefix = f"{error.filename}: " if error.filename else ""
    return [f"{prefix}{error.strerror or type(error).__name__}."]


def _describe_crash(error: Exception, command: str) -> list[str]:
    """Describe a mistake in the program by its place in the code."""
    import traceback

    if isinstance(error, MemoryError):
        lines = ["There is not enough memory for this."]
    else:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "reconciler" in frame.filename]
        lines = [
            f"reconcile failed because of a bug ({type(error).__name__}).",
            "Its text is not shown: it may hold a secret. Please report this with the lines below.",
            *(
                f"{frame.filename.rpartition('reconciler')[2][1:]}:{frame.lineno} {frame.name}"
                for frame in frames[-_MAX_FRAMES:]
            ),
        ]
    if command == "apply":
        lines.append("If calls were made, they are in the journal: look at it before you run the command again.")
    return lines
