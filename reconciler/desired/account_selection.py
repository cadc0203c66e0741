"""Select the entries of a file that are for one account of an organization, by their keys `accounts` and `except`.

Both keys are taken out before files are merged. So two files may declare the same entity for different accounts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.model.member_account import Membership
from reconciler.model.node import Map, Seq
from reconciler.model.problem import Level, Place, Problem
from reconciler.model.suggest import suggest_word

ACCOUNTS, EXCEPT = "accounts", "except"


def _make_patterns(description: str) -> dict[str, Any]:
    return {
        "type": "array",
        "minItems": 1,
        "items": {"type": "string", "minLength": 1},
        "description": description,
        "examples": [["prod", "stag*"]],
    }


SCHEMA: dict[str, Any] = {
    ACCOUNTS: _make_patterns("The accounts of `organization` that have this entry: names with * and ?, or ids."),
    EXCEPT: _make_patterns("The accounts of `organization` that do not have this entry: names with * and ?, or ids."),
}
"""The two keys, in the schema of an entry."""


def select_entries(root: Map, membership: Membership | None, problems: list[Problem]) -> Map:
    """Return a file's tree with the entries of one account, without the two keys. Add problems.

    membership: None if the file is not read for an organization; an entry with one of the keys is then a problem.
    """
    if not any(_may_select(value) for value in root.values()):
        return root
    from reconciler.kinds.registry import KINDS_BY_SECTION, SINGLE_ENTRY_SECTIONS  # completion does without

    result = root
    for section in (*KINDS_BY_SECTION, "aliases"):
        entries = root.get(section)
        if not isinstance(entries, Map):
            continue
        is_single = section in SINGLE_ENTRY_SECTIONS
        nodes = [entries] if is_single else [entry for entry in entries.values() if isinstance(entry, Map)]
        if not any(ACCOUNTS in node or EXCEPT in node for node in nodes):
            continue
        if result is root:
            result = _copy_without(root, ())
        if is_single:
            selected = _select_entry(entries, membership, problems)
            result = _copy_without(result, (section,) if selected is None else ())
            if selected is not None:
                result[section] = selected
        else:
            result[section] = _select_section(entries, membership, problems)
    return result


def _may_select(section: object) -> bool:
    """Return whether a section, or an entry of it, has one of the two keys."""
    if not isinstance(section, Map):
        return False
    return any(ACCOUNTS in node or EXCEPT in node for node in (section, *section.values()) if isinstance(node, Map))


def _select_section(entries: Map, membership: Membership | None, problems: list[Problem]) -> Map:
    kept: dict[str, object] = {}
    for name, entry in entries.items():
        value = _select_entry(entry, membership, problems) if isinstance(entry, Map) else entry
        if value is not None or entry is None:
            kept[name] = value
    section = _copy_without(entries, [name for name in entries if name not in kept])
    section.update(kept)
    return section


def _select_entry(entry: Map, membership: Membership | None, problems: list[Problem]) -> Map | None:
    """Return an entry without the two keys; None if it is not for this account."""
    if not is_for_account(entry, membership, problems):
        return None
    return _copy_without(entry, (ACCOUNTS, EXCEPT)) if ACCOUNTS in entry or EXCEPT in entry else entry


def is_for_account(entry: Map, membership: Membership | None, problems: list[Problem]) -> bool:
    """Return whether an entry is for this account, by its two keys. Add problems of these."""
    is_meant = True
    for key in (ACCOUNTS, EXCEPT):
        if key not in entry:
            continue
        patterns = list(_read_patterns(entry, key, problems))
        if membership is None:
            problems.append(_make_no_organization(entry, key))
            continue
        if membership.is_complete:
            problems += _find_unmatched(patterns, membership)
        matches = any(membership.account.matches(pattern) for pattern, _ in patterns)
        is_meant = is_meant and matches is (key == ACCOUNTS)
    return is_meant


def _read_patterns(entry: Map, key: str, problems: list[Problem]) -> Iterator[tuple[str, Place]]:
    """Yield the patterns of a list. Anything else is a problem: it must not select every account."""
    written = entry[key]
    if not isinstance(written, Seq) or not written:
        hint = f"Write a list of accounts: `{key}: [prod, stag*]`"
        summary = f"`{key}` is not a list of accounts."
        problems.append(Problem(Level.ERROR, "bad-accounts", summary, "", hint, entry.place_of(key)))
        return
    for index, value in enumerate(written):
        if isinstance(value, str) and value:
            yield value, written.place_of(index)
        else:
            hint = "Quote an account id." if isinstance(value, int) else ""
            summary = f"{value!r} in `{key}` is not the name of an account."
            problems.append(Problem(Level.ERROR, "bad-accounts", summary, "", hint, written.place_of(index)))


def _find_unmatched(patterns: list[tuple[str, Place]], membership: Membership) -> Iterator[Problem]:
    for pattern, place in patterns:
        if not membership.has_match(pattern):
            close = suggest_word(pattern, [account.name for account in membership.all_accounts])
            hint = f"Did you mean {close!r}?" if close else "Name an account of `organization`, or leave it out."
            yield Problem(
                Level.ERROR, "unknown-account", f"{pattern!r} matches no account of the organization.", "", hint, place
            )


def _make_no_organization(entry: Map, key: str) -> Problem:
    return Problem(
        Level.ERROR,
        "no-organization",
        f"`{key}` selects accounts of an organization, and this file is read for a single account.",
        "",
        "Name the file that has `organization:`, or remove the key.",
        entry.place_of(key, of_key=True),
    )


def _copy_without(value: Map, left_out: tuple[str, ...] | list[str]) -> Map:
    """Return a copy of one level without some keys, because a YAML anchor may share the map."""
    copy = Map(value.file, value.start)
    for key in value:
        if key not in left_out:
            copy.copy_entry(value, key)
    return copy
