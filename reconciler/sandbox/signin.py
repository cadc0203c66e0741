"""The federation endpoint of the console's sign-in, which the emulator does not have.

Source: IAM User Guide, "Enable custom identity broker access to the AWS console". There is no console behind it.
"""

from __future__ import annotations

import json
import secrets
from urllib.parse import urlsplit

from reconciler.model.sts import LONGEST, SHORTEST
from reconciler.sandbox.wire import Reply, Request

_PATH = "/federation"
_SESSION = {"sessionId", "sessionKey", "sessionToken"}
_TEMPORARY = "ASIA"


def asks(request: Request) -> bool:
    return urlsplit(request.target).path == _PATH


def reply(request: Request) -> Reply:
    """A sign-in token for the keys of a session; 400 to anything else, as AWS."""
    given = request.parameters
    if request.action == "login" and given.get("SigninToken") and given.get("Destination"):
        return _text(200, f"The sandbox has no console. AWS would show {given['Destination']}\n")
    if request.action != "getSigninToken":
        return _text(400, "Action is getSigninToken, or login with a SigninToken and a Destination.\n")
    duration = given.get("SessionDuration")
    if duration is not None and not (duration.isdecimal() and SHORTEST <= int(duration) <= LONGEST):
        return _text(400, f"SessionDuration is {SHORTEST} to {LONGEST} seconds.\n")
    if not _is_session(given.get("Session", "")):
        return _text(400, "Session is the JSON of temporary keys.\n")
    return Reply(200, json.dumps({"SigninToken": secrets.token_urlsafe(64)}).encode(), "application/json")


def _is_session(text: str) -> bool:
    try:
        keys = json.loads(text)
    except ValueError:
        return False
    if not isinstance(keys, dict) or keys.keys() != _SESSION:
        return False
    return all(isinstance(key, str) and key for key in keys.values()) and keys["sessionId"].startswith(_TEMPORARY)


def _text(status: int, text: str) -> Reply:
    return Reply(status, text.encode(), "text/plain; charset=utf-8")
