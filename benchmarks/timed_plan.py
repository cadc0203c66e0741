"""Run a plan, and print the seconds of processor time for its permissions, and for all: `… benchmarks.timed_plan FILE`.

The last line of the output has both numbers.
"""

from __future__ import annotations

import gc
import sys
import time
from typing import Any

from reconciler.cli.main import run_command
from reconciler.plan.access import delta
from reconciler.plan.access.permissions import find_permission_rows


class _TimedCall:
    """A function that adds up the processor time of its calls."""

    def __init__(self, function: Any) -> None:
        self._function = function
        self.seconds = 0.0

    def __call__(self, *arguments: Any) -> Any:
        start = time.process_time()
        try:
            return self._function(*arguments)
        finally:
            self.seconds += time.process_time() - start


def main() -> None:
    gc.disable()  # as `reconcile` does: else the share of all that is not compared would look larger
    timed = _TimedCall(find_permission_rows)
    vars(delta)["find_permission_rows"] = timed
    status = run_command(["plan", *sys.argv[1:]])
    if status:
        raise SystemExit(status)
    sys.stdout.write(f"\n{timed.seconds:.3f} {time.process_time():.3f}\n")


if __name__ == "__main__":
    main()
