"""The completion lines of README.md, typed into each shell that this machine has."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, build_environment

ASKING = {
    "bash": "COMP_LINE='reconcile pl'; COMP_POINT=12; _reconcile_completion reconcile; echo ${COMPREPLY[@]}",
    "zsh": "echo ${${_comps[reconcile]}:+plan}",
    "fish": "complete -C 'reconcile pl' | cut -f 1",
}
BEFORE = {"zsh": "autoload -Uz compinit; compinit -u -D;"}
FLAGS = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]}


def _completion_line_of(shell: str) -> str:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    return next(line.partition("  #")[0] for line in lines if f"_RECONCILE_COMPLETE={shell}_source" in line)


@pytest.mark.parametrize("shell", ASKING)
def test_the_line_of_the_readme_completes_a_command(shell: str, tmp_path: Path) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"this machine has no {shell}")
    script = f"{BEFORE.get(shell, '')} {_completion_line_of(shell)}\n{ASKING[shell]}"
    done = subprocess.run(
        [program, *FLAGS[shell], "-c", script],
        env=build_environment(tmp_path, None),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    if "older than 4.4" in done.stderr:
        pytest.skip("this bash is older than 4.4")
    assert done.stdout.split() == ["plan"], done.stderr


@pytest.mark.parametrize("shell", ASKING)
def test_every_shell_is_given_a_script(shell: str, tmp_path: Path) -> None:
    told = build_environment(tmp_path, None)
    done = subprocess.run(
        [str(tmp_path / ".bin/reconcile")],
        env=told | {"_RECONCILE_COMPLETE": f"{shell}_source"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "_reconcile_completion" in done.stdout, done.stderr
