"""Put each permission that a plan gives or takes into one line: `role/app  s3: 14 write actions on arn:aws:s3:::b`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from reconciler.model.permissions import LEVELS, ActionPattern, PermissionRow, PermissionRows
from reconciler.model.sentence import format_list
from reconciler.plan.access.assume_words import shorten_policy

_MAX_NAMED = 3
"""The number of principals, actions, services, resources or conditions that a line names."""

RowGroup = tuple[PermissionRow, ...]
"""Rows that differ in their services and actions only; one line describes them."""


def describe_permission_groups(rows: PermissionRows, effect: str = "allow") -> Iterator[tuple[str, RowGroup, str]]:
    """Yield the sign, the rows and the text of each line. effect: "deny" if the rows are what Denies refuse."""
    for sign, listed in (("+", rows.gained), ("~", rows.changed), ("-", rows.lost)):
        for group in group_by_service(listed):
            notes = _describe_notes(group)
            yield sign, group, f"{describe_principals(group[0])}  {_describe_scope(group, effect)}{notes}"


def describe_gain(group: RowGroup) -> str:
    """Return rows that widen as a sentence: `role/app gains s3:PutObject on *`."""
    first = group[0]
    verb = ("gain " if len(first.principals) > 1 and not first.group else "gains ") if first.before is None else ""
    return f"{describe_principals(first)} {verb}{_describe_scope(group)}"


def group_by_service(rows: Iterable[PermissionRow]) -> list[RowGroup]:
    """Return rows by what they are about: those of many services, with nothing else different, are one group."""
    groups: defaultdict[object, list[PermissionRow]] = defaultdict(list)
    for row in rows:
        scope = (row.resources, row.not_resources, row.before, row.after, row.unread, row.stopped_by, row.limited_by)
        groups[row.principals, scope, row.direction, row.decided, row.via].append(row)
    return [
        part
        for group in groups.values()
        for part in ([tuple(group)] if len(group) > _MAX_NAMED else [(row,) for row in group])
    ]


def _describe_scope(group: RowGroup, effect: str = "allow") -> str:
    """Return the actions, the resources and the conditions of some rows."""
    return f"{_describe_actions(group, effect)}{_describe_resources(group[0])}{_describe_terms(group[0])}"


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


_ONE_POLICY = {"allow": "allows", "deny": "denies"}


def _describe_actions(group: RowGroup, effect: str) -> str:
    """Return one action by its name, several by their number and levels; patterns that no list knows as they are."""
    row = group[0]
    if row.unread:
        verb = _ONE_POLICY[effect] if len(row.unread) == 1 else effect
        return f"what {format_list(row.unread, _MAX_NAMED)} {verb}, whose content is not known"
    if len(group) > 1:
        counts = Counter[str]()
        for one in group:
            counts.update(dict(one.counts))
        return f"{len(group)} services: {_format_counts([(level, counts[level]) for level in LEVELS if counts[level]])}"
    if not row.actions:
        return format_list(map(_describe_pattern, row.patterns), _MAX_NAMED)
    return row.actions[0] if len(row.actions) == 1 else f"{row.service}: {_format_counts(row.counts)}"


def _format_counts(counts: Iterable[tuple[str, int]]) -> str:
    return f"{', '.join(f'{number} {level}' for level, number in counts)} actions"


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
        return f", {join_terms(row.conditions)}" if row.conditions else ""
    if not row.after:
        lifted = name_refusals(row.before)
        return f": now also if {lifted}" if lifted else f": no longer only {join_terms(row.before)}"
    if not row.before:
        added = name_refusals(row.after)
        return f": no longer if {added}" if added else f": now only {join_terms(row.after)}"
    return f": now {join_terms(row.after)} (before: {join_terms(row.before)})"


_UNLESS = "unless "

_UNREAD = "policy:"
"""The prefix of a part of a term that stands for the unknown content of a policy."""


def join_terms(terms: Sequence[str], joiner: str = " or ") -> str:
    """Return `if A or B, unless C or D`: one of A and B is enough to allow, one of C and D to refuse.

    joiner: stands between A and B; ` and ` if both are needed.
    """
    allowing = [_name_policies(term, "allows") for term in terms if not term.startswith(_UNLESS)]
    refusing = [_name_policies(term.removeprefix(_UNLESS), "denies") for term in terms if term.startswith(_UNLESS)]
    clauses = (("if", joiner.join(allowing)), ("unless", " or ".join(refusing)))
    return ", ".join(f"{word} {listed}" for word, listed in clauses if listed)


def name_refusals(terms: Sequence[str]) -> str:
    """Return the conditions under which Denies refuse; "" if an Allow has conditions, too."""
    if not all(term.startswith(_UNLESS) for term in terms):
        return ""
    return " or ".join(_name_policies(term.removeprefix(_UNLESS), "denies") for term in terms)


def _name_policies(term: str, verb: str) -> str:
    """Return a term with each policy of unknown content in words: `aws:ReadOnlyAccess allows it`."""
    return " and ".join(
        f"{shorten_policy(part.removeprefix(_UNREAD))} {verb} it" if part.startswith(_UNREAD) else part
        for part in term.split(" and ")
    )


def _describe_notes(group: RowGroup) -> str:
    """Return examples in brackets: of the services, or of the actions; and what else a reader must know."""
    row = group[0]
    names = [one.service for one in group] if len(group) > 1 else [name.partition(":")[2] for name in row.actions]
    more = ", …" if len(names) > _MAX_NAMED else ""
    listed = f"  ({', '.join(names[:_MAX_NAMED])}{more})" if len(names) > 1 else ""
    data = "  [data]" if any(one.has_data for one in group) else ""
    return f"{listed}{data}{'' if row.decided else '  [at most]'}{_describe_guardrails(row)}"


def _describe_guardrails(row: PermissionRow) -> str:
    if row.stopped_by:
        return f"  [stopped by {format_list(row.stopped_by, _MAX_NAMED)}]"
    return f"  [limited by {format_list(row.limited_by, _MAX_NAMED)}]" if row.limited_by else ""
