"""The entry point of `reconcile` and of `python -m reconciler`."""

import gc
import sys


def main() -> None:
    """Run the command line and leave with its exit code (the table is in docs/cli.md)."""
    from reconciler.cli.main import run

    gc.disable()  # one short run: the collector would walk a whole account again and again, and free nothing
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
