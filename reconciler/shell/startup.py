"""Start each shell so that reconcile's lines run after the user's start-up files, which stay unchanged.

Start-up order is each shell's own: bash(1) "INVOCATION", zsh(1) "STARTUP/SHUTDOWN FILES", fish(1)
`--init-command`, and ENV for sh (POSIX, "sh", "Environment Variables").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.shell.variables import ShellVariables, render_assignments

_CARRIED_PREFIX = "__RECONCILE_"
_SHELLS_READING_ENV = {"sh", "dash", "ash", "busybox", "ksh", "ksh93", "mksh", "yash"}

ShellCommand = tuple[tuple[str, ...], dict[str, str]]
"""The command, and variables to add to `StartupContext.environ`."""


@dataclass(frozen=True, slots=True)
class StartupContext:
    """The arguments of every starter.

    program: the program of the shell. folder: an empty folder for its start-up files.
    variables: the variables to set and unset. label: the text that the prompt begins with.
    prefix: other variables that begin with it are unset; "" for none.
    environ: the environment, with `variables` already applied.
    """

    program: str
    folder: Path
    variables: ShellVariables = field(repr=False)
    label: str
    prefix: str
    environ: Mapping[str, str] = field(repr=False)

    def carry_variables(self) -> dict[str, str]:
        """Return the variables to set, under names that no start-up file knows."""
        return {_CARRIED_PREFIX + name: value for name, value in self.variables.items() if value is not None}

    def make_restore_script(self, line: str = 'export {0}="${{{1}}}"; unset {1};', shell: str = "sh") -> str:
        """Return lines that set every variable again from its carried name and unset the others.

        line: a template with {0} for the name and {1} for the carried name.
        """
        carried = [
            line.format(name, _CARRIED_PREFIX + name) for name, value in self.variables.items() if value is not None
        ]
        absent: ShellVariables = {name: None for name, value in self.variables.items() if value is None}
        return "\n".join(carried) + "\n" + render_assignments(absent, shell)

    def choose_unset_script(self, script: str) -> str:
        """Return the script that unsets the variables with `prefix`; "" without a prefix."""
        return script if self.prefix else ""

    def fill_script(self, script: str) -> str:
        """Return the script with its @NAMES@ replaced."""
        for name, value in {"@LABEL@": self.label, "@ROOM@": str(self.folder), "@FAMILY@": self.prefix}.items():
            script = script.replace(name, value)
        return script


def start_bash(context: StartupContext) -> ShellCommand:
    script = (
        "[ ! -f ~/.bashrc ] || . ~/.bashrc\n"
        + context.choose_unset_script(_UNSET_SCRIPT)
        + context.make_restore_script()
        + _BASH_PROMPT
    )
    file = _write_script(context, "bashrc", script)
    return (context.program, "--rcfile", file, "-i"), context.carry_variables()


def start_zsh(context: StartupContext) -> ShellCommand:
    own: ShellVariables = {"ZDOTDIR": context.environ.get("ZDOTDIR")}
    _write_script(context, ".zshenv", render_assignments(own, "zsh") + _ZSHENV)
    _write_script(
        context,
        ".zshrc",
        _ZSHRC + context.choose_unset_script(_UNSET_SCRIPT) + context.make_restore_script() + _ZSH_PROMPT,
    )
    return (context.program, "-i"), context.carry_variables() | {"ZDOTDIR": str(context.folder)}


def start_fish(context: StartupContext) -> ShellCommand:
    script = (
        context.choose_unset_script(_FISH_UNSET_SCRIPT)
        + context.make_restore_script("set -gx {0} ${1}; set -e {1};", "fish")
        + _FISH_PROMPT
    )
    return (context.program, "--interactive", "--init-command", context.fill_script(script)), context.carry_variables()


def start_powershell(context: StartupContext) -> ShellCommand:
    return (context.program, "-NoExit", "-Command", context.fill_script(_POWERSHELL_PROMPT)), {}


def start_cmd(context: StartupContext) -> ShellCommand:
    return (context.program,), {"PROMPT": f"{context.label}$P$G"}


def start_posix(context: StartupContext) -> ShellCommand:
    """Return the command for a POSIX shell; an unknown shell only gets a prompt, and no start-up file."""
    prompt = {"PS1": f"{context.label}$ "}
    if Path(context.program).name not in _SHELLS_READING_ENV:
        return (context.program, "-i"), prompt | {"ENV": ""}
    own: ShellVariables = {"ENV": context.environ.get("ENV")}
    file = _write_script(
        context,
        "env",
        render_assignments(own, "sh")
        + _SH_ENV
        + context.choose_unset_script(_UNSET_SCRIPT)
        + context.make_restore_script()
        + _SH_PROMPT,
    )
    return (context.program, "-i"), context.carry_variables() | prompt | {"ENV": file}


STARTERS: Mapping[str, Callable[[StartupContext], ShellCommand]] = {
    "bash": start_bash,
    "zsh": start_zsh,
    "fish": start_fish,
    "powershell": start_powershell,
    "cmd": start_cmd,
}


def _write_script(context: StartupContext, name: str, script: str) -> str:
    file = context.folder / name
    file.write_text(context.fill_script(script), encoding="utf-8")
    return str(file)


_UNSET_SCRIPT = r"""
for __reconcile_name in $(command env | command sed -n 's/^\(@FAMILY@[A-Za-z0-9_]*\)=.*/\1/p'); do
    unset $__reconcile_name
done
unset __reconcile_name
"""

# Some prompts are built anew before every command (starship, git-prompt), so the label is added each time.
_BASH_PROMPT = """\
__reconcile_prompt() { case $PS1 in '@LABEL@'*) ;; *) PS1='@LABEL@'$PS1 ;; esac; }
case $(declare -p PROMPT_COMMAND 2>/dev/null) in
'declare -a'*) PROMPT_COMMAND+=(__reconcile_prompt) ;;
*) PROMPT_COMMAND="${PROMPT_COMMAND:+$PROMPT_COMMAND
}__reconcile_prompt" ;;
esac
"""

# zsh reads our two files because ZDOTDIR names their folder. Each of them reads the user's own file, which the user's
# .zshenv may move. The history must not follow ZDOTDIR into a folder that is deleted.
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

_FISH_UNSET_SCRIPT = """\
for name in (set -n | string match '@FAMILY@*'); set -e $name; end
"""
# The exit status is passed on, for prompts that show it.
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
