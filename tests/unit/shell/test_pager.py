"""The pager is the user's, opens only on a terminal that is too small, and never swallows the text."""

from __future__ import annotations

import sys
from pathlib import Path
from unittest.mock import patch

import pytest

from reconciler.shell import pager

LONG = "\n".join(f"line {number}" for number in range(100))


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"RECONCILE_PAGER": "most", "PAGER": "more"}, ["most"]),
        ({"PAGER": "less -S"}, ["less", "-S"]),
        ({"PAGER": "cat"}, None),
        ({"PAGER": ""}, None),
        ({"RECONCILE_PAGER": "", "PAGER": "less"}, None),
        ({"PAGER": "less 'open"}, None),
    ],
)
def test_the_user_chooses_the_pager_or_none(environ: dict[str, str], expected: list[str] | None) -> None:
    assert pager.find_pager(environ) == expected


@pytest.mark.parametrize("installed", ["/usr/bin/less", None])
def test_less_is_the_default_if_it_is_installed(installed: str | None) -> None:
    with patch("shutil.which", return_value=installed):
        assert pager.find_pager({}) == (["less"] if installed else None)


@pytest.mark.parametrize(
    ("text", "columns", "keys", "term", "expected"),
    [
        (LONG, 80, True, "xterm", True),
        (LONG, None, True, "xterm", False),
        (LONG, 80, False, "xterm", False),
        (LONG, 80, True, "dumb", False),
        ("one line", 80, True, "xterm", False),
    ],
)
def test_only_a_terminal_too_small_for_the_text_needs_a_pager(
    monkeypatch: pytest.MonkeyPatch, text: str, columns: int | None, keys: bool, term: str, expected: bool
) -> None:
    monkeypatch.setenv("TERM", term)
    monkeypatch.setenv("LINES", "24")
    monkeypatch.setattr(pager, "terminal_columns", lambda: columns)
    monkeypatch.setattr("sys.stdin", type("Keys", (), {"isatty": lambda self: keys})())
    assert pager.needs_pager(text) is expected


def test_the_pager_gets_the_escaped_text(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    code = f"import sys, pathlib; pathlib.Path({str(seen)!r}).write_bytes(sys.stdin.buffer.read())"
    assert pager.page_text("a\x07b\nc", [sys.executable, "-c", code])
    assert seen.read_text() == "a\\x07b\nc\n"


def test_a_pager_that_is_left_early_is_no_error() -> None:
    assert pager.page_text("x\n" * 100_000, [sys.executable, "-c", "pass"])


@pytest.mark.parametrize("command", [["no-such-pager-here"], ["/bin/sh", "-c", "no-such-pager-here 2>/dev/null"]])
def test_a_pager_that_cannot_start_says_so(command: list[str]) -> None:
    assert not pager.page_text("text", command)
