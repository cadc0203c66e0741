"""Renaming and moving users and groups: all that they have comes along.

Sources: IAM API Reference, UpdateUser, UpdateGroup; User Guide, "Renaming an IAM user": policies, memberships
and the unique id stay, and principals in trust policies follow.
"""

from __future__ import annotations

from reconciler.sandbox.strict.call import Call, Check, Rules
from reconciler.sandbox.strict.ledger import GROUP, USER, Entity
from reconciler.sandbox.strict.names import refuse_bad_name, refuse_bad_path, refuse_taken
from reconciler.sandbox.wire import Reply

WHILE_MOVING = "sandbox-is-moving-this-group"


def _may_move(kind: str, parameter: str) -> Check:
    def check(call: Call) -> None:
        entity = call.need(kind)
        if call.has("NewPath"):
            refuse_bad_path(kind, call.given("NewPath"))
        if call.given(parameter):
            refuse_bad_name(kind, parameter, call.given(parameter))
            refuse_taken(call, kind, call.given(parameter), but=entity)

    return check


def _follow(call: Call, entity: Entity, parameter: str) -> None:
    name = call.given(parameter) or entity.name
    call.ledger.move(entity, name, call.given("NewPath") or entity.path)


def user_moved(call: Call, reply: Reply) -> None:
    _follow(call, call.need(USER), "NewUserName")


def move_group(call: Call) -> Reply:
    """moto takes a new path only together with a new name: so there, and back again."""
    group, path, name = call.need(GROUP), call.given("NewPath"), call.given("NewGroupName")
    if path and name in ("", group.name):
        call.ask("UpdateGroup", GroupName=group.name, NewGroupName=WHILE_MOVING, NewPath=path)
        reply = call.ask("UpdateGroup", GroupName=WHILE_MOVING, NewGroupName=group.name)
    else:
        reply = call.forward()
    if reply.ok:
        _follow(call, group, "NewGroupName")
    return reply


RULES = Rules(
    checks={
        "UpdateUser": _may_move(USER, "NewUserName"),
        "UpdateGroup": _may_move(GROUP, "NewGroupName"),
    },
    answers={"UpdateGroup": move_group},
    edits={"UpdateUser": user_moved},
)
