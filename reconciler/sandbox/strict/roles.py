"""Answer UpdateRole if some of its fields are omitted, and check the durations of sessions.

Source: IAM API Reference, UpdateRole: "If you do not specify a value for this setting, the default value of
one hour is applied"; 3600 to 43200 seconds. An omitted description stays. If both are omitted, nothing changes
(recorded by LocalStack's verified test_iam_roles).
MaxSigninSessionDuration: 3600 to 7776000 seconds; omitted, it stays; ResetMaxSigninSessionDuration clears it, and both
in one request are refused (botocore 1.44.7). No emulator has it, so the layer keeps it. GetRole and ListRoles show it.
"""

from __future__ import annotations

from reconciler.sandbox.query_protocol import AwsError, Reply, build_reply, put_child
from reconciler.sandbox.strict.api_call import ActionRules, ApiCall
from reconciler.sandbox.strict.ledger import ROLE

MIN_SESSION, MAX_SESSION, MAX_SIGNIN_SESSION = 3600, 43200, 7_776_000


def _check_durations(call: ApiCall) -> None:
    for name, longest in (("MaxSessionDuration", MAX_SESSION), ("MaxSigninSessionDuration", MAX_SIGNIN_SESSION)):
        text = call.get(name)
        if text and not (text.isdigit() and MIN_SESSION <= int(text) <= longest):
            raise AwsError(
                "ValidationError",
                f"1 validation error detected: Value '{text}' at '{name[0].lower()}{name[1:]}' failed to satisfy "
                f"constraint: Member must have value between {MIN_SESSION} and {longest}",
            )
    if call.has("MaxSigninSessionDuration") and call.get("ResetMaxSigninSessionDuration") == "true":
        raise AwsError("InvalidInput", "MaxSigninSessionDuration and its reset exclude each other.")


def _record_durations(call: ApiCall, reply: Reply) -> None:
    """Record the longest sessions that a role allows, which AssumeRole checks."""
    role = call.find_entity(ROLE)
    if role is None:
        return
    if call.has("MaxSessionDuration") or call.has("Description") or call.action == "CreateRole":
        role.max_session = int(call.get("MaxSessionDuration") or MIN_SESSION)
    if call.has("MaxSigninSessionDuration"):
        role.max_signin_session = int(call.get("MaxSigninSessionDuration"))
    if call.get("ResetMaxSigninSessionDuration") == "true":
        role.max_signin_session = 0


def update_role(call: ApiCall) -> Reply:
    """Update a role with all its fields: an emulator may reset those that the request omits."""
    role = call.require_entity(ROLE)
    if not (call.has("Description") or call.has("MaxSessionDuration")):
        return build_reply(call.action, {})
    if call.has("Description") and call.has("MaxSessionDuration"):
        return call.forward()
    result = call.invoke("GetRole", RoleName=role.name).result
    description = call.get("Description") if call.has("Description") else result.findtext("Role/Description")
    return call.invoke(
        "UpdateRole",
        RoleName=role.name,
        Description=description or "",
        MaxSessionDuration=call.get("MaxSessionDuration") or str(MIN_SESSION),
    )


def _show_signin(call: ApiCall, reply: Reply) -> None:
    """Add MaxSigninSessionDuration to each role of the answer for which it is set."""
    for element in reply.result.iter():
        role = call.ledger.find_by_arn(element.findtext("Arn") or "")
        if role is not None and role.kind == ROLE:
            put_child(element, "MaxSigninSessionDuration", role.max_signin_session or None)


def _record_and_show(call: ApiCall, reply: Reply) -> None:
    _record_durations(call, reply)
    _show_signin(call, reply)


RULES = ActionRules(
    checks={"CreateRole": _check_durations, "UpdateRole": _check_durations},
    answers={"UpdateRole": update_role},
    edits={
        "CreateRole": _record_and_show,
        "UpdateRole": _record_durations,
        "GetRole": _show_signin,
        "ListRoles": _show_signin,
    },
)
