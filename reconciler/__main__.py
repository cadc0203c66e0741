"""The entry point of `reconcile` and of `python -m reconciler`."""

import codecs
import gc
import os
import sys


def main() -> None:
    """Run the command line and leave with its exit code (the table is in docs/cli.md)."""
    gc.disable()  # one short run: the collector would walk a whole account again and again, and free nothing
    try:
        _open_missing_streams()
        if sys.stdout is None:
            raise OSError(0, "stdout is closed")
        _escape_unencodable()
        code = _run_command()
    except Exception as error:
        code = _report_failure(error)
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

    The same goes for bytes of file names that are not text, which Python holds as half characters. It is JSON's own
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


def _report_failure(error: Exception) -> int:
    """Write the last lines of a program whose streams may be broken, and return the exit code."""
    import contextlib

    from reconciler.cli.failures import describe_failure
    from reconciler.cli.log_event import wants_json_log
    from reconciler.shell import streams

    first, *more = describe_failure(error, sys.argv[1] if sys.argv[1:] else "")
    with contextlib.suppress(OSError):
        if wants_json_log(sys.argv[1:]):
            from reconciler.cli.unstarted_runs import report_failed_start

            report_failed_start(sys.argv[1:], error)
        else:
            for line in (f"error: {first}", *(f"    {line}" for line in more)):
                streams.write_sentence(line, err=True)
    if sys.stdout is not None:  # text left in its buffer would fail again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1


if __name__ == "__main__":
    main()
