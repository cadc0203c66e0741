"""The maximum sign-in session of a role, which AWS may hold or not.

UpdateRole changes it only if the call names it, and clears it by ResetMaxSigninSessionDuration (IAM API Reference,
UpdateRole; 1 hour to 90 days; botocore 1.44.6). AWS omits it from its answers if it is not set.
"""

from __future__ import annotations

from reconciler.kinds import limits
from reconciler.kinds import schema_parts as parts
from reconciler.kinds.declare_context import DeclareContext
from reconciler.model.durations import parse_duration
from reconciler.model.entity import Role
from reconciler.model.node import Map
from reconciler.model.text_forms import DURATION_OR_NONE

NOT_SET = 0
_FIELD, _NONE = "max_signin_session_duration", "none"

SCHEMA: parts.Schema = {
    "type": ["string", "integer"],
    "pattern": DURATION_OR_NONE.schema_pattern,
    "minimum": 0,
    "description": "Longest AWS Sign-In session of a person who signs in with this role, 1h to 90d; `none` clears it. "
    "Absent: left as it is live.",
    "examples": ["12h", "90d", _NONE],
}


def declare_signin_session(node: Map, context: DeclareContext) -> int | None:
    """Return the seconds that a file declares; None if the live value stays."""
    written = node.get(_FIELD)
    if written is None or written == _NONE:
        return None if written is None else NOT_SET
    length = parse_duration(written)
    low, high = limits.SIGNIN_SESSION
    if length is None or not low <= length <= high:
        summary = f"{_FIELD} {written!r} is not between 1h and 90d."
        hint = f"Write a duration such as 12h or 30d, or `{_NONE}` to clear it."
        context.add_problem("bad-duration", summary, node.place_of(_FIELD), hint)
    return length


def make_create_parameters(role: Role) -> dict[str, object]:
    """Return the parameters of CreateRole that set it."""
    length = role.max_signin_session_duration
    return {"MaxSigninSessionDuration": length} if length else {}


def make_update_parameters(before: Role, after: Role) -> dict[str, object]:
    """Return the parameters of UpdateRole that set or clear it; none if it stays as it is."""
    length = after.max_signin_session_duration
    if length is None or length == (before.max_signin_session_duration or NOT_SET):
        return {}
    return {"MaxSigninSessionDuration": length} if length else {"ResetMaxSigninSessionDuration": True}
