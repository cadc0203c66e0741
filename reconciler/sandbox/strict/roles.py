"""UpdateRole with one of its two fields, and the range of a session's length.

Source: IAM API Reference, UpdateRole: "If you do not specify a value for this setting, the default value of
one hour is applied"; 3600 to 43200 seconds. An omitted description stays. With
neither, nothing changes (recorded by LocalStack's verified test_iam_roles).
"""

from __future__ import annotations

from reconciler.sandbox.strict.call import Call, Rules
from reconciler.sandbox.strict.ledger import ROLE
from reconciler.sandbox.wire import Refusal, Reply, answer

SHORTEST, LONGEST = 3600, 43200


def _length(call: Call) -> None:
    given = call.given("MaxSessionDuration")
    if given and not (given.isdigit() and SHORTEST <= int(given) <= LONGEST):
        raise Refusal(
            "ValidationError",
            f"1 validation error detected: Value '{given}' at 'maxSessionDuration' failed to satisfy "
            f"constraint: Member must have value between {SHORTEST} and {LONGEST}",
        )


def _kept(call: Call, reply: Reply) -> None:
    """What a session may last; AssumeRole asks for it."""
    role = call.subject(ROLE)
    if role is not None and (call.has("MaxSessionDuration") or call.has("Description") or call.action == "CreateRole"):
        role.longest_session = int(call.given("MaxSessionDuration") or SHORTEST)


def update_role(call: Call) -> Reply:
    role = call.need(ROLE)
    if not (call.has("Description") or call.has("MaxSessionDuration")):
        return answer(call.action, {})
    if call.has("Description") and call.has("MaxSessionDuration"):
        return call.forward()
    told = call.ask("GetRole", RoleName=role.name).result
    description = call.given("Description") if call.has("Description") else told.findtext("Role/Description")
    return call.ask(
        "UpdateRole",
        RoleName=role.name,
        Description=description or "",
        MaxSessionDuration=call.given("MaxSessionDuration") or str(SHORTEST),
    )


RULES = Rules(
    checks={"CreateRole": _length, "UpdateRole": _length},
    answers={"UpdateRole": update_role},
    edits={"CreateRole": _kept, "UpdateRole": _kept},
)
