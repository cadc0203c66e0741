"""Variables for a shell: laid over an environment, or written as the lines that set and unset them there.

Every line ends in a separator, so that it survives an unquoted `eval`. Little is imported: this is on the path of
every warm `assume`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

ShellVariables = Mapping[str, str | None]
"""Name → value; None is a variable that must not exist."""

_Dialect = tuple[Callable[[str, str], str], Callable[[str], str]]
"""How one shell sets (name, value) and unsets (name) a variable for itself and its children."""


def apply_variables(variables: ShellVariables, environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` with `variables` set and unset."""
    kept = {name: value for name, value in environ.items() if name not in variables}
    return kept | {name: value for name, value in variables.items() if value is not None}


def render_assignments(variables: ShellVariables, shell: str) -> str:
    """One line per variable, in their order. `shell` is a key of SHELLS. Raises Failed (cmd only)."""
    put, unset = SHELLS[shell]
    return "".join((unset(name) if value is None else put(name, value)) + "\n" for name, value in variables.items())


def shell_of(environ: Mapping[str, str], windows: bool) -> str:
    """The key of SHELLS for who will read the lines: $SHELL; on Windows without one, cmd where PROMPT is set.

    PROMPT is cmd's own variable. A shell we do not know is taken for a POSIX one.
    """
    program = environ.get("SHELL", "").replace("\\", "/").rpartition("/")[2].removesuffix(".exe")
    if not program and windows:
        return "cmd" if "PROMPT" in environ else "powershell"
    name = {"pwsh": "powershell"}.get(program, program)
    return name if name in SHELLS else "sh"


def _quote_posix(value: str) -> str:
    return "'" + value.replace("'", "'\"'\"'") + "'"


def _quote_fish(value: str) -> str:
    # An unquoted \n: fish splits the output of `eval (…)` at line ends, quoted or not.
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "'\\n'") + "'"


def _quote_powershell(value: str) -> str:
    # PowerShell closes a literal string at typographic quotes as well (about_Quoting_Rules).
    for quote in "'\u2018\u2019\u201a\u201b":
        value = value.replace(quote, quote * 2)
    return f"'{value}'"


def _assign_in_cmd(name: str, value: str) -> str:
    # cmd has no way to quote these that holds both at the prompt and in a batch file.
    if any(character in value for character in '"%!\r\n'):
        from reconciler.model.problem import make_error

        raise make_error(
            "cmd-unquotable",
            f"{name} cannot be written for cmd.",
            "Its value has a quote, `%`, `!` or a line end, and cmd has no escape for them.",
            "Use `--shell powershell`, or run the command as `reconcile assume ALIAS -- CMD`.",
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
