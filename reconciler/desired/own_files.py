"""Tell the files that reconcile writes from a desired state: plans, journals, and the results of many accounts."""

from __future__ import annotations

from pathlib import Path

from reconciler.files.bounded_reads import LARGEST_RECORD, read_regular
from reconciler.model.problem import Level, Place, Problem


def is_plan(data: bytes) -> bool:
    """Return whether a file begins like a plan written by `--out` or `--format json`. It may be cut off."""
    return _find_first_key(data) == b'"format_version":'


def is_results(data: bytes) -> bool:
    """Return whether a file begins like the results of a run over many accounts. It may be cut off."""
    return _find_first_key(data) == b'"results_version":'


def _find_first_key(data: bytes) -> bytes:
    words = data[:100].split()[:2]
    return words[1] if len(words) == 2 and words[0] == b"{" else b""


def detect_other_kind(path: Path, name: str, data: bytes) -> Problem | None:
    """Return a problem if the file is a plan, a journal or results instead of a desired state.

    name: stands for the file in the command to run.
    """
    if is_plan(data):
        hint = (
            f"To look at a plan saved with --out: `reconcile show {name}`. To apply it: `reconcile apply {name}`. "
            "Otherwise, name the YAML file that it was made from."
        )
        return _make_problem(path, "a plan", hint)
    if data.startswith(b'{"event": "plan"'):
        return _make_problem(
            path, "a journal of `apply`", f"Name the YAML file. To take that apply back: `reconcile undo {name}`."
        )
    if is_results(data):
        return _make_problem(path, "the results of many accounts", describe_results(path.parent))
    return None


def _make_problem(path: Path, kind: str, hint: str) -> Problem:
    summary = f"{path} is {kind}, not a desired-state file."
    return Problem(Level.ERROR, "not-desired-state", summary, "", hint, Place(str(path), 1, 1))


def holds_results(folder: Path) -> bool:
    """Return whether a folder has the plans of many accounts. Raises OSError."""
    return any(path.suffix == ".json" and path.name.startswith("plan-results") for path in folder.iterdir())


def explain_folder(folder: Path) -> str:
    """Return what to do with a folder that has no desired state. Raises OSError."""
    if holds_results(folder):
        return describe_results(folder)
    first = min((path for path in folder.iterdir() if path.suffix == ".json"), default=None)
    if first is not None and is_plan(_read_beginning(first)):
        return (
            "It has plans, but no results: the run that wrote them was cut off. Run it again: "
            f"`reconcile plan FILE --out {folder}`"
        )
    return "Name another folder."


def _read_beginning(path: Path) -> bytes:
    try:
        return read_regular(path, LARGEST_RECORD)[:100]
    except OSError:
        return b""


def describe_results(folder: Path) -> str:
    """Return what to do with a folder that has the plans of many accounts."""
    return f"To look at the plans of that run: `reconcile report {folder}`. To apply them: `reconcile apply {folder}`."
