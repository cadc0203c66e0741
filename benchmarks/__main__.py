"""`python -m benchmarks [QUESTION …] [--sizes S,M,L] [--runs N]`: measure, and print a Markdown table per question."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import version
from pathlib import Path

from benchmarks import applying, asking, assuming, creating, globbing, many, parsing, reading, terraform, widening
from benchmarks.table import Row, format_markdown
from benchmarks.workload import SIZES

Question = Callable[[list[str], int, Path], Iterator[Row]]

QUESTIONS: dict[str, tuple[str, Question, list[str]]] = {
    "plan": ("A plan without changes", reading.measure_rows, ["S", "M", "L"]),
    "first": ("A first plan of an empty account", creating.measure_rows, ["M", "L"]),
    "permissions": ("What everybody can newly do", widening.measure_rows, ["L"]),
    "access": ("Questions about access", asking.measure_rows, ["L"]),
    "many": ("Many accounts from one file", many.measure_rows, ["S"]),
    "terraform": ("Beside Terraform", terraform.measure_rows, ["S"]),
    "apply": ("An apply that creates everything", applying.measure_rows, ["M"]),
    "validate": ("Reading the file", parsing.measure_rows, ["S", "M", "L"]),
    "globs": ("Matching hostile patterns", globbing.measure_rows, ["S"]),
    "assume": ("A warm assume", assuming.measure_rows, ["S"]),
}
"""Name → heading, the function that measures, and the default sizes."""


def main() -> None:
    arguments = _parse_arguments()
    sys.stdout.write(f"{_describe_machine()}\n\n")
    with tempfile.TemporaryDirectory(prefix="reconcile-bench-") as folder:
        for name in arguments.questions or QUESTIONS:
            heading, rows, default_sizes = QUESTIONS[name]
            start = time.monotonic()
            table = format_markdown(
                heading, _report_rows(rows(arguments.sizes or default_sizes, arguments.runs, Path(folder)))
            )
            sys.stdout.write(f"{table}\n")
            sys.stdout.flush()
            sys.stderr.write(f"{name} took {time.monotonic() - start:.0f} s\n\n")


def _report_rows(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield the rows, and write each one to standard error as soon as it is measured."""
    for row in rows:
        sys.stderr.write(f"  {row.label}: {row.measured}\n")
        yield row


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("questions", nargs="*", metavar="QUESTION", help=f"any of {', '.join(QUESTIONS)}; default: all")
    parser.add_argument("--sizes", type=lambda text: text.split(","), help=f"any of {','.join(SIZES)}")
    parser.add_argument("--runs", type=int, default=5, help="number of pairs of each measurement; default: 5")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.questions if name not in QUESTIONS]
    unknown += [size for size in arguments.sizes or () if size not in SIZES]
    if unknown or arguments.runs < 1:
        parser.error(f"unknown: {', '.join(unknown)}" if unknown else "--runs must be 1 or more")
    return arguments


def _describe_machine() -> str:
    """Return the line above the tables: date, system, cores and versions, on which the numbers depend."""
    tools = ", ".join(f"{name} {version(name)}" for name in ("boto3", "PyYAML"))
    return (
        f"{time.strftime('%Y-%m-%d')}, {platform.system()}, {_describe_cores()}, Python "
        f"{platform.python_version()}, {tools}:"
    )


def _describe_cores() -> str:
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return f"{count} core{'' if count == 1 else 's'}"


if __name__ == "__main__":
    main()
