"""How to start a person's shell so that its prompt says where they are and its own files do not lead out.

Start-up files may well export AWS_PROFILE or keys, so the sandbox's variables are set again after them.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

MARK = "(sandbox) "

BASH = """\
[ -r ~/.bashrc ] && . ~/.bashrc
unset ${{!AWS_@}} {proxies}
{exports}
PS1='{mark}'"${{PS1-}}"
"""
ZSH = """\
ZDOTDIR="${{SANDBOX_ZDOTDIR:-$HOME}}"; unset SANDBOX_ZDOTDIR
[[ -r "$ZDOTDIR/.zshrc" ]] && . "$ZDOTDIR/.zshrc"
unset -m 'AWS_*'; unset {proxies}
{exports}
PROMPT='{mark}'"$PROMPT"
"""
FISH = """\
for name in (set -n | string match 'AWS_*') {proxies}; set -e $name; end
{exports}
functions -q fish_prompt; and functions -c fish_prompt sandbox_prompt
function fish_prompt; echo -n '{mark}'; functions -q sandbox_prompt; and sandbox_prompt; end
"""
PROXIES = "http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY"


def interactive(shell: str, variables: Mapping[str, str], folder: Path) -> tuple[list[str], dict[str, str]]:
    """The command that starts this shell, and what it needs in its environment. Writes into folder."""
    exports = "\n".join(f"export {name}={shlex.quote(value)}" for name, value in variables.items())
    filled = {"exports": exports, "mark": MARK, "proxies": PROXIES}
    match Path(shell).name:
        case "bash":
            start = folder / "bashrc"
            start.write_text(BASH.format(**filled))
            return [shell, "--rcfile", str(start), "-i"], {}
        case "zsh":
            (folder / ".zshrc").write_text(ZSH.format(**filled))
            return [shell, "-i"], {"ZDOTDIR": str(folder)}
        case "fish":
            start = folder / "sandbox.fish"
            start.write_text(FISH.format(**filled))
            return [shell, "-i", "-C", f"source {shlex.quote(str(start))}"], {}
        case _:
            return [shell, "-i"], {"PS1": f"{MARK}$ ", "ENV": ""}
