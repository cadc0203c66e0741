"""Reading JSON plans and the sandbox's log of calls, as the emulator tier compares them."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from reconciler.sandbox.tally import IDENTIFYING
from tests.support.account import Account

Changes = dict[str, tuple[str, list[str]]]


def changes(plan: Any) -> Changes:
    """address → (action, the paths of its fields)."""
    return {
        change["address"]: (change["action"], [field["path"] for field in change["fields"]])
        for change in plan["changes"]
    }


def calls(plan: Any) -> list[dict[str, Any]]:
    """Every call of the plan, in the order of `seq`."""
    found = [call for change in plan["changes"] for call in change["calls"]]
    return sorted(found, key=lambda call: call["seq"])


def operations(plan: Any, address: str | None = None) -> list[str]:
    """The operations of the plan (or of one change), in order."""
    listed = {"changes": [change for change in plan["changes"] if address in (None, change["address"])]}
    return [call["operation"] for call in calls(listed)]


def lines(plan: Any) -> list[str]:
    """The calls of the plan as the sandbox's log would say them."""
    return [
        " ".join([call["operation"], *(call["parameters"][key] for key in IDENTIFYING if key in call["parameters"])])
        for call in calls(plan)
    ]


def log(account: Account) -> list[str]:
    """What was called since `account.zero()`, in order."""
    with urllib.request.urlopen(f"{account.sandbox.url}/_sandbox/stats") as answer:
        said: list[str] = json.load(answer)["log"]
    return said


def is_read(line: str) -> bool:
    return line.startswith(("Get", "List"))


def writes(account: Account) -> list[str]:
    """The calls since `account.zero()` that were no reads, in order."""
    return [line for line in log(account) if not is_read(line)]


def findings(plan: Any, level: str = "error") -> list[dict[str, Any]]:
    return [finding for finding in plan["findings"] if finding["level"] == level]


def codes(plan: Any, level: str = "error") -> list[str]:
    return [finding["code"] for finding in findings(plan, level)]


def assert_made_as_planned(account: Account, plan: Any) -> None:
    """Exactly the calls of the plan since `account.zero()`, those of one entity in its order."""
    made = writes(account)
    assert sorted(made) == sorted(lines(plan))
    for change in plan["changes"]:
        own = lines({"changes": [change]})
        assert [line for line in made if line in own] == own
