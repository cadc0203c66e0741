"""A file that is not a journal, or no longer one, is told apart from one: never half believed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from reconciler.model.address import Address
from reconciler.model.desired import Declaration, Desired, Settings
from reconciler.model.entity import Group
from reconciler.model.live import State
from reconciler.model.problem import Place
from reconciler.plan.build import build_plan
from reconciler.plan.options import PlanOptions
from reconciler.plan.saved.journal import read_runs
from reconciler.plan.saved.saved_plan import to_saved_section
from reconciler.plan.saved.undo import merge_runs
from reconciler.render.plan_json import plan_to_dict

ACCOUNT = "123456789012"


def lines() -> list[dict[str, Any]]:
    """The journal of an apply that made one group."""
    group = Group("g", "/me/")
    declared = {group.address: Declaration(Place("roles.yaml", 1, 1))}
    desired = Desired(State(ACCOUNT, "aws", {group.address: group}), "me", Settings(), declared, {})
    plan = build_plan(desired, State(ACCOUNT, "aws", {}), PlanOptions())
    document = json.loads(json.dumps(plan_to_dict(plan) | {"saved": to_saved_section(plan)}))
    return [
        {"event": "plan", "time": "2026-01-01T12:00:00", "journal_version": 1, "plan": document},
        {"event": "starts", "seq": 1, "address": "group/g"},
        {"event": "ends", "seq": 1, "address": "group/g", "ending": "done"},
    ]


def format_records(records: list[dict[str, Any]]) -> list[str]:
    return [f"{json.dumps(record)}\n" for record in records]


def test_a_journal_says_what_was_touched() -> None:
    run = merge_runs(read_runs(format_records(lines())))
    assert run is not None
    assert run.touched == {Address("group", "g")}


BROKEN: dict[str, Callable[[list[dict[str, Any]]], object]] = {
    "a call of what the plan does not touch": lambda records: records[1].update(address="group/other"),
    "a call of what no plan could touch": lambda records: records[1].update(address="GROUP/G"),
    "a call that the plan does not have": lambda records: records[1].update(seq=9),
    "an end without a beginning": lambda records: records[2].update(seq=2, ending="failed"),
    "a version of the future": lambda records: records[0].update(journal_version=2),
    "no plan": lambda records: records.pop(0),
    "a plan that is none": lambda records: records[0].update(plan=[]),
    "half a character in a name": lambda records: records[0]["plan"]["changes"][0]["calls"][0].update(
        operation="RemoveUserFromGroup", parameters={"UserName": "\ud800", "GroupName": "g"}
    ),
    "a number that JSON does not have": lambda records: records[0].update(more=float("nan")),
    "nothing": lambda records: records.clear(),
}


@pytest.mark.parametrize("spoil", BROKEN.values(), ids=BROKEN)
def test_what_is_not_a_journal_is_refused_with_an_error_that_the_reader_expects(
    spoil: Callable[[list[dict[str, Any]]], object],
) -> None:
    records = lines()
    spoil(records)
    with pytest.raises((ValueError, KeyError, TypeError, AttributeError, IndexError)):
        read_runs(format_records(records))
