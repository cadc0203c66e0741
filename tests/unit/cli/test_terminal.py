"""What a terminal is asked."""

from __future__ import annotations

import os
import sys

import pytest


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(("answer", "said"), [("yes", "True"), ("YES ", "True"), ("y", "False"), ("", "False")])
def test_a_question_is_broken_between_words_with_room_for_the_answer(answer: str, said: str) -> None:
    from tests.unit.shell.pseudo import Pseudo

    question = "Apply these 2 calls to account 123456789012: 1 to create, 1 to delete?"
    script = f"from reconciler.cli.terminal import ask_for_yes; print('so', ask_for_yes({question!r}))"
    with Pseudo([sys.executable, "-c", script], os.environ | {"COLUMNS": "40"}) as terminal:
        asked = terminal.expect(r"(?s)Apply.*continue: ")
        assert max(map(len, asked.splitlines())) <= 40 - len("yes")
        assert " ".join(asked.split()) == f"{question} Type 'yes' to continue:"
        terminal.send(f"{answer}\n")
        terminal.expect(f"so {said}")
        assert terminal.code() == 0
