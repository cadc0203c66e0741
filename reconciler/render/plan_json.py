"""Render a Plan as the JSON of `--format json` (format_version 1).

Documents in `fields` are in canonical form; those in `calls` are as sent.
"""

from __future__ import annotations

from typing import Any

from reconciler.model.address import Address
from reconciler.model.document import Document
from reconciler.model.pem import PemCertificates
from reconciler.model.permissions import PermissionRow, PermissionRows
from reconciler.model.plan import Action, Change, Plan, ServiceManagedEntity, Step
from reconciler.model.risk import Risk
from reconciler.model.xml_document import XmlDocument
from reconciler.policy.canonical import as_json
from reconciler.render.access_json import access_to_dict
from reconciler.render.json_text import dump_json
from reconciler.render.problems import problem_to_dict

FORMAT_VERSION = 1


def plan_to_dict(plan: Plan) -> dict[str, Any]:
    """Return the plan as plain JSON values."""
    seq = {id(step): number for number, step in enumerate(plan.steps, 1)}
    return {
        "format_version": FORMAT_VERSION,
        "account": plan.account,
        "account_alias": plan.account_alias,
        "caller": plan.caller or None,
        "files": list(plan.files),
        "owner": plan.owner,
        "safe": plan.is_safe,
        "summary": count_changes(plan),
        "changes": [_change_to_dict(change, seq) for change in plan.changes],
        "findings": [problem_to_dict(finding) for finding in plan.findings],
        "risk": risk_to_dict(plan.risk),
        "reversible": plan.is_reversible,
        "access": access_to_dict(plan.access, plan.risk.widens),
        "permissions": permissions_to_dict(plan.access.permissions),
        **({"targets": [str(address) for address in plan.targets]} if plan.targets else {}),
        **({"unmanaged": [str(one.address) for one in plan.unmanaged]} if plan.unmanaged is not None else {}),
        **({"left_alone": [_left_alone_to_dict(one) for one in plan.left_alone]} if plan.left_alone else {}),
    }


def count_changes(plan: Plan) -> dict[str, int]:
    """Return the number of entities of each action."""
    return {str(action): plan.count_changes(action) for action in Action}


def risk_to_dict(risk: Risk) -> dict[str, Any]:
    """Return the risk of a plan as plain JSON values."""
    return {
        "level": str(risk.level),
        "reasons": [
            {
                "code": str(reason.code),
                "address": str(reason.address),
                "message": reason.message,
                "file": reason.place.file if reason.place else None,
                "line": reason.place.line if reason.place else None,
                "column": reason.place.column if reason.place else None,
            }
            for reason in risk.reasons
        ],
    }


def permissions_to_dict(rows: PermissionRows) -> dict[str, Any]:
    """Return the permissions that somebody gains, loses, or has on other conditions."""
    return {
        "gained": [_permission_to_dict(row) for row in rows.gained],
        "lost": [_permission_to_dict(row) for row in rows.lost],
        "changed": [_permission_to_dict(row) for row in rows.changed],
    }


def _permission_to_dict(row: PermissionRow) -> dict[str, Any]:
    place = row.place
    return {
        "principals": list(row.principals),
        "group": row.group,
        "service": row.service,
        "actions": list(row.actions),
        "patterns": [{"pattern": one.pattern, "except": list(one.exceptions)} for one in row.patterns],
        "resources": list(row.resources),
        "not_resources": list(row.not_resources),
        "conditions": list(row.conditions),
        "before": None if row.before is None else list(row.before),
        "after": None if row.after is None else list(row.after),
        "levels": list(row.levels),
        "counts": dict(row.counts),
        "data": row.has_data,
        "unread": list(row.unread),
        "via": list(row.via),
        "decided": row.decided,
        "stopped_by": list(row.stopped_by),
        "limited_by": list(row.limited_by),
        "direction": str(row.direction),
        "file": place.file if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
    }


def _left_alone_to_dict(one: ServiceManagedEntity) -> dict[str, Any]:
    return {"address": str(one.address), "reason": one.reason}


def render_plan_json(plan: Plan) -> str:
    """Return the plan as JSON text."""
    return dump_json(plan_to_dict(plan), indent=2)


def _change_to_dict(change: Change, seq: dict[int, int]) -> dict[str, Any]:
    values: dict[str, Any] = {
        "address": str(change.address),
        "action": str(change.action),
        "fields": [
            {"path": field.path, "before": to_plain_value(field.before), "after": to_plain_value(field.after)}
            for field in change.fields
        ],
        "calls": [_call_to_dict(step, seq) for step in change.steps],
    }
    return values | ({"reason": change.reason} if change.reason else {})


def _call_to_dict(step: Step, seq: dict[int, int]) -> dict[str, Any]:
    return {
        "operation": step.call.operation,
        "parameters": dict(step.call.parameters),
        "seq": seq[id(step)],
    }


def to_plain_value(value: object) -> Any:
    """Return a compared value as a JSON value: documents canonical, sets sorted, addresses as names."""
    if isinstance(value, Document):
        return as_json(value)
    if isinstance(value, Address):
        return value.name
    if isinstance(value, XmlDocument | PemCertificates):
        return str(value)
    if isinstance(value, frozenset):
        return sorted((to_plain_value(item) for item in value), key=str)
    return value
