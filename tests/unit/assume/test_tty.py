"""Questions go to the controlling terminal, whatever stdin and stdout are."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")

if sys.platform != "win32":
    from tests.unit.shell.pseudo import Pseudo

ASKS = """
import sys
from reconciler.assume.tty import make_prompt
ask = make_prompt()
sys.stdout.write("none" if ask is None else ask("Code for s3: "))
"""


def test_a_question_is_asked_and_answered_with_stdin_and_stdout_taken(tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = f"{sys.executable} -c '{ASKS}' < /dev/null > {out}"
    with Pseudo(["sh", "-c", command], os.environ) as terminal:
        terminal.expect("Code for s3: ")
        terminal.send("123456\n")
        assert terminal.code() == 0
    assert out.read_text() == "123456"


def test_without_a_terminal_there_is_no_prompt() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ASKS], capture_output=True, text=True, check=True, start_new_session=True
    )
    assert done.stdout == "none"


@pytest.mark.parametrize("key", ["\x04", "\x03"], ids=["Ctrl-D", "Ctrl-C"])
def test_a_question_that_is_left_ends_its_line_so_that_the_next_text_has_its_own(key: str) -> None:
    script = (
        "from reconciler.assume.tty import make_prompt\n"
        "try:\n    make_prompt()('Code for s3: ')\n"
        "except BaseException as error:\n    print('then', type(error).__name__)\n"
    )
    with Pseudo([sys.executable, "-c", script], os.environ) as terminal:
        terminal.expect("Code for s3: ")
        terminal.send(key)
        terminal.expect("\nthen ")
        assert terminal.code() == 0
