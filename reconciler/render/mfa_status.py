"""Who has which MFA devices → text for people, JSON for programs. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model.escape import escape_line, escape_lines
from reconciler.model.mfa_readiness import MfaReadiness, MfaStatus, MfaUser
from reconciler.model.wrap import wrap_line
from reconciler.render.json_text import dump_json
from reconciler.render.paint import YELLOW, paint_line
from reconciler.render.problems import problem_to_dict
from reconciler.render.problems import render_problems as problems_text

_STANDING_TEXTS = {
    MfaReadiness.MISSING: "no device",
    MfaReadiness.UNKNOWN: "no virtual device",
    MfaReadiness.ABSENT: "not created yet",
}


def render_status_text(status: MfaStatus, *, color: bool = False, width: int | None = None) -> str:
    """Return a line for each user, `!` before who must use MFA and cannot; then totals and what to do.

    width: where lines are wrapped.
    """
    longest = max((len(one.user) for one in status.users), default=0)
    lines = [line for one in status.users for line in _render_holder(one, longest, color, width)]
    if lines:
        lines.append("")
    lines += _render_left_over(status, width)
    if status.notes:
        lines += [problems_text(status.notes, color=color, width=width), ""]
    for sentence in (_format_totals(status), *_list_advice(status)):
        lines += wrap_line(sentence, width, "")
    return escape_lines("\n".join(lines), colors=color)


def _render_holder(holder: MfaUser, longest: int, color: bool, width: int | None) -> list[str]:
    must = bool(holder.reasons) and holder.readiness is not MfaReadiness.READY
    devices = ", ".join(f"{device.kind} {device.serial}" for device in holder.devices)
    told = [f"for {reason}" if reason.startswith("role/") else reason for reason in holder.reasons]
    reasons = f" ({'; '.join(told)})" if told else ""
    text = f"{'!' if must else ' '} {holder.user:{longest}}  {devices or _STANDING_TEXTS[holder.readiness]}{reasons}"
    wrapped = wrap_line(escape_line(text), width, "      ")
    return [paint_line(line, YELLOW if must else None, color) for line in wrapped]


def _render_left_over(status: MfaStatus, width: int | None) -> list[str]:
    said = (f"Left over, nobody has it: {escape_line(serial)}" for serial in status.unassigned_devices)
    lines = [line for one in said for line in wrap_line(one, width)]
    return [*lines, ""] if lines else []


def _format_totals(status: MfaStatus) -> str:
    count = dict.fromkeys(MfaReadiness, 0)
    for one in status.users:
        count[one.readiness] += 1
    said = [
        f"{count[MfaReadiness.READY]} with a device that gives codes",
        f"{count[MfaReadiness.MISSING]} without a device",
        *(f"{count[kind]} {word}" for kind, word in _RARE_STANDINGS.items() if count[kind]),
    ]
    users = len(status.users)
    return f"{users} user{'' if users == 1 else 's'}: {', '.join(said)}."


_RARE_STANDINGS = {
    MfaReadiness.PASSKEY: "with passkeys only",
    MfaReadiness.UNKNOWN: "not known",
    MfaReadiness.ABSENT: "not created yet",
}


def _list_advice(status: MfaStatus) -> Iterator[str]:
    if any(one.reasons and one.readiness is not MfaReadiness.READY for one in status.users):
        yield "Marked with !: must use MFA by the file, and cannot yet."
    if any(one.readiness in (MfaReadiness.MISSING, MfaReadiness.PASSKEY) for one in status.users):
        yield "`reconcile mfa enroll USER` enrols a virtual device."
        yield (
            "Passkeys are enrolled in the console and serve there only: "
            "no API enrols them, and none takes a code of them."
        )
    unknown = [one.user for one in status.users if one.readiness is MfaReadiness.UNKNOWN]
    if unknown and not status.notes:
        yield f"For other kinds of devices, name the users: `reconcile mfa status {escape_line(unknown[0])}`."


def render_status_json(status: MfaStatus) -> str:
    """All of it, with a `standing` for each user."""
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
