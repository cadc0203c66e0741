"""Put each permission that a plan gives or takes into one line: `role/app  s3: 14 write actions on arn:aws:s3:::b`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from reconciler.model.permissions import ActionPattern, PermissionRow, PermissionRows
from reconciler.model.sentence import format_list

_MAX_NAMED = 3
"""The number of principals, actions, resources or conditions that a line names."""


def describe_permissions(rows: PermissionRows) -> Iterator[tuple[str, str]]:
    """Yield the sign and the text of each row."""
    for sign, group in (("+", rows.gained), ("~", rows.changed), ("-", rows.lost)):
        for row in group:
            yield sign, describe_permission(row)


def describe_permission(row: PermissionRow) -> str:
    """Return one row as a line without its sign."""
    return f"{describe_principals(row)}  {describe_scope(row)}{_describe_notes(row)}"


def describe_gain(row: PermissionRow) -> str:
    """Return one row that widens as a sentence: `role/app gains s3:PutObject on *`."""
    verb = "gains " if row.before is None else ""
    return f"{describe_principals(row)} {verb}{describe_scope(row)}"


def describe_scope(row: PermissionRow) -> str:
    """Return the actions, the resources and the conditions of a row."""
    return f"{_describe_actions(row)}{_describe_resources(row)}{_describe_terms(row)}"


def describe_principals(row: PermissionRow) -> str:
    """Return `role/app`, `group/interns (7 users)` or `812 users (alice, bob, carol …)`."""
    if len(row.principals) == 1:
        return row.principals[0]
    counts = Counter(name.partition("/")[0] for name in row.principals)
    counted = " and ".join(f"{number} {kind}{'s' if number > 1 else ''}" for kind, number in sorted(counts.items()))
    if row.group:
        return f"{row.group} ({counted})"
    names = [name.partition("/")[2] for name in row.principals[:_MAX_NAMED]]
    return f"{counted} ({', '.join(names)}{' …' if len(row.principals) > _MAX_NAMED else ''})"


def _describe_actions(row: PermissionRow) -> str:
    """Return one action by its name, several by their number and levels; patterns that no list knows as they are."""
    if row.unread:
        return f"what {format_list(row.unread, _MAX_NAMED)} allows, whose content is not known"
    if not row.actions:
        return format_list(map(_describe_pattern, row.patterns), _MAX_NAMED)
    if len(row.actions) == 1:
        return row.actions[0]
    return f"{row.service}: {', '.join(f'{number} {level}' for level, number in row.counts)} actions"


def _describe_pattern(pattern: ActionPattern) -> str:
    if not pattern.exceptions:
        return pattern.pattern
    return f"{pattern.pattern} except {format_list(pattern.exceptions, _MAX_NAMED)}"


def _describe_resources(row: PermissionRow) -> str:
    if row.unread:
        return ""
    if row.resources == ("*",) and not row.not_resources and row.before is not None and row.after is not None:
        return ""
    text = f" on {format_list(row.resources, _MAX_NAMED)}"
    return f"{text} except {format_list(row.not_resources, _MAX_NAMED)}" if row.not_resources else text


def _describe_terms(row: PermissionRow) -> str:
    """Return the conditions: `, if …` for a permission that comes or goes, else how they were and are."""
    if row.before is None or row.after is None:
        return f", if {_join_terms(row.conditions)}" if row.conditions else ""
    if not row.after:
        return f": no longer only if {_join_terms(row.before)}"
    if not row.before:
        return f": now only if {_join_terms(row.after)}"
    return f": now if {_join_terms(row.after)} (before: {_join_terms(row.before)})"


def _join_terms(terms: tuple[str, ...]) -> str:
    return " or ".join(terms)


def _describe_notes(row: PermissionRow) -> str:
    names = [action.partition(":")[2] for action in row.actions[:_MAX_NAMED]] if len(row.actions) > 1 else []
    listed = f"  ({', '.join(names)}{', …' if len(row.actions) > _MAX_NAMED else ''})" if names else ""
    data = "  [data]" if row.has_data else ""
    return f"{listed}{data}{'' if row.decided else '  [at most]'}"
