"""Colours are the sequences of ECMA-48, around text that is escaped; without colours rich is not even imported."""

from __future__ import annotations

import subprocess
import sys

import pytest

from reconciler.render.paint import BLACK_ON_WHITE, BOLD, CYAN, GREEN, RED, YELLOW, paint_escaped, paint_line

CODES = {GREEN: "32", RED: "31", YELLOW: "33", CYAN: "36", BOLD: "1", BLACK_ON_WHITE: "38;5;16;48;5;231"}


@pytest.mark.parametrize(("style", "code"), CODES.items(), ids=CODES)
@pytest.mark.parametrize("text", ["x", "two words", "[red]no markup[/red]", "ä → b"])
def test_each_style_is_one_sequence_before_and_a_reset_after(style: str, code: str, text: str) -> None:
    assert paint_line(text, style, True) == f"\x1b[{code}m{text}\x1b[0m"


def test_lines_that_were_wrapped_share_their_colour() -> None:
    assert paint_escaped("a\nb", RED, True) == "\x1b[31ma\nb\x1b[0m"


@pytest.mark.parametrize(("style", "color"), [(None, True), (RED, False), (None, False)])
def test_without_a_style_or_without_colours_the_text_is_as_it_is(style: str | None, color: bool) -> None:
    assert paint_escaped("a [bold]b", style, color) == "a [bold]b"


@pytest.mark.parametrize("color", [True, False])
def test_what_a_terminal_would_obey_is_escaped(color: bool) -> None:
    assert "\\x1b[2J\\n" in paint_line("x\x1b[2J\n", RED, color)


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {}], ids=str)
def test_the_caller_alone_decides_on_colours(variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert paint_line("x", RED, True) == "\x1b[31mx\x1b[0m"


def test_nothing_of_rich_is_imported_for_text_without_colours() -> None:
    script = (
        "import sys\nfrom reconciler.render.paint import RED, paint_line\n"
        "paint_line('x', RED, False)\nprint([name for name in sys.modules if name.partition('.')[0] == 'rich'])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
