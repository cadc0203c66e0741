"""Output of commands to a terminal of 80 columns: broken between words, and as it is where it goes into a pipe."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.shell.pseudo import Pseudo

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals")

FOLDER = "infrastructure/accounts/production/eu-central-1/iam/platform team/access-of-people-and-pipelines"
BROKEN = """\
version: 1
owner: platform
account: "123456789012"
roles:
  database-administrators-on-call-in-eu-central-1:
    trust:
      - services: [lambda.amazonaws.com]
    max_session_duration: 13h
"""


class Home:
    def __init__(self, path: Path) -> None:
        self.file = path / FOLDER / "roles.yaml"
        self.file.parent.mkdir(parents=True)
        self.file.write_text(BROKEN)
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(path),
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": str(path / FOLDER / "config"),
            "LC_ALL": "C.UTF-8",
            "NO_COLOR": "1",
        }

    def terminal(self, *words: str, columns: int = 80) -> list[str]:
        with Pseudo(self._command(words), {**self.environ, "COLUMNS": str(columns)}) as pseudo:
            pseudo.code(60)
            return pseudo.seen.replace("\r\n", "\n").rstrip("\n").split("\n")

    def pipe(self, *words: str) -> list[str]:
        result = subprocess.run(self._command(words), env=self.environ, capture_output=True, text=True, check=False)
        return (result.stdout + result.stderr).rstrip("\n").split("\n")

    def _command(self, words: tuple[str, ...]) -> list[str]:
        return [sys.executable, "-m", "reconciler", *words]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


CASES = {
    "an error with a long path": ("validate", "{file}"),
    "a file that is not there": ("validate", "{file}x"),
    "a wrong option": ("plan", "--target", "role/database-administrators-on-call-in-eu-central-1/and/more", "-x"),
    "a profile that is not there": (
        "keys",
        "issue",
        "alice",
        "--profile",
        "production-administrators-of-the-platform-team",
    ),
    "a rule": ("rules", "foreign-placeholder"),
    "sessions that are forgotten": ("assume", "--logout", "database-administrators-on-call-in-eu-central-1"),
}


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("name", CASES)
def test_a_terminal_gets_the_same_words_in_lines_that_fit(home: Home, name: str, columns: int) -> None:
    words = [word.format(file=home.file) for word in CASES[name]]
    shown, piped = home.terminal(*words, columns=columns), home.pipe(*words)
    assert " ".join(shown).split() == " ".join(piped).split()
    for line in shown:
        long = line.strip()
        whole = " " not in long or str(home.file.parent) in long or (long[0] == "`" and long.count("`") == 2)
        assert len(line) <= columns or whole, line


def test_a_path_is_in_one_piece_on_a_terminal(home: Home) -> None:
    lines = home.terminal("validate", str(home.file))
    assert lines[0] == f"{home.file}:8:27:"
    assert lines[1].strip().startswith("error: max_session_duration '13h'")
