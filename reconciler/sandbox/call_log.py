"""Record the calls that the sandbox received, in order. Tests read it to see whether a plan wrote anything."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

from reconciler.sandbox.query_protocol import HttpRequest

IDENTIFYING_PARAMETERS = (
    "UserName",
    "GroupName",
    "RoleName",
    "InstanceProfileName",
    "PolicyName",
    "PolicyArn",
    "VersionId",
    "PermissionsBoundary",
    "RoleArn",
    "SerialNumber",
    "VirtualMFADeviceName",
    "AccessKeyId",
    "OpenIDConnectProviderArn",
    "Url",
    "ClientID",
    "SAMLProviderArn",
    "AccountAlias",
    "ServerCertificateName",
)


class CallLog:
    """The calls since the last `clear`, safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: Counter[str] = Counter()
        self._lines: list[str] = []

    def record_call(self, request: HttpRequest) -> None:
        """Add one line: the action and the entities that it names, such as `AddUserToGroup alice admins`."""
        parameters = request.parameters
        line = " ".join([request.action, *(parameters[name] for name in IDENTIFYING_PARAMETERS if name in parameters)])
        with self._lock:
            self._calls[request.action] += 1
            self._lines.append(line)

    def read_stats(self) -> dict[str, Any]:
        """Return the number of calls per action, and the lines."""
        with self._lock:
            return {"calls": dict(self._calls), "log": list(self._lines)}

    def clear(self) -> None:
        with self._lock:
            self._calls.clear()
            self._lines.clear()
