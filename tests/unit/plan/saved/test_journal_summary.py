"""A journal is summed up without its entities: when, in which account, how much; what is not a journal is refused."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.plan.saved.journal_summary import summarize_journal
from tests.unit.plan.saved.test_journal import ACCOUNT, BROKEN, format_records, lines

NOT_SUMMED_UP = ("a call that the plan does not have", "half a character in a name")
"""Only an undo, which reads the whole plan, can tell these."""


def run_of(**plan: Any) -> list[dict[str, Any]]:
    records = lines()
    records[0]["plan"] |= plan
    return records


def test_a_run_is_summed_up() -> None:
    one = summarize_journal("j", format_records(run_of(account_alias="acme")))
    assert (one.time, one.account, one.alias, one.owner) == ("2026-01-01T12:00:00", ACCOUNT, "acme", "me")
    assert (one.entities, one.made, one.planned) == ({"create": 1, "update": 0, "delete": 0, "adopt": 0}, 1, 1)


def test_a_journal_of_an_earlier_version_has_no_alias() -> None:
    records = lines()
    del records[0]["plan"]["account_alias"]
    assert summarize_journal("j", format_records(records)).alias is None


def test_what_was_not_done_does_not_count() -> None:
    plan, start, end = lines()
    for records in ([plan], [plan, start, end | {"ending": "failed"}]):
        one = summarize_journal("j", format_records(records))
        assert (one.entities["create"], one.made, one.planned) == (0, 0, 1)
    unclear = summarize_journal("j", [*format_records([plan, start]), '{"event": "ends", "se'])
    assert (unclear.entities["create"], unclear.made) == (1, 1)


def test_an_entity_that_two_runs_touch_counts_once() -> None:
    one = summarize_journal("j", format_records([*lines(), *lines()]))
    assert (one.entities["create"], one.made, one.planned) == (1, 2, 2)


@pytest.mark.parametrize("name", [name for name in BROKEN if name not in NOT_SUMMED_UP])
def test_what_is_not_a_journal_is_refused(name: str) -> None:
    records = lines()
    BROKEN[name](records)
    with pytest.raises((ValueError, LookupError, TypeError, AttributeError)):
        summarize_journal("j", format_records(records))
