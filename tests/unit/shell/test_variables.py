"""Printed assignments mean the same to the shell that reads it, whatever the values hold."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

import pytest

from reconciler.model.problem import ReconcileError
from reconciler.shell import variables

NASTY = {
    "PLAIN": "AQoDYXdzEPT//wEXAMPLE+/==",
    "QUOTES": """it's "quoted" '' ""'""",
    "EXPANDED": "$HOME ${HOME} `id` $(id) !! !1 ~ *",
    "SLASHES": "a\\b\\\\c\\'d\\n",
    "SPACES": "  two  spaces and a tab\t ",
    "LINE_ENDS": "first\nsecond\n\nlast",
    "SIGNS": "a;b&c|d<e>f#g(h)[i]{j}%k^l",
    "ACCENTS": "é ’typographic‘ 漢",
    "DASH": "-e",
    "EMPTY": "",
}
READ = "import os, json, sys; sys.stdout.write(json.dumps(dict(os.environ)))"


def seen_by(shell: str, lines: str, environ: dict[str, str], way: str) -> dict[str, str]:
    """The environment that a child of the shell has, once the shell evaluated the lines."""
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    done = subprocess.run(
        [program, "-c", f"{way}; python3 -c '{READ}'"],
        env=inherited | {"LC_ALL": "C.UTF-8"} | environ | {"LINES_TO_EVAL": lines},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return dict(json.loads(done.stdout))


QUOTED = 'eval "$(printenv LINES_TO_EVAL)"'
WAYS = [
    *((shell, QUOTED) for shell in ("sh", "bash", "zsh")),
    ("fish", "printenv LINES_TO_EVAL | source"),
    ("fish", "eval (printenv LINES_TO_EVAL)"),
]


@pytest.mark.parametrize(("shell", "way"), WAYS)
def test_a_shell_gets_every_value_exactly(shell: str, way: str) -> None:
    seen = seen_by(shell, variables.render_assignments(NASTY, shell), {}, way)
    assert {name: seen[name] for name in NASTY} == NASTY


@pytest.mark.parametrize(("shell", "way"), WAYS)
def test_an_unset_variable_is_gone_and_not_empty(shell: str, way: str) -> None:
    lines = variables.render_assignments({"AWS_PROFILE": None, "NEVER_THERE": None, "KEPT": "1"}, shell)
    seen = seen_by(shell, lines, {"AWS_PROFILE": "work"}, way)
    assert "AWS_PROFILE" not in seen and "NEVER_THERE" not in seen
    assert seen["KEPT"] == "1"


@pytest.mark.parametrize("shell", ["sh", "bash", "zsh"])
def test_an_eval_without_quotes_still_works_for_what_aws_gives(shell: str) -> None:
    plain = {"AWS_SESSION_TOKEN": NASTY["PLAIN"], "AWS_PROFILE": None, "RECONCILE_ALIAS": "s3"}
    way = "eval $(printenv LINES_TO_EVAL)"
    seen = seen_by(shell, variables.render_assignments(plain, shell), {"AWS_PROFILE": "work"}, way)
    assert seen["AWS_SESSION_TOKEN"] == NASTY["PLAIN"] and seen["RECONCILE_ALIAS"] == "s3"
    assert "AWS_PROFILE" not in seen


def test_powershell_closes_no_string_early() -> None:
    lines = variables.render_assignments({"A": "it's ’so‘ $x `n", "B": None}, "powershell")
    assert lines == "$Env:A = 'it''s ’’so‘‘ $x `n'\nRemove-Item Env:B -ErrorAction SilentlyContinue\n"


def test_cmd_sets_and_unsets() -> None:
    assert variables.render_assignments({"A": "a b&c", "B": None}, "cmd") == 'set "A=a b&c"\nset "B="\n'


@pytest.mark.parametrize("value", ['a"b', "%PATH%", "a!b", "a\nb"])
def test_cmd_refuses_what_it_cannot_quote_without_showing_it(value: str) -> None:
    with pytest.raises(ReconcileError) as caught:
        variables.render_assignments({"AWS_SECRET_ACCESS_KEY": value}, "cmd")
    message = caught.value.problems[0].message
    assert "AWS_SECRET_ACCESS_KEY" in message and value not in message


@pytest.mark.parametrize(
    ("environ", "windows", "expected"),
    [
        ({"SHELL": "/bin/bash"}, False, "bash"),
        ({"SHELL": "/opt/homebrew/bin/fish"}, False, "fish"),
        ({"SHELL": "/usr/bin/zsh"}, False, "zsh"),
        ({"SHELL": "/usr/bin/pwsh"}, False, "powershell"),
        ({"SHELL": "/bin/ksh"}, False, "sh"),
        ({}, False, "sh"),
        ({}, True, "powershell"),
        ({"PROMPT": "$P$G"}, True, "cmd"),
        ({"SHELL": "C:\\Program Files\\Git\\usr\\bin\\bash.exe"}, True, "bash"),
    ],
)
def test_the_shell_is_detected(environ: dict[str, str], windows: bool, expected: str) -> None:
    assert variables.shell_of(environ, windows) == expected
