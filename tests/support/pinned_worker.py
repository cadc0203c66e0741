"""One core for each worker of `pytest -n`.

A test, the boto3 client in it and the emulator that answers are threads of one process and take turns. To wake a thread
on a core that is idle takes longer than on the one that runs already: a sixth of the time of the processor went there.
What a worker starts stays on its core, too.
"""

from __future__ import annotations

import os


def pin_worker() -> None:
    """Keep this process, if it is a worker, on one core. Workers share the cores evenly. Only Linux can do that."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
    if worker and hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[int(worker) % len(cores)]})
