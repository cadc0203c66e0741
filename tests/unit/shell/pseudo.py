"""A program on a pseudo-terminal of its own, for what only a terminal shows: prompts and subshells."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from reconciler.sandbox.emulator import wait_readable


class Pseudo:
    """Starts on entering; everything that the program writes to its terminal is in `seen`."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str]) -> None:
        self.command, self.environ, self.seen = list(command), dict(environ), ""

    def __enter__(self) -> Pseudo:
        import pty

        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            try:
                os.execvpe(self.command[0], self.command, self.environ)
            finally:
                os._exit(99)
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.terminal)
        try:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass

    def expect(self, pattern: str, seconds: float = 20) -> str:
        """Waits until the pattern is in what came since the last match, and returns that match."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = re.search(pattern, self.seen)
            if found:
                self.seen = self.seen[found.end() :]
                return found.group()
            if not self._read(0.1):
                break
        raise AssertionError(f"{pattern!r} never came; the terminal shows {self.seen!r}")

    def send(self, text: str) -> None:
        os.write(self.terminal, text.encode())

    def interrupt(self) -> None:
        """Ctrl-C to a program that waits for a line, once it does."""
        self._wait_until_it_reads()
        self.send("\x03")

    def kill(self, signal_number: signal.Signals) -> None:
        """A signal to a program that waits for a line, once it does."""
        self._wait_until_it_reads()
        os.kill(self.pid, signal_number)

    def _wait_until_it_reads(self) -> None:
        """A signal between the prompt and the wait stays unseen until the next key.

        CPython's readline.c looks for signals after its select. It happens once in sixty times on a busy machine; a
        person's hand takes a second.
        """
        quiet = 0
        while quiet < 5:
            quiet = quiet + 1 if self._sleeps() else 0
            time.sleep(0.02)

    def code(self, seconds: float = 20) -> int:
        """The exit code, once the program has ended."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self._read(0.05)
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
        raise AssertionError(f"it did not end; the terminal shows {self.seen!r}")

    def end_of_file(self) -> None:
        self.send("\x04")

    def _sleeps(self) -> bool:
        try:
            stat = Path(f"/proc/{self.pid}/stat").read_text()
        except FileNotFoundError:
            return True  # no /proc on this system: the pause of the caller has to do
        return stat.rpartition(")")[2].split()[0] == "S"

    def _read(self, seconds: float) -> bool:
        """False where the program has closed its terminal."""
        if not wait_readable(self.terminal, seconds):
            return True
        try:
            data = os.read(self.terminal, 65536)
        except OSError:
            return False
        self.seen += data.decode(errors="replace")
        return bool(data)
