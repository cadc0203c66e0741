"""Limits of sts:AssumeRole (STS API reference), for files and for the command line alike. Durations in seconds."""

from __future__ import annotations

import re
from dataclasses import dataclass

MIN_DURATION, MAX_DURATION = 900, 43200
MAX_CHAINED_DURATION = 3600
"""AWS ends the session of a role that was assumed with another role's session after an hour."""

MFA_CODE_REFUSED = "mfa-code-refused"
"""Code of the Problem that says AWS refused an MFA code; another code may do."""

SESSION_NAME = re.compile(r"[A-Za-z0-9_+=,.@-]{2,64}")
"""RoleSessionName and SourceIdentity."""

EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
"""ExternalId."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who the source credentials are: `arn` as GetCallerIdentity gives it, `account` 12 digits."""

    arn: str
    account: str
