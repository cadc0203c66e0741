"""Open the user's shell with other variables and a marked prompt; the user's start-up files run first.

A start-up file may export the same variables itself. So each variable is also passed under another name, and set again
after the start-up files have run (`startup`).
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.shell import child, startup
from reconciler.shell.variables import ShellVariables, apply_variables, shell_of


@dataclass(frozen=True, slots=True)
class Subshell:
    """The command and environment with which `child.run_command` opens the shell. The environment may hold secrets."""

    command: tuple[str, ...]
    environ: Mapping[str, str] = field(repr=False)


def run_subshell(
    shell: str,
    variables: ShellVariables,
    mark: str,
    environ: Mapping[str, str],
    echo: Callable[[str], None],
    prefix: str = "",
) -> int:
    """Open a subshell, wait until the user leaves it, and return its exit code.

    The parameters are those of `open_subshell`. echo: gets one line if the shell cannot start.
    """
    with open_subshell(shell, program_of(shell, environ), variables, mark, environ, prefix) as subshell:
        return child.run_command(subshell.command, subshell.environ, echo)


@contextmanager
def open_subshell(
    shell: str, program: str, variables: ShellVariables, mark: str, environ: Mapping[str, str], prefix: str = ""
) -> Iterator[Subshell]:
    """Yield a shell with `variables` applied to `environ` and a prompt that begins with `(mark) `.

    Reconcile's own start-up files, which hold no values, exist during the block.

    shell: a key of `variables.SHELLS`. program: the program to run.
    prefix: other variables with this prefix, which start-up files export, are unset; "" for none.
    """
    label = f"({sanitize_mark(mark)}) "
    with tempfile.TemporaryDirectory(prefix="reconcile-") as folder:
        context = startup.StartupContext(
            program, Path(folder), variables, label, prefix, apply_variables(variables, environ)
        )
        command, added = startup.STARTERS.get(shell, startup.start_posix)(context)
        yield Subshell(command, dict(context.environ) | added)


def program_of(shell: str, environ: Mapping[str, str]) -> str:
    """Return the program of a shell by its name; $SHELL if that is the same shell."""
    if environ.get("SHELL") and shell_of(environ, windows=False) == shell:
        return environ["SHELL"]
    if shell == "powershell":
        return "pwsh" if shutil.which("pwsh") else "powershell"
    return shell


def sanitize_mark(mark: str) -> str:
    """Return the mark without characters that a shell expands in its prompt: an alias name must not run commands."""
    return re.sub(r"[^\w.+=@:/, -]", "_", mark, flags=re.ASCII)
