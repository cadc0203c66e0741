"""A command in another environment ends as it would have ended without us."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from reconciler.shell import child as room

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

RUNNER = """
import os, sys
from reconciler.shell.child import run_command
sys.exit(run_command(sys.argv[1:], os.environ, sys.stderr.write))
"""


@contextmanager
def start_child(*command: str) -> Iterator[subprocess.Popen[str]]:
    """`child.run` in a process of its own, without a terminal; it has begun when the command says so."""
    child = subprocess.Popen(
        [sys.executable, "-c", RUNNER, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Tests that run in the background of a script ignore SIGINT, and so would the command.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "begun\n"
        yield child
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)


def test_the_exit_code_is_the_commands_own() -> None:
    said: list[str] = []
    command = [sys.executable, "-c", "raise SystemExit(42)"]
    assert room.run_command(command, os.environ, said.append) == 42
    assert said == []


def test_the_command_gets_exactly_the_environment_given(tmp_path: Path) -> None:
    out = tmp_path / "seen"
    code = f"import os; open({str(out)!r}, 'w').write(repr(sorted(k for k in os.environ if k != 'LC_CTYPE')))"
    assert room.run_command([sys.executable, "-c", code], {"ONLY": "this"}, lambda line: None) == 0
    assert out.read_text() == "['ONLY']"


def test_a_command_that_does_not_exist_is_127_and_one_line() -> None:
    said: list[str] = []
    assert room.run_command(["no-such-program-here"], os.environ, said.append) == 127
    assert said == ["no-such-program-here: command not found"]


@posix
def test_a_file_that_is_no_program_is_126_and_one_line(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("text")
    said: list[str] = []
    assert room.run_command([str(plain)], os.environ, said.append) == 126
    assert said == [f"{plain}: Permission denied"]


@posix
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV])
def test_a_command_ended_by_a_signal_is_128_and_the_signal(number: signal.Signals) -> None:
    command = ["sh", "-c", f"kill -{int(number)} $$"]
    assert room.run_command(command, os.environ, lambda line: None) == 128 + number


@posix
@pytest.mark.parametrize("name", ["TERM", "HUP", "INT", "USR1"])
def test_a_signal_sent_to_us_reaches_the_command_which_decides(name: str) -> None:
    script = f"trap 'echo caught; exit 7' {name}; echo begun; while :; do sleep 0.05; done"
    with start_child("sh", "-c", script) as child:
        child.send_signal(getattr(signal, f"SIG{name}"))
        out, _ = child.communicate(timeout=20)
    assert (out, child.returncode) == ("caught\n", 7)


@posix
def test_a_command_that_ignores_a_signal_goes_on_and_so_do_we() -> None:
    with start_child("sh", "-c", "trap '' TERM; echo begun; sleep 0.5; echo done") as child:
        child.send_signal(signal.SIGTERM)
        time.sleep(0.1)
        out, _ = child.communicate(timeout=20)
    assert (out, child.returncode) == ("done\n", 0)


@posix
def test_a_broken_pipe_ends_the_command_as_in_a_shell() -> None:
    command = f"{sys.executable} -c '{RUNNER}' yes | head -1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("y\n", "")


@posix
def test_a_thread_that_is_not_the_main_one_may_run_a_command() -> None:
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(room.run_command(["sh", "-c", "exit 3"], os.environ, print)))
    thread.start()
    thread.join()
    assert codes == [3]


@posix
def test_a_signal_that_we_were_told_to_ignore_is_ignored_by_the_command_too() -> None:
    script = "echo begun; kill -HUP $$; echo still here"
    done = subprocess.run(["nohup", sys.executable, "-c", RUNNER, "sh", "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "begun\nstill here\n")


@posix
def test_signals_are_ours_again_afterwards() -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    room.run_command(["true"], os.environ, lambda line: None)
    assert before == {number: signal.getsignal(number) for number in before}
