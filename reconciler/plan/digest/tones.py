"""Judge how risky each line of a plan is. Losing access is never a danger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum

from reconciler.model.permissions import PermissionRow
from reconciler.model.plan import Action, Change, Plan
from reconciler.plan.access.risk import judge_row


class Tone(IntEnum):
    """The risk of a line. SAFE: it narrows, or is new without widening. PLAIN: it does neither."""

    PLAIN = 0
    SAFE = 1
    WIDENS = 2
    DANGER = 3


def judge_permission_tone(row: PermissionRow) -> Tone:
    """Return the tone of a permission that somebody gains, loses, or has on other conditions."""
    if not row.widens:
        return Tone.SAFE
    return Tone.DANGER if judge_row(row).is_high else Tone.WIDENS


def judge_changes(plan: Plan) -> Mapping[str, Tone]:
    """Return the tone of each change, by its address: that of the gravest reason or permission that it causes."""
    tones: dict[str, Tone] = {}
    for reason in plan.risk.reasons:
        _raise_tone(tones, str(reason.address), Tone.DANGER if reason.is_high else Tone.WIDENS)
    permissions = plan.access.permissions
    for row in (*permissions.gained, *permissions.changed, *permissions.lost):
        tone = judge_permission_tone(row)
        for address in _find_causes(row):
            _raise_tone(tones, address, tone)
    for groups, tone in ((plan.access.lost_groups, Tone.SAFE), (plan.access.gained_groups, Tone.WIDENS)):
        for group in groups:
            for role in group.roles:
                _raise_tone(tones, role, tone)
    for change in plan.changes:
        _raise_tone(tones, str(change.address), _judge_alone(change))
    return tones


def _raise_tone(tones: dict[str, Tone], address: str, tone: Tone) -> None:
    tones[address] = max(tone, tones.get(address, Tone.PLAIN))


def _find_causes(row: PermissionRow) -> Iterable[str]:
    """Return the addresses of the policies, groups and boundaries that make the difference."""
    return (word for source in row.via for word in source.split() if "/" in word)


def _judge_alone(change: Change) -> Tone:
    return Tone.SAFE if change.action in (Action.CREATE, Action.DELETE) else Tone.PLAIN
