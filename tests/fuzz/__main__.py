"""Run fuzz targets, replay an input, or record AWS's answers again: `python -m tests.fuzz` (see `make fuzz`)."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from tests.fuzz.targets import TARGETS


def main(arguments: list[str]) -> int:
    """Run one of the subcommands. `run` starts `child` in further processes."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="spoil good inputs of every reader, for a while")
    run.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}; all of them by default")
    run.add_argument("--seconds", type=float, default=600, help="how long, each target")
    run.add_argument("--jobs", type=int, default=_count_cores(), help="targets at once")
    run.add_argument("--seed", type=int, default=1, help="another one draws other inputs")
    replay = commands.add_parser("replay", help="read an input that was saved again")
    replay.add_argument("input", type=Path, help="its name begins with that of the target")
    child = commands.add_parser("child")
    child.add_argument("name", choices=TARGETS)
    child.add_argument("seconds", type=float)
    child.add_argument("seed", type=int)
    child.add_argument("folder", type=Path)
    commands.add_parser("record", help="write answers.json anew")
    given = parser.parse_args(arguments)
    if given.command == "run":
        from tests.fuzz.driver import run_all

        if unknown := set(given.targets) - set(TARGETS):
            parser.error(f"no target {', '.join(sorted(unknown))}. These targets exist: {', '.join(TARGETS)}")
        return run_all(given.targets or list(TARGETS), given.seconds, max(1, given.jobs), given.seed)
    if given.command == "replay":
        return _replay_input(given.input)
    if given.command == "child":
        from tests.fuzz.child import fuzz, limit_memory

        limit_memory()
        fuzz(given.name, given.seconds, given.seed, given.folder)
        return 0
    from tests.fuzz.recording import record_answers

    record_answers()
    return 0


def _replay_input(path: Path) -> int:
    from tests.fuzz.child import limit_memory, replay

    limit_memory()
    fault = replay(path.name.partition("-")[0], path.read_bytes())
    print(fault or "Read without a fault.")
    return 1 if fault else 0


def _count_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
