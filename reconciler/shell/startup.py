"""How each shell is started so that our lines run after the person's own start-up files, which stay unchanged.

Start-up order is each shell's own: bash(1) "INVOCATION", zsh(1) "STARTUP/SHUTDOWN FILES", fish(1)
`--init-command`, and ENV for sh (POSIX, "sh", "Environment Variables").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.shell.variables import Variables, assignments

_CARRIED = "__RECONCILE_"
_READ_ENV = {"sh", "dash", "ash", "busybox", "ksh", "ksh93", "mksh", "yash"}

Start = tuple[tuple[str, ...], dict[str, str]]
"""The command, and what it needs in its environment beside what `Opening.environ` has."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What every shell's function gets. `room` is a folder for its files; `environ` has the variables in it."""

    program: str
    room: Path
    variables: Variables = field(repr=False)
    label: str
    family: str
    environ: Mapping[str, str] = field(repr=False)

    def carried(self) -> dict[str, str]:
        """The variables that are set, under the names that no start-up file knows."""
        return {_CARRIED + name: value for name, value in self.variables.items() if value is not None}

    def put_back(self, line: str = 'export {0}="${{{1}}}"; unset {1};', shell: str = "sh") -> str:
        """Lines that set every variable again from the name it was carried under, {1}, and unset the others."""
        carried = [line.format(name, _CARRIED + name) for name, value in self.variables.items() if value is not None]
        absent: Variables = {name: None for name, value in self.variables.items() if value is None}
        return "\n".join(carried) + "\n" + assignments(absent, shell)

    def sweep(self, script: str) -> str:
        """The script that unsets the family; nothing where there is none."""
        return script if self.family else ""

    def filled(self, script: str) -> str:
        """The script with its @NAMES@ replaced."""
        for name, value in {"@LABEL@": self.label, "@ROOM@": str(self.room), "@FAMILY@": self.family}.items():
            script = script.replace(name, value)
        return script


def bash(opening: Opening) -> Start:
    script = "[ ! -f ~/.bashrc ] || . ~/.bashrc\n" + opening.sweep(_SWEEP) + opening.put_back() + _BASH_PROMPT
    file = _written(opening, "bashrc", script)
    return (opening.program, "--rcfile", file, "-i"), opening.carried()


def zsh(opening: Opening) -> Start:
    own: Variables = {"ZDOTDIR": opening.environ.get("ZDOTDIR")}
    _written(opening, ".zshenv", assignments(own, "zsh") + _ZSHENV)
    _written(opening, ".zshrc", _ZSHRC + opening.sweep(_SWEEP) + opening.put_back() + _ZSH_PROMPT)
    return (opening.program, "-i"), opening.carried() | {"ZDOTDIR": str(opening.room)}


def fish(opening: Opening) -> Start:
    script = opening.sweep(_FISH_SWEEP) + opening.put_back("set -gx {0} ${1}; set -e {1};", "fish") + _FISH_PROMPT
    return (opening.program, "--interactive", "--init-command", opening.filled(script)), opening.carried()


def powershell(opening: Opening) -> Start:
    return (opening.program, "-NoExit", "-Command", opening.filled(_POWERSHELL_PROMPT)), {}


def cmd(opening: Opening) -> Start:
    return (opening.program,), {"PROMPT": f"{opening.label}$P$G"}


def posix(opening: Opening) -> Start:
    """Of a shell that we do not know, only what every one of them may heed: a prompt, and no file to run."""
    prompt = {"PS1": f"{opening.label}$ "}
    if Path(opening.program).name not in _READ_ENV:
        return (opening.program, "-i"), prompt | {"ENV": ""}
    own: Variables = {"ENV": opening.environ.get("ENV")}
    file = _written(
        opening, "env", assignments(own, "sh") + _SH_ENV + opening.sweep(_SWEEP) + opening.put_back() + _SH_PROMPT
    )
    return (opening.program, "-i"), opening.carried() | prompt | {"ENV": file}


SHELLS: Mapping[str, Callable[[Opening], Start]] = {
    "bash": bash,
    "zsh": zsh,
    "fish": fish,
    "powershell": powershell,
    "cmd": cmd,
}


def _written(opening: Opening, name: str, script: str) -> str:
    file = opening.room / name
    file.write_text(opening.filled(script), encoding="utf-8")
    return str(file)


_SWEEP = r"""
for __reconcile_name in $(command env | command sed -n 's/^\(@FAMILY@[A-Za-z0-9_]*\)=.*/\1/p'); do
    unset $__reconcile_name
done
unset __reconcile_name
"""

# Prompts that are built anew before every command (starship, git-prompt) are marked again each time.
_BASH_PROMPT = """\
__reconcile_prompt() { case $PS1 in '@LABEL@'*) ;; *) PS1='@LABEL@'$PS1 ;; esac; }
case $(declare -p PROMPT_COMMAND 2>/dev/null) in
'declare -a'*) PROMPT_COMMAND+=(__reconcile_prompt) ;;
*) PROMPT_COMMAND="${PROMPT_COMMAND:+$PROMPT_COMMAND
}__reconcile_prompt" ;;
esac
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

# The shell expands what ENV holds (POSIX), hence `eval`.
_SH_ENV = """\
[ -z "${ENV-}" ] || eval ". \\"$ENV\\""
"""
_SH_PROMPT = """\
case $PS1 in '@LABEL@'*) ;; *) PS1='@LABEL@'$PS1 ;; esac
"""

_FISH_SWEEP = """\
for name in (set -n | string match '@FAMILY@*'); set -e $name; end
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
