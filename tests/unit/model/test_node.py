"""Maps of a file keep the places of their entries, few or many, however the entries came."""

from __future__ import annotations

import pytest

from reconciler.model.node import Map, pack_mark

COUNTS = [1, 16, 17, 40]
"""Numbers of keys on either side of the size from which a map has a table of its keys."""


def make_map(count: int) -> Map:
    """Return a map whose entry `key7` is on line 8, its key in column 1 and its value in column 9."""
    entries = Map("iam.yaml", pack_mark(1, 1))
    for number in range(count):
        put_entry(entries, number)
    return entries


def put_entry(entries: Map, number: int, line: int = 0) -> None:
    line = line or number + 1
    entries.put(f"key{number}", number, pack_mark(line, 1), pack_mark(line, 9))


def list_lines(entries: Map) -> list[int]:
    """Return the line of each entry, after a check of both of its columns."""
    places = [(entries.place_of(key, of_key=True), entries.place_of(key)) for key in entries]
    assert all((key.line, key.column, value.column) == (value.line, 1, 9) for key, value in places)
    return [key.line for key, _ in places]


@pytest.mark.parametrize("count", COUNTS)
def test_each_entry_has_its_own_place(count: int) -> None:
    assert list_lines(make_map(count)) == list(range(1, count + 1))


@pytest.mark.parametrize("count", COUNTS)
def test_an_entry_that_is_put_after_a_look_up_is_found(count: int) -> None:
    entries = make_map(count)
    list_lines(entries)
    put_entry(entries, count)
    assert list_lines(entries) == list(range(1, count + 2))


@pytest.mark.parametrize("count", COUNTS)
def test_an_entry_that_is_put_again_has_its_new_place_and_the_others_keep_theirs(count: int) -> None:
    entries = make_map(count)
    put_entry(entries, 0, line=99)
    assert list_lines(entries) == [99, *range(2, count + 1)]


@pytest.mark.parametrize("count", COUNTS)
def test_copied_entries_keep_their_places_in_another_order(count: int) -> None:
    entries, copies = make_map(count), Map("other.yaml", pack_mark(1, 1))
    for key in reversed(entries):
        copies.copy_entry(entries, key)
    assert list_lines(copies) == list(range(count, 0, -1))
    assert {copies.place_of(key).file for key in copies} == {"iam.yaml"}


@pytest.mark.parametrize("count", COUNTS)
def test_a_key_that_is_not_there_has_the_place_of_the_map(count: int) -> None:
    entries = make_map(count)
    assert entries.place_of("other") == entries.place_of()
    with pytest.raises(KeyError):
        entries.mark_of("other")
