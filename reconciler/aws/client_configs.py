"""The settings of botocore's clients: retries, timeouts, and the name of this program in the user agent."""

from __future__ import annotations

from botocore.config import Config

from reconciler.aws import timing

PATIENT = Config(
    retries=timing.make_retries(timing.READ_ATTEMPTS),
    connect_timeout=timing.CONNECT_TIMEOUT,
    read_timeout=timing.READ_TIMEOUT,
    max_pool_connections=timing.POOL_SIZE,
    user_agent_extra="reconcile-iam",
)
"""The settings of every client, but for the number of attempts."""
ONCE = PATIENT.merge(Config(retries=timing.make_retries(timing.ONE_ATTEMPT)))
"""For calls that must not be sent twice by botocore itself."""
FIRST_CALL = PATIENT.merge(Config(retries=timing.make_retries(timing.FIRST_CALL_ATTEMPTS)))
"""For GetCallerIdentity, which a person waits for."""
IMPATIENT = PATIENT.merge(Config(retries=timing.make_retries(timing.IMPATIENT_ATTEMPTS)))
"""For answers that are optional."""
TRIAL = PATIENT.merge(
    Config(
        retries=timing.make_retries(timing.ONE_ATTEMPT),
        connect_timeout=timing.TRIAL_CONNECT_TIMEOUT,
        read_timeout=timing.TRIAL_READ_TIMEOUT,
    )
)
"""For a call that only tries whether a service can be reached."""
