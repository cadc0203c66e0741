"""Answer as the federation endpoint of the console's sign-in, which the emulator lacks. There is no console behind it.

Source: IAM User Guide, "Enable custom identity broker access to the AWS console".
"""

from __future__ import annotations

import json
import secrets
from urllib.parse import urlsplit

from reconciler.model.sts_limits import MAX_DURATION, MIN_DURATION
from reconciler.sandbox.query_protocol import HttpRequest, Reply

_PATH = "/federation"
_SESSION_KEYS = {"sessionId", "sessionKey", "sessionToken"}
_TEMPORARY_PREFIX = "ASIA"


def is_signin(request: HttpRequest) -> bool:
    return urlsplit(request.target).path == _PATH


def answer_signin(request: HttpRequest) -> Reply:
    """Return a sign-in token for the keys of a session; status 400 for anything else, as AWS does."""
    parameters = request.parameters
    if request.action == "login" and parameters.get("SigninToken") and parameters.get("Destination"):
        return _build_text_reply(200, f"The sandbox has no console. AWS would show {parameters['Destination']}\n")
    if request.action != "getSigninToken":
        return _build_text_reply(400, "Action is getSigninToken, or login with a SigninToken and a Destination.\n")
    duration = parameters.get("SessionDuration")
    if duration is not None and not (duration.isdecimal() and MIN_DURATION <= int(duration) <= MAX_DURATION):
        return _build_text_reply(400, f"SessionDuration is {MIN_DURATION} to {MAX_DURATION} seconds.\n")
    if not _is_session(parameters.get("Session", "")):
        return _build_text_reply(400, "Session is the JSON of temporary keys.\n")
    return Reply(200, json.dumps({"SigninToken": secrets.token_urlsafe(64)}).encode(), "application/json")


def _is_session(text: str) -> bool:
    try:
        keys = json.loads(text)
    except ValueError:
        return False
    if not isinstance(keys, dict) or keys.keys() != _SESSION_KEYS:
        return False
    return all(isinstance(key, str) and key for key in keys.values()) and keys["sessionId"].startswith(
        _TEMPORARY_PREFIX
    )


def _build_text_reply(status: int, text: str) -> Reply:
    return Reply(status, text.encode(), "text/plain; charset=utf-8")
