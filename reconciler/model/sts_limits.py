"""The limits of sts:AssumeRole (STS API reference), for files and for the command line. Durations are in seconds."""

from __future__ import annotations

from dataclasses import dataclass

MIN_DURATION, MAX_DURATION = 900, 43200
MAX_CHAINED_DURATION = 3600
"""AWS ends a session after an hour if it was assumed from the session of another role."""

MFA_CODE_REFUSED = "mfa-code-refused"
"""The code of the Problem for an MFA code that AWS refused; another code may work."""

ROLE_REFUSED = "assume-refused"
"""The problem code for a role that AWS refuses to the caller."""

AWS_SAYS = "aws-says"
"""The problem code for AWS's own reason of a refusal."""

DEVICE_REFUSED = "mfa-device-refused"
"""The problem code for a serial number that is not a device of the caller."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The identity of the source credentials. arn: from GetCallerIdentity. account: 12 digits."""

    arn: str
    account: str
