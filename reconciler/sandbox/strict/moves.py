"""Rename users and groups, and change their paths. All their data stay with them.

Sources: IAM API Reference, UpdateUser, UpdateGroup; User Guide, "Renaming an IAM user": policies, memberships
and the unique id stay, and principals in trust policies follow.
"""

from __future__ import annotations

from reconciler.sandbox.query_protocol import Reply
from reconciler.sandbox.strict.api_call import ActionRules, ApiCall, Check
from reconciler.sandbox.strict.entity_names import refuse_bad_name, refuse_bad_path, refuse_taken_name
from reconciler.sandbox.strict.ledger import GROUP, USER, IamEntity

TEMPORARY_NAME = "sandbox-is-moving-this-group"


def _check_move(kind: str, parameter: str) -> Check:
    def check(call: ApiCall) -> None:
        entity = call.require_entity(kind)
        if call.has("NewPath"):
            refuse_bad_path(kind, call.get("NewPath"))
        if call.get(parameter):
            refuse_bad_name(kind, parameter, call.get(parameter))
            refuse_taken_name(call, kind, call.get(parameter), ignored=entity)

    return check


def _move_entity(call: ApiCall, entity: IamEntity, parameter: str) -> None:
    name = call.get(parameter) or entity.name
    call.ledger.move(entity, name, call.get("NewPath") or entity.path)


def move_user(call: ApiCall, reply: Reply) -> None:
    _move_entity(call, call.require_entity(USER), "NewUserName")


def move_group(call: ApiCall) -> Reply:
    """Move a group. moto changes a path only together with the name, so rename the group and then back."""
    group, path, name = call.require_entity(GROUP), call.get("NewPath"), call.get("NewGroupName")
    if path and name in ("", group.name):
        call.invoke("UpdateGroup", GroupName=group.name, NewGroupName=TEMPORARY_NAME, NewPath=path)
        reply = call.invoke("UpdateGroup", GroupName=TEMPORARY_NAME, NewGroupName=group.name)
    else:
        reply = call.forward()
    if reply.ok:
        _move_entity(call, group, "NewGroupName")
    return reply


RULES = ActionRules(
    checks={
        "UpdateUser": _check_move(USER, "NewUserName"),
        "UpdateGroup": _check_move(GROUP, "NewGroupName"),
    },
    answers={"UpdateGroup": move_group},
    edits={"UpdateUser": move_user},
)
