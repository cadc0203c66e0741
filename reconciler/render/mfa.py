"""Who has which MFA devices → text for people, JSON for programs. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model.escape import escape_line, escape_lines
from reconciler.model.mfa import Holder, MfaStatus, Standing
from reconciler.model.wrap import wrap_line
from reconciler.render.json_text import json_text
from reconciler.render.paint import paint
from reconciler.render.problems import as_dict
from reconciler.render.problems import text as problems_text

_SAID = {
    Standing.MISSING: "no device",
    Standing.UNKNOWN: "no virtual device",
    Standing.ABSENT: "not created yet",
}


def status_text(status: MfaStatus, *, color: bool = False, width: int | None = None) -> str:
    """Return a line for each user, `!` before who must use MFA and cannot; then totals and what to do.

    width: where lines are wrapped.
    """
    longest = max((len(one.user) for one in status.holders), default=0)
    lines = [line for one in status.holders for line in _lines(one, longest, color, width)]
    if lines:
        lines.append("")
    lines += _left_over(status, width)
    if status.notes:
        lines += [problems_text(status.notes, color=color, width=width), ""]
    for sentence in (_totals(status), *_advice(status)):
        lines += wrap_line(sentence, width, "")
    return escape_lines("\n".join(lines), colors=color)


def _lines(holder: Holder, longest: int, color: bool, width: int | None) -> list[str]:
    must = bool(holder.reasons) and holder.standing is not Standing.READY
    devices = ", ".join(f"{device.kind} {device.serial}" for device in holder.devices)
    told = [f"for {reason}" if reason.startswith("role/") else reason for reason in holder.reasons]
    reasons = f" ({'; '.join(told)})" if told else ""
    text = f"{'!' if must else ' '} {holder.user:{longest}}  {devices or _SAID[holder.standing]}{reasons}"
    wrapped = wrap_line(escape_line(text), width, "      ")
    return [paint(line, "33" if must else None, color) for line in wrapped]


def _left_over(status: MfaStatus, width: int | None) -> list[str]:
    said = (f"Left over, nobody has it: {escape_line(serial)}" for serial in status.left_over)
    lines = [line for one in said for line in wrap_line(one, width)]
    return [*lines, ""] if lines else []


def _totals(status: MfaStatus) -> str:
    count = dict.fromkeys(Standing, 0)
    for one in status.holders:
        count[one.standing] += 1
    said = [
        f"{count[Standing.READY]} with a device that gives codes",
        f"{count[Standing.MISSING]} without a device",
        *(f"{count[kind]} {word}" for kind, word in _RARE.items() if count[kind]),
    ]
    users = len(status.holders)
    return f"{users} user{'' if users == 1 else 's'}: {', '.join(said)}."


_RARE = {
    Standing.PASSKEY: "with passkeys only",
    Standing.UNKNOWN: "not known",
    Standing.ABSENT: "not created yet",
}


def _advice(status: MfaStatus) -> Iterator[str]:
    if any(one.reasons and one.standing is not Standing.READY for one in status.holders):
        yield "Marked with !: must use MFA by the file, and cannot yet."
    if any(one.standing in (Standing.MISSING, Standing.PASSKEY) for one in status.holders):
        yield "`reconcile mfa enroll USER` enrols a virtual device."
        yield (
            "Passkeys are enrolled in the console and serve there only: "
            "no API enrols them, and none takes a code of them."
        )
    unknown = [one.user for one in status.holders if one.standing is Standing.UNKNOWN]
    if unknown and not status.notes:
        yield f"For other kinds of devices, name the users: `reconcile mfa status {escape_line(unknown[0])}`."


def status_json(status: MfaStatus) -> str:
    """All of it, with a `standing` for each user."""
    users = [
        {
            "user": one.user,
            "standing": str(one.standing),
            "must_use_mfa": bool(one.reasons),
            "reasons": list(one.reasons),
            "devices": [{"kind": device.kind, "serial": device.serial} for device in one.devices],
            "complete": one.complete,
        }
        for one in status.holders
    ]
    document = {
        "format_version": 1,
        "account": status.account,
        "users": users,
        "left_over": list(status.left_over),
        "findings": [as_dict(note) for note in status.notes],
    }
    return json_text(document, indent=2)
