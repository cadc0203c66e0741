"""Render the MFA devices of users as text or JSON. It decides nothing."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model.escape import escape_line, escape_lines
from reconciler.model.mfa_readiness import MfaReadiness, MfaStatus, MfaUser
from reconciler.model.wrap import wrap_line
from reconciler.render.json_text import dump_json
from reconciler.render.paint import YELLOW, paint_line
from reconciler.render.problems import problem_to_dict
from reconciler.render.problems import render_problems as problems_text

_READINESS_TEXTS = {
    MfaReadiness.MISSING: "no device",
    MfaReadiness.UNKNOWN: "no virtual device",
    MfaReadiness.ABSENT: "not created yet",
}


def render_status_text(status: MfaStatus, *, color: bool = False, width: int | None = None) -> str:
    """Return a line for each user, then totals and advice. `!` marks a user that must use MFA and cannot.

    width: columns at which lines are wrapped.
    """
    longest = max((len(one.user) for one in status.users), default=0)
    lines = [line for one in status.users for line in _render_holder(one, longest, color, width)]
    if lines:
        lines.append("")
    lines += _render_unassigned(status, width)
    if status.notes:
        lines += [problems_text(status.notes, color=color, width=width), ""]
    for sentence in (_format_totals(status), *_list_advice(status)):
        lines += wrap_line(sentence, width, "")
    return escape_lines("\n".join(lines), colors=color)


def _render_holder(holder: MfaUser, longest: int, color: bool, width: int | None) -> list[str]:
    lacks_device = bool(holder.reasons) and holder.readiness is not MfaReadiness.READY
    mark = "!" if lacks_device else " "
    devices = ", ".join(f"{device.kind} {device.serial}" for device in holder.devices)
    listed = [f"for {reason}" if reason.startswith("role/") else reason for reason in holder.reasons]
    reasons = f" ({'; '.join(listed)})" if listed else ""
    text = f"{mark} {holder.user:{longest}}  {devices or _READINESS_TEXTS[holder.readiness]}{reasons}"
    wrapped = wrap_line(escape_line(text), width, "      ")
    return [paint_line(line, YELLOW if lacks_device else None, color) for line in wrapped]


def _render_unassigned(status: MfaStatus, width: int | None) -> list[str]:
    sentences = (f"Not assigned to any user: {escape_line(serial)}" for serial in status.unassigned_devices)
    lines = [line for sentence in sentences for line in wrap_line(sentence, width)]
    return [*lines, ""] if lines else []


def _format_totals(status: MfaStatus) -> str:
    count = dict.fromkeys(MfaReadiness, 0)
    for one in status.users:
        count[one.readiness] += 1
    parts = [
        f"{count[MfaReadiness.READY]} with a device that gives codes",
        f"{count[MfaReadiness.MISSING]} without a device",
        *(f"{count[kind]} {word}" for kind, word in _RARE_READINESS_TEXTS.items() if count[kind]),
    ]
    users = len(status.users)
    return f"{users} user{'' if users == 1 else 's'}: {', '.join(parts)}."


_RARE_READINESS_TEXTS = {
    MfaReadiness.PASSKEY: "with passkeys only",
    MfaReadiness.UNKNOWN: "not known",
    MfaReadiness.ABSENT: "not created yet",
}


def _list_advice(status: MfaStatus) -> Iterator[str]:
    if any(one.reasons and one.readiness is not MfaReadiness.READY for one in status.users):
        yield "Users marked with ! must use MFA by the file, and have no device that gives codes."
    if any(one.readiness in (MfaReadiness.MISSING, MfaReadiness.PASSKEY) for one in status.users):
        yield "Enrol a virtual device with `reconcile mfa enroll USER`."
        yield "Passkeys work in the console only: no API can enrol them, and they give no codes."
    unknown = [one.user for one in status.users if one.readiness is MfaReadiness.UNKNOWN]
    if unknown and not status.notes:
        yield f"To see other kinds of devices, name the users: `reconcile mfa status {escape_line(unknown[0])}`."


def render_status_json(status: MfaStatus) -> str:
    """Return the status as JSON, with a `standing` for each user."""
    users = [
        {
            "user": one.user,
            "standing": str(one.readiness),
            "must_use_mfa": bool(one.reasons),
            "reasons": list(one.reasons),
            "devices": [{"kind": device.kind, "serial": device.serial} for device in one.devices],
            "complete": one.complete,
        }
        for one in status.users
    ]
    document = {
        "format_version": 1,
        "account": status.account,
        "users": users,
        "left_over": list(status.unassigned_devices),
        "findings": [problem_to_dict(note) for note in status.notes],
    }
    return dump_json(document, indent=2)
