"""The entry point of `reconcile` and of `python -m reconciler`."""

import codecs
import gc
import os
import sys

_MAX_FRAMES = 8
"""The number of places in the code that a crash report names. Endless recursion would have 1,000."""


def main() -> None:
    """Run the command line and leave with its exit code (the table is in docs/cli.md)."""
    gc.disable()  # one short run: the collector would walk a whole account again and again, and free nothing
    try:
        _open_missing_streams()
        if sys.stdout is None:
            raise OSError(0, "stdout is closed")
        _escape_unencodable()
        code = _run_command()
    except OSError as error:
        code = _report_os_error(error)
    except Exception as error:
        code = _report_crash(error)
    gc.freeze()  # the collector walks everything once more when Python ends, although it is off
    sys.exit(code)


def _open_missing_streams() -> None:
    """Open the null device as stdin and stderr if they are closed. Else the next opened file would take their place."""
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123


def _escape_unencodable() -> None:
    """Have stdout and stderr write `\\u2192` for a character that their encoding lacks, as in the locale C.

    The same goes for bytes of file names that are no text, which Python holds as half characters. It is JSON's own
    escape, so that JSON stays JSON.
    """
    codecs.register_error("reconcile", _escape_character)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)  # other streams, as in tests, lack it
        if reconfigure is not None:
            reconfigure(errors="reconcile")


def _escape_character(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4)), error.end


def _run_command() -> int:
    exit_code = None
    if sys.argv[1:2] == ["assume"]:
        from reconciler.assume.fast_path import serve_assume

        exit_code = serve_assume(sys.argv[1:], os.environ)
    if exit_code is None:
        from reconciler.cli.main import run_command

        exit_code = run_command(sys.argv[1:])
    return exit_code


def _report_os_error(error: OSError) -> int:
    """Report an error of the system that any command can meet: a full disk behind stdout, a deleted working folder."""
    prefix = f"{error.filename}: " if error.filename else ""
    lines = [f"error: {prefix}{error.strerror or type(error).__name__}."]
    try:
        os.getcwd()  # noqa: PTH109 - pathlib takes longer than the rest of a quick run
    except OSError:
        lines = ["error: The working folder is gone.", "    Change to another one, and run the command again."]
    return _report_failure(lines)


def _report_crash(error: Exception) -> int:
    """Report the place of a mistake in the program, without the texts of exceptions, which may hold secrets."""
    import traceback

    if isinstance(error, MemoryError):
        lines = ["error: There is not enough memory for this."]
    else:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "reconciler" in frame.filename]
        lines = [
            f"error: reconcile failed by a mistake of its own ({type(error).__name__}).",
            "    Its text is not shown: it may hold a secret. Please report this with the lines below.",
            *(
                f"    {frame.filename.rpartition('reconciler')[2][1:]}:{frame.lineno} {frame.name}"
                for frame in frames[-_MAX_FRAMES:]
            ),
        ]
    if sys.argv[1:2] == ["apply"]:
        lines.append("    If calls were made, they are in the journal: look at it before you run the command again.")
    return _report_failure(lines)


def _report_failure(lines: list[str]) -> int:
    """Write the last lines of a program whose streams may be broken, and return the exit code."""
    import contextlib

    from reconciler.shell import streams

    with contextlib.suppress(OSError):
        for line in lines:
            streams.write_sentence(line, err=True)
    if sys.stdout is not None:  # text left in its buffer would fail again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1


if __name__ == "__main__":
    main()
