"""The lines of the JSON log: short enough for log stores, and of one account each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconciler.cli.json_log import JsonLog
from reconciler.model.address import Address
from reconciler.model.problem import Level, Problem
from reconciler.model.trace import TraceContext


def read_lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_the_logs_of_two_accounts_share_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    trace = TraceContext("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")
    prod, staging = JsonLog("apply", trace, "prod"), JsonLog("apply", trace, "staging")
    prod.account = "111111111111"
    prod.notice("one")
    staging.notice("two")
    prod.notice("three")
    rows = [(line["name"], line.get("account"), line["message"]) for line in read_lines(capsys)]
    assert rows == [
        ("prod", "111111111111", "one"),
        ("staging", None, "two"),
        ("prod", "111111111111", "three"),
    ]


def test_a_long_list_and_a_long_message_are_cut_and_the_rest_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    addresses = tuple(Address("user", f"u{number}") for number in range(1000))
    calls = tuple(range(1, 151))
    problem = Problem(Level.ERROR, "order-excess", "x" * 100_000, addresses=addresses, calls=calls)
    JsonLog("plan").report_problems([problem])
    (line,) = read_lines(capsys)
    assert [len(line[name]) for name in ("addresses", "seqs")] == [100, 100]  # type: ignore[arg-type]
    assert (line["left_out"], len(str(line["message"]))) == (950, 8002)


def test_control_characters_do_not_leave_their_line(capsys: pytest.CaptureFixture[str]) -> None:
    JsonLog("plan").notice("a\nb\r\x1b[2J\u2028\u202e\x00\x85##[error]\ud800")
    said = capsys.readouterr().err
    assert said.endswith("}\n")
    assert said[:-1].isprintable()
    assert "##[" not in said
    assert json.loads(said)["message"].startswith("a\nb\r\x1b[2J\u2028\u202e\x00\x85##[error]")


def test_a_closed_stderr_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs a device that is always full")
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        monkeypatch.setattr("sys.stderr", full)
        for _ in range(3):
            JsonLog("plan").notice("nobody reads this")
