"""The person's shell opened with other variables and a prompt that says so; their own start-up files run first.

Weak point: a start-up file may export the same variables itself, so each of them also travels under another
name and is put back, and that name removed, after those files ran (`startup`).
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
    """What to run (`child.run`) so that the person is in the shell. The environment may hold secrets."""

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
    """The exit code of a `open_subshell` that the person was in; the program is `program_of` it."""
    with open_subshell(shell, program_of(shell, environ), variables, mark, environ, prefix) as made:
        return child.run_command(made.command, made.environ, echo)


@contextmanager
def open_subshell(
    shell: str, program: str, variables: ShellVariables, mark: str, environ: Mapping[str, str], prefix: str = ""
) -> Iterator[Subshell]:
    """A shell with `variables` applied to `environ` and a prompt that begins with `(mark) `.

    `shell` is a key of `variables.SHELLS`, `program` what is run. `prefix`: whatever else start-up files export
    whose name begins so is unset. Our own start-up files, which hold no value, live while the context lasts.
    """
    label = f"({sanitize_mark(mark)}) "
    with tempfile.TemporaryDirectory(prefix="reconcile-") as folder:
        opening = startup.StartupContext(
            program, Path(folder), variables, label, prefix, apply_variables(variables, environ)
        )
        command, more = startup.STARTERS.get(shell, startup.start_posix)(opening)
        yield Subshell(command, dict(opening.environ) | more)


def program_of(shell: str, environ: Mapping[str, str]) -> str:
    """The program for a shell that was asked for by name: the person's own where $SHELL is that one."""
    if environ.get("SHELL") and shell_of(environ, windows=False) == shell:
        return environ["SHELL"]
    if shell == "powershell":
        return "pwsh" if shutil.which("pwsh") else "powershell"
    return shell


def sanitize_mark(mark: str) -> str:
    """`mark` without what a shell would expand in its prompt: an alias name must not run anything there."""
    return re.sub(r"[^\w.+=@:/, -]", "_", mark, flags=re.ASCII)
