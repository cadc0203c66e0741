"""The entry point of `reconcile` and of `python -m reconciler`."""

import gc
import os
import sys


def main() -> None:
    """Run the command line and leave with its exit code (the table is in docs/cli.md)."""
    gc.disable()  # one short run: the collector would walk a whole account again and again, and free nothing
    served = None
    if sys.argv[1:2] == ["assume"]:
        from reconciler.assume.fast import serve

        served = serve(sys.argv[1:], os.environ)
    if served is None:
        from reconciler.cli.main import run

        served = run(sys.argv[1:])
    sys.exit(served)


if __name__ == "__main__":
    main()
