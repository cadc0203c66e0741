"""A shell opened as the role, whose prompt says so; the person's own start-up files run first, unchanged.

Standard library only. Start-up order is each shell's own: bash(1) "INVOCATION", zsh(1) "STARTUP/SHUTDOWN
FILES", fish(1) `--init-command`. Weak point: a start-up file may export AWS_* itself, so every variable of
the role also travels under another name and is put back, and that name removed, after those files ran.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from reconciler.assume.credentials import Variables, applied
from reconciler.assume.emit import assignments, detected

_CARRIED = "__RECONCILE_"


@dataclass(frozen=True, slots=True)
class Subshell:
    """What to run (`process.run`) so that the person is in a shell as the role."""

    command: tuple[str, ...]
    environ: Mapping[str, str]


@contextmanager
def subshell(
    shell: str, program: str, variables: Variables, mark: str, environ: Mapping[str, str]
) -> Iterator[Subshell]:
    """A shell with `variables` applied to `environ` and a prompt that begins with `(mark) `.

    `shell` is a key of `emit.SHELLS`, `program` what is run. Start-up files of ours, which hold no secret,
    live while the context lasts.
    """
    label = f"({printable(mark)}) "
    child = applied(variables, environ)
    if shell in ("bash", "zsh", "fish"):
        child |= {_CARRIED + name: value for name, value in variables.items() if value is not None}
    with tempfile.TemporaryDirectory(prefix="reconcile-") as folder:
        yield _SHELLS.get(shell, _plain)(_Opening(program, Path(folder), variables, label, child))


@dataclass(frozen=True, slots=True)
class _Opening:
    """What every shell's function gets. `environ` has the role's variables in it already."""

    program: str
    room: Path
    variables: Variables
    label: str
    environ: dict[str, str]


def _bash(opening: _Opening) -> Subshell:
    script = "[ ! -f ~/.bashrc ] || . ~/.bashrc\n" + _put_back(opening.variables) + _BASH_PROMPT
    (opening.room / "bashrc").write_text(_filled(script, opening), encoding="utf-8")
    return Subshell((opening.program, "--rcfile", str(opening.room / "bashrc"), "-i"), opening.environ)


def _zsh(opening: _Opening) -> Subshell:
    own = opening.environ.get("ZDOTDIR")
    env_script = (assignments({"ZDOTDIR": own}, "zsh")) + _ZSHENV
    (opening.room / ".zshenv").write_text(_filled(env_script, opening), encoding="utf-8")
    script = _ZSHRC + _put_back(opening.variables) + _ZSH_PROMPT
    (opening.room / ".zshrc").write_text(_filled(script, opening), encoding="utf-8")
    return Subshell((opening.program, "-i"), opening.environ | {"ZDOTDIR": str(opening.room)})


def _fish(opening: _Opening) -> Subshell:
    script = _put_back(opening.variables, "set -gx {0} ${1}; set -e {1};", "fish") + _FISH_PROMPT
    return Subshell((opening.program, "--interactive", "--init-command", _filled(script, opening)), opening.environ)


def _powershell(opening: _Opening) -> Subshell:
    return Subshell((opening.program, "-NoExit", "-Command", _filled(_POWERSHELL_PROMPT, opening)), opening.environ)


def _cmd(opening: _Opening) -> Subshell:
    return Subshell((opening.program,), opening.environ | {"PROMPT": f"{opening.label}$P$G"})


def _plain(opening: _Opening) -> Subshell:
    return Subshell((opening.program, "-i"), opening.environ | {"PS1": f"{opening.label}$ "})


_SHELLS: Mapping[str, Callable[[_Opening], Subshell]] = {
    "bash": _bash,
    "zsh": _zsh,
    "fish": _fish,
    "powershell": _powershell,
    "cmd": _cmd,
}


def _put_back(variables: Variables, line: str = 'export {0}="${{{1}}}"; unset {1};', dialect: str = "sh") -> str:
    """Lines that set every variable again from the name it was carried under, {1}, and unset the others."""
    carried = [line.format(name, _CARRIED + name) for name, value in variables.items() if value is not None]
    absent = {name: None for name, value in variables.items() if value is None}
    return "\n".join(carried) + "\n" + assignments(absent, dialect)


def _filled(script: str, opening: _Opening) -> str:
    return script.replace("@LABEL@", opening.label).replace("@ROOM@", str(opening.room))


def program_of(shell: str, environ: Mapping[str, str]) -> str:
    """The program for a shell that was asked for by name: the person's own where $SHELL is that one."""
    if environ.get("SHELL") and detected(environ, windows=False) == shell:
        return environ["SHELL"]
    if shell == "powershell":
        return "pwsh" if shutil.which("pwsh") else "powershell"
    return shell


def printable(mark: str) -> str:
    """`mark` without what a shell would expand in its prompt: an alias name must not run anything there."""
    return re.sub(r"[^\w.+=@:/, -]", "_", mark, flags=re.ASCII)


# Prompts that are built anew before every command (starship, git-prompt) are marked again each time.
_BASH_PROMPT = """\
__reconcile_prompt() { case $PS1 in '@LABEL@'*) ;; *) PS1='@LABEL@'$PS1 ;; esac; }
PROMPT_COMMAND="${PROMPT_COMMAND:+$PROMPT_COMMAND
}__reconcile_prompt"
"""

# zsh reads our two files because ZDOTDIR names their folder; each reads the person's own from where they are,
# which their .zshenv may move. The history must not follow ZDOTDIR into a folder that goes away.
_ZSHENV = """\
[ ! -f "${ZDOTDIR:-$HOME}/.zshenv" ] || . "${ZDOTDIR:-$HOME}/.zshenv"
__reconcile_zdotdir=${ZDOTDIR-}
export ZDOTDIR='@ROOM@'
"""
_ZSHRC = """\
if [ -n "$__reconcile_zdotdir" ]; then export ZDOTDIR=$__reconcile_zdotdir; else unset ZDOTDIR; fi
unset __reconcile_zdotdir
case ${HISTFILE-} in '@ROOM@'/*) HISTFILE=${ZDOTDIR:-$HOME}/.zsh_history ;; esac
[ ! -f "${ZDOTDIR:-$HOME}/.zshrc" ] || . "${ZDOTDIR:-$HOME}/.zshrc"
"""
_ZSH_PROMPT = """\
__reconcile_prompt() { case $PROMPT in '@LABEL@'*) ;; *) PROMPT='@LABEL@'$PROMPT ;; esac; }
precmd_functions+=(__reconcile_prompt)
"""

# The status is handed on, for prompts that show it.
_FISH_PROMPT = """\
functions -q fish_prompt; and functions -c fish_prompt __reconcile_own_prompt
function __reconcile_status; return $argv[1]; end
function fish_prompt
    set -l last $status
    echo -n '@LABEL@'
    __reconcile_status $last
    if functions -q __reconcile_own_prompt; __reconcile_own_prompt; else; echo -n '> '; end
end
"""

_POWERSHELL_PROMPT = (
    "$global:__reconcilePrompt = $function:prompt; function global:prompt { '@LABEL@' + (& $global:__reconcilePrompt) }"
)
