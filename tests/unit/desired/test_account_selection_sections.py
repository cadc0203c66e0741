"""The sections whose entries may be for some accounts are those that the kinds declare, and `aliases`."""

from __future__ import annotations

from reconciler.desired.account_selection import SINGLE_ENTRIES, WITHOUT_ENTRIES
from reconciler.desired.schema import build_schema
from reconciler.kinds.registry import KINDS_BY_SECTION, SINGLE_ENTRY_SECTIONS


def test_every_section_of_entries_is_known() -> None:
    assert {*build_schema()["properties"]} - WITHOUT_ENTRIES == {*KINDS_BY_SECTION, "aliases"}


def test_the_sections_of_a_single_entry_are_known() -> None:
    assert SINGLE_ENTRIES == SINGLE_ENTRY_SECTIONS
