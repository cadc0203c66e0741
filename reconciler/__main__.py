"""The entry point of `reconcile` and of `python -m reconciler`."""

import gc
import os
import sys


def main() -> None:
    """Run the command line and leave with its exit code (the table is in docs/cli.md)."""
    gc.disable()  # one short run: the collector would walk a whole account again and again, and free nothing
    try:
        _open()
        if sys.stdout is None:
            raise OSError(0, "stdout is closed")
        code = _served()
    except OSError as error:
        code = _broken(error)
    sys.exit(code)


def _open() -> None:
    """Put nothing in the place of stdin and stderr where they are closed, or the next file would take it."""
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123


def _served() -> int:
    served = None
    if sys.argv[1:2] == ["assume"]:
        from reconciler.assume.fast import serve

        served = serve(sys.argv[1:], os.environ)
    if served is None:
        from reconciler.cli.main import run

        served = run(sys.argv[1:])
    return served


def _broken(error: OSError) -> int:
    """What the system refuses to every command alike: a full disk behind stdout, a working folder that is gone."""
    where = f"{error.filename}: " if error.filename else ""
    said = f"error: {where}{error.strerror or type(error).__name__}."
    try:
        os.getcwd()  # noqa: PTH109 - pathlib takes longer than the rest of a quick run
    except OSError:
        said = "error: The working folder is gone.\n    Change to another one, and run the command again."
    sys.stderr.write(f"{said}\n")
    if sys.stdout is not None:  # what is left in its buffer would fail again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1


if __name__ == "__main__":
    main()
