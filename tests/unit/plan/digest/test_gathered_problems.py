"""Thousands of slips of one kind are a page of text; a person reads each of a few, in their order."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.problem import Level, Place, Problem
from reconciler.plan.digest.gathered_problems import gather_problems


def slip(line: int, code: str = "unknown-action", level: Level = Level.WARNING, file: str = "a.json") -> Problem:
    return Problem(level, code, f"Action {line} is not in AWS's list.", "", "Check it.", Place(file, line, 1))


def test_fifty_slips_are_shown_one_by_one_and_the_others_counted() -> None:
    found = [slip(line, file=f"{line % 7}.json") for line in range(69_300)]
    *shown, last = gather_problems(found)
    assert shown == found[:50]
    assert last.place is None
    assert (last.level, last.code) == (Level.WARNING, "unknown-action")
    assert last.summary == "69,250 more of this kind (unknown-action) in 1.json, 2.json, 3.json and 4 more."
    assert last.hint == "`reconcile validate --format json` lists them."


def test_fifty_one_are_each_shown_because_a_count_would_be_no_shorter() -> None:
    found = [slip(line) for line in range(51)]
    assert gather_problems(found) == found


def test_every_kind_is_counted_for_itself_and_the_order_stays() -> None:
    found = [slip(line, code, level) for line in range(30) for code, level in KINDS]
    assert gather_problems(found) == found


KINDS = [("unknown-action", Level.WARNING), ("invalid-action", Level.ERROR), ("unknown-action", Level.ERROR)]


def test_the_count_stands_after_the_last_that_is_shown() -> None:
    other = slip(1000, "other")
    *shown, counted, last = gather_problems([*map(slip, range(90)), other])
    assert len(shown) == 50
    assert counted.summary == "40 more of this kind (unknown-action) in a.json."
    assert last == other


def test_what_stands_in_no_file_is_never_counted() -> None:
    found = [replace(slip(line), place=None) for line in range(200)]
    assert gather_problems(found) == found
