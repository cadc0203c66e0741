"""Read permissions and risk of a plan file strictly, as they were shown for approval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.model.permissions import LEVELS, ActionPattern, Direction, PermissionRow, PermissionRows, Terms
from reconciler.model.problem import Place
from reconciler.model.risk import Risk, RiskCode, RiskReason
from reconciler.plan.saved.strict_json import (
    MalformedPlan,
    take_address,
    take_flag,
    take_integer,
    take_list,
    take_mapping,
    take_object,
    take_text,
    take_texts,
)

PERMISSION_KEYS = ("gained", "lost", "changed")
REASON_KEYS = ("code", "address", "message", "file", "line", "column")
_TEXTS = ("principals", "actions", "resources", "not_resources", "conditions", "levels", "via", "unread")
ROW_KEYS = (
    *_TEXTS,
    *("group", "service", "patterns", "before", "after", "counts", "data", "decided", "direction"),
    *("file", "line", "column"),
)
LATE_ROW_KEYS = ("stopped_by", "limited_by")
"""Keys that plans of earlier versions lack."""


def read_permissions(value: object) -> PermissionRows:
    """Return the permissions. Raises MalformedPlan."""
    rows = take_object(value, "permissions", PERMISSION_KEYS)
    return PermissionRows(
        *(
            tuple(
                _read_row(item, f"permissions.{key}[{index}]")
                for index, item in enumerate(take_list(rows[key], f"permissions.{key}"))
            )
            for key in PERMISSION_KEYS
        )
    )


def read_risk(value: object) -> Risk:
    """Return the risk. Raises MalformedPlan."""
    risk = take_object(value, "risk", ("level", "reasons"))
    reasons = take_list(risk["reasons"], "risk.reasons")
    judged = Risk(tuple(_read_reason(item, f"risk.reasons[{index}]") for index, item in enumerate(reasons)))
    if take_text(risk["level"], "risk.level") != judged.level:
        raise MalformedPlan("risk.level is not that of its reasons.")
    return judged


def _read_reason(value: object, path: str) -> RiskReason:
    reason = take_object(value, path, REASON_KEYS)
    code = take_text(reason["code"], f"{path}.code")
    if code not in set(RiskCode):
        raise MalformedPlan(f"{path}.code is not one of {', '.join(RiskCode)}.")
    address = take_address(reason["address"], f"{path}.address")
    message = take_text(reason["message"], f"{path}.message")
    return RiskReason(RiskCode(code), address, message, _read_place(reason, path))


def _read_row(value: object, path: str) -> PermissionRow:
    row = take_object(value, path, ROW_KEYS, LATE_ROW_KEYS)
    texts = {key: take_texts(row[key], f"{path}.{key}") for key in _TEXTS}
    direction = take_text(row["direction"], f"{path}.direction")
    if direction not in set(Direction):
        raise MalformedPlan(f"{path}.direction is not one of {', '.join(Direction)}.")
    counts = take_mapping(row["counts"], f"{path}.counts")
    if not counts.keys() <= set(LEVELS):
        raise MalformedPlan(f"{path}.counts has a level that is not one of {', '.join(LEVELS)}.")
    return PermissionRow(
        principals=texts["principals"],
        service=take_text(row["service"], f"{path}.service"),
        patterns=tuple(
            _read_pattern(item, f"{path}.patterns") for item in take_list(row["patterns"], f"{path}.patterns")
        ),
        resources=texts["resources"],
        not_resources=texts["not_resources"],
        before=_read_terms(row["before"], f"{path}.before"),
        after=_read_terms(row["after"], f"{path}.after"),
        direction=Direction(direction),
        decided=take_flag(row["decided"], f"{path}.decided"),
        actions=texts["actions"],
        counts=tuple((level, take_integer(counts[level], f"{path}.counts")) for level in LEVELS if level in counts),
        has_data=take_flag(row["data"], f"{path}.data"),
        unread=texts["unread"],
        via=texts["via"],
        place=_read_place(row, path),
        group=take_text(row["group"], f"{path}.group"),
        stopped_by=take_texts(row.get("stopped_by", []), f"{path}.stopped_by"),
        limited_by=take_texts(row.get("limited_by", []), f"{path}.limited_by"),
    )


def _read_pattern(value: object, path: str) -> ActionPattern:
    pattern = take_object(value, path, ("pattern", "except"))
    return ActionPattern(take_text(pattern["pattern"], path), take_texts(pattern["except"], path))


def _read_terms(value: object, path: str) -> Terms:
    return None if value is None else take_texts(value, path)


def _read_place(row: Mapping[str, Any], path: str) -> Place | None:
    if row["file"] is None:
        return None
    return Place(
        take_text(row["file"], f"{path}.file"),
        take_integer(row["line"], f"{path}.line"),
        take_integer(row["column"], f"{path}.column"),
    )
