"""A QR code on a terminal has its modules in the right places, dark where it must be dark, and its margin."""

from __future__ import annotations

import re

import pytest
import segno

from reconciler.render.qr import MARGIN, NARROW_MARGIN, draw_code

URI = "otpauth://totp/AWS:alice@123456789012?secret=" + "ABCDEFG2" * 8 + "&issuer=AWS"
INK = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}


def modules(text: str) -> list[list[int]]:
    """The rows of modules of half blocks: 1 where there is ink."""
    rows: list[list[int]] = []
    for line in text.splitlines():
        pairs = [INK[character] for character in re.sub(r"\x1b\[[0-9;]*m", "", line)]
        rows += [[upper for upper, _ in pairs], [lower for _, lower in pairs]]
    return rows


@pytest.mark.parametrize("quiet", [MARGIN, NARROW_MARGIN])
@pytest.mark.parametrize("color", [True, False])
def test_the_modules_are_those_of_the_code(color: bool, quiet: int) -> None:
    drawing = draw_code(URI, color=color, margin=quiet)
    found = modules(drawing.text)
    if not color:
        found = [[1 - module for module in row] for row in found]
    wanted = [list(row) for row in segno.make(URI, error="l", micro=False).matrix_iter(border=quiet)]
    assert found[: len(wanted)] == wanted
    assert all(set(row) == {0} for row in found[len(wanted) :]), "the odd half line is margin"
    assert all(len(row) == drawing.columns for row in found) and len(drawing.text.splitlines()) == drawing.lines


def test_colours_are_set_on_every_line_and_taken_back() -> None:
    for line in draw_code(URI, color=True).text.splitlines():
        assert line.startswith("\x1b[38;5;16;48;5;231m") and line.endswith("\x1b[0m")
    assert "\x1b" not in draw_code(URI, color=False).text


def test_the_longest_name_of_a_user_fits_eighty_columns() -> None:
    assert draw_code(URI.replace("alice", "a" * 64), color=True).columns <= 80


def test_a_small_terminal_shows_all_of_it_and_the_question() -> None:
    assert draw_code(URI, color=True, margin=NARROW_MARGIN).lines < 24


def test_what_is_drawn_is_not_in_a_repr() -> None:
    assert "▀" not in repr(draw_code(URI, color=False))
