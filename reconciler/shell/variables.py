"""Apply variables to an environment, or write them as lines that a shell evaluates.

Every line ends in a separator, so that it survives an unquoted `eval`. Every warm `assume` imports this module, so it
imports little itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

ShellVariables = Mapping[str, str | None]
"""Maps names of variables to values; None means that the variable must not exist."""

_Dialect = tuple[Callable[[str, str], str], Callable[[str], str]]
"""Two functions that return the line with which a shell sets and unsets a variable for itself and its children."""


def apply_variables(variables: ShellVariables, environ: Mapping[str, str]) -> dict[str, str]:
    """Return `environ` with `variables` set and unset."""
    others = {name: value for name, value in environ.items() if name not in variables}
    return others | {name: value for name, value in variables.items() if value is not None}


def render_assignments(variables: ShellVariables, shell: str) -> str:
    """Return one line for each variable. shell: a key of SHELLS. Raises ReconcileError (only for cmd)."""
    put, unset = SHELLS[shell]
    return "".join((unset(name) if value is None else put(name, value)) + "\n" for name, value in variables.items())


def shell_of(environ: Mapping[str, str], windows: bool) -> str:
    """Return the key of SHELLS for the user's shell, $SHELL; "sh" for an unknown shell.

    On Windows without $SHELL it is cmd if PROMPT, which is cmd's own variable, is set; else it is PowerShell.
    """
    program = environ.get("SHELL", "").replace("\\", "/").rpartition("/")[2].removesuffix(".exe")
    if not program and windows:
        return "cmd" if "PROMPT" in environ else "powershell"
    name = {"pwsh": "powershell"}.get(program, program)
    return name if name in SHELLS else "sh"


def _quote_posix(value: str) -> str:
    return "'" + value.replace("'", "'\"'\"'") + "'"


def _quote_fish(value: str) -> str:
    # The \n stays outside the quotes: fish splits the output of `eval (…)` at line ends even inside quotes.
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "'\\n'") + "'"


def _quote_powershell(value: str) -> str:
    # PowerShell also ends a literal string at typographic quotes (about_Quoting_Rules).
    for quote in "'\u2018\u2019\u201a\u201b":
        value = value.replace(quote, quote * 2)
    return f"'{value}'"


def _assign_in_cmd(name: str, value: str) -> str:
    # cmd can quote these characters at the prompt or in a batch file, but not in a way that works in both.
    if any(character in value for character in '"%!\r\n'):
        from reconciler.model.problem import make_error

        raise make_error(
            "cmd-unquotable",
            f"Cannot write {name} for cmd.",
            "Its value has a quote, `%`, `!` or a line end, and cmd cannot escape these.",
            "Use `--shell powershell`, or run your command as `reconcile assume ALIAS -- CMD`.",
        )
    return f'set "{name}={value}"'


_POSIX: _Dialect = (lambda name, value: f"export {name}={_quote_posix(value)};", lambda name: f"unset {name};")

SHELLS: Mapping[str, _Dialect] = {
    "bash": _POSIX,
    "zsh": _POSIX,
    "sh": _POSIX,
    "fish": (lambda name, value: f"set -gx {name} {_quote_fish(value)};", lambda name: f"set -e {name};"),
    "powershell": (
        lambda name, value: f"$Env:{name} = {_quote_powershell(value)}",
        lambda name: f"Remove-Item Env:{name} -ErrorAction SilentlyContinue",
    ),
    "cmd": (_assign_in_cmd, lambda name: f'set "{name}="'),
}
