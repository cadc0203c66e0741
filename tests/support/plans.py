"""Read JSON plans and the sandbox's log of calls, so that emulator tests can compare them."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from reconciler.sandbox.call_log import IDENTIFYING_PARAMETERS
from tests.support.account import Account

Changes = dict[str, tuple[str, list[str]]]


def changes_of(plan: Any) -> Changes:
    """Return address → (action, the paths of its fields)."""
    return {
        change["address"]: (change["action"], [field["path"] for field in change["fields"]])
        for change in plan["changes"]
    }


def calls_of(plan: Any) -> list[dict[str, Any]]:
    """Return every call of the plan, in the order of `seq`."""
    calls = [call for change in plan["changes"] for call in change["calls"]]
    return sorted(calls, key=lambda call: call["seq"])


def operations_of(plan: Any, address: str | None = None) -> list[str]:
    """Return the operations of the plan (or of one change), in order."""
    changes = {"changes": [change for change in plan["changes"] if address in (None, change["address"])]}
    return [call["operation"] for call in calls_of(changes)]


def log_lines_of(plan: Any) -> list[str]:
    """Return the calls of the plan as the sandbox's log writes them."""
    return [
        " ".join(
            [
                call["operation"],
                *(call["parameters"][key] for key in IDENTIFYING_PARAMETERS if key in call["parameters"]),
            ]
        )
        for call in calls_of(plan)
    ]


def read_log(account: Account) -> list[str]:
    """Return the calls since `account.clear_calls()`, in order."""
    with urllib.request.urlopen(f"{account.sandbox.url}/_sandbox/stats") as answer:
        lines: list[str] = json.load(answer)["log"]
    return lines


def is_read(line: str) -> bool:
    return line.startswith(("Get", "List"))


def list_writes(account: Account) -> list[str]:
    """Return the writes since `account.clear_calls()`, in order."""
    return [line for line in read_log(account) if not is_read(line)]


def findings_of(plan: Any, level: str = "error") -> list[dict[str, Any]]:
    return [finding for finding in plan["findings"] if finding["level"] == level]


def codes_of(plan: Any, level: str = "error") -> list[str]:
    return [finding["code"] for finding in findings_of(plan, level)]


def assert_made_as_planned(account: Account, plan: Any) -> None:
    """Check that exactly the plan's calls were made since `account.clear_calls()`, in order for each entity."""
    made = list_writes(account)
    assert sorted(made) == sorted(log_lines_of(plan))
    for change in plan["changes"]:
        own = log_lines_of({"changes": [change]})
        assert [line for line in made if line in own] == own
