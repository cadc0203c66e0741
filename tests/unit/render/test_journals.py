"""Journals are listed with what a person asks of them: when, where, how much, and the command that takes it back."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from reconciler.model.listed_journal import ListedJournal
from reconciler.model.plan import Action
from reconciler.model.trace import TraceContext
from reconciler.render.journals import render_journals_json, render_journals_text


def journal(made: int = 4, planned: int = 4, **entities: int) -> ListedJournal:
    counts = {action: entities.get(action.value, 0) for action in Action}
    return ListedJournal(
        "/home/me/j.jsonl", "2026-01-02T12:30:01.5+00:00", "123456789012", None, None, counts, made, planned
    )


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (journal(create=2, update=1), "2 created, 1 updated, by 4 calls"),
        (journal(1, 1, delete=1), "1 deleted, by 1 call"),
        (journal(3, 5, adopt=3), "3 adopted, by 3 of 5 calls"),
        (journal(0, 2), "nothing, by 0 of 2 calls"),
    ],
)
def test_what_was_done_is_counted(one: ListedJournal, said: str) -> None:
    assert render_journals_text([one]).splitlines()[1] == f"    {said}"


def test_the_alias_and_the_owner_are_named_if_there_are_any() -> None:
    plain = journal(create=1)
    assert render_journals_text([plain]).splitlines()[0] == "2026-01-02 12:30:01 UTC  account 123456789012"
    named = ListedJournal(plain.path, plain.time, plain.account, "acme", "platform", plain.entities, 1, 1)
    assert render_journals_text([named]).splitlines()[0].endswith("  account 123456789012 (acme), owner platform")


def test_the_command_is_one_line_and_can_be_pasted() -> None:
    one = journal(create=1)
    path = f"/home/some body/{'state/' * 30}j.jsonl"
    long = ListedJournal(path, one.time, one.account, None, None, one.entities, 1, 1)
    assert render_journals_text([long], 80).splitlines()[-1] == f"    reconcile undo '{path}'"


def test_json_has_all_of_it() -> None:
    (row,) = json.loads(render_journals_json([journal(3, 5, create=2)]))
    assert row == {
        "journal": "/home/me/j.jsonl",
        "time": "2026-01-02T12:30:01.5+00:00",
        "account": "123456789012",
        "account_alias": None,
        "owner": None,
        "summary": {"create": 2, "update": 0, "delete": 0, "adopt": 0},
        "calls": {"made": 3, "planned": 5},
        "trace_id": None,
        "span_id": None,
    }


def test_a_journal_names_its_trace() -> None:
    traced = replace(
        journal(1, 1, create=1), trace=TraceContext("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")
    )
    assert render_journals_text([traced]).splitlines()[2] == "    trace 0af7651916cd43dd8448eb211c80319c"
    (row,) = json.loads(render_journals_json([traced]))
    assert (row["trace_id"], row["span_id"]) == ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")
