"""The pauses, attempts, time limits and rates of all calls to AWS. Every module that needs one takes it from here.

Pauses are read as `timing.NAME` at each use, so that a test can set one. Settings of clients and default arguments are
read once, at import. Bounds that are sizes stand elsewhere: those of pages in `model/quotas.py`, `MAX_ANSWER_BYTES` in
`aws/limits.py` and `MAX_PAGES` in `aws/pagination.py`, which enforce them.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Calls at once.

POOL_SIZE = 16
"""The number of calls at once, for reads and for writes. A client keeps as many connections."""

EVIDENCE_THREADS = 8
"""The number of calls at once to find out why AWS refused a role: a few dozen small reads, while a person waits."""

ORGANIZATION_THREADS = 4
"""The number of calls at once to AWS Organizations, which throttles after a few calls a second."""

# One call: attempts that botocore makes by itself, and its timeouts. All timeouts are in seconds.

READ_ATTEMPTS = 10
"""Attempts of a read: a large account needs many reads, and one that fails for good ends the run."""

FIRST_CALL_ATTEMPTS = 4
"""Attempts of the first call of a run: few, so that a wrong endpoint shows soon; some faults pass by themselves."""

IMPATIENT_ATTEMPTS = 2
"""Attempts of a read that only makes a message better."""

STS_ATTEMPTS = 4
"""Attempts to assume a role: a person waits at the prompt."""

ONE_ATTEMPT = 1
"""Attempts of a write, which `aws/retry.py` repeats itself, and of a call with an MFA code, which AWS accepts once."""

CONNECT_TIMEOUT, READ_TIMEOUT = 10, 60
"""To connect to IAM, and to wait for any part of its answer."""

STS_CONNECT_TIMEOUT, STS_READ_TIMEOUT = 5, 20
"""The same for STS and for the sign-in of the console, whose answers are small."""

TRIAL_CONNECT_TIMEOUT, TRIAL_READ_TIMEOUT = 2, 10
"""The same for a service that may not be there at all, such as one that a private network has no route to."""

CALL_SECONDS = 60.0
"""The seconds of one call, all its attempts together, unless RECONCILE_CALL_TIMEOUT says otherwise.

A page of a thousand entities, the slowest answer that we ask for, takes a few."""

MIN_CALL_SECONDS, MAX_CALL_SECONDS = 1.0, 3600.0
"""The range of RECONCILE_CALL_TIMEOUT."""

TIMEOUT_SLACK = 0.05
"""The seconds by which a socket may time out early and still count as the timeout of the call."""

# A write that is repeated (`aws/retry.py`).

WRITE_MAX_WAIT = 120.0
"""The seconds to wait for IAM to converge; AWS's own Terraform provider waits as long."""

WRITE_MAX_LOSSES = 5
"""The number of times that a call is sent without getting a usable answer."""

WRITE_FIRST_PAUSE, WRITE_PAUSE_GROWTH, WRITE_LONGEST_PAUSE = 0.5, 1.6, 8.0
"""The seconds before the second attempt, the factor for each further one, and the most seconds between two."""

WRITE_PAUSE_SPREAD = 0.2
"""The part by which a pause is longer or shorter at random, so that writers do not retry at the same time."""

INTERRUPT_POLL = 0.1
"""The seconds between two checks if a person has interrupted again."""

OTHERS_POLL = 1.0
"""The longest seconds between two looks of a worker of an account that only waits for others. It is woken before."""

# The rate of writes (`aws/rate_limiter.py`). IAM publishes no limits of rate.

RATE_WINDOW = 1.0
"""The seconds over which answers are counted, and within which the rate is cut only once."""

RATE_CUT_FACTOR = 0.85
"""The factor by which the rate that AWS accepted is cut when it throttles."""

FIRST_RATE = 5.0
"""The fewest calls a second after the first cut: a run that has just begun tells little about AWS's limit."""

MIN_RATE = 0.5
"""Calls a second, however much AWS throttles."""

RATE_CALM_SECONDS = 3.0
"""The seconds without throttling after which the rate grows quickly: its cause may be over."""

RATE_GROWTH_AT_FIRST, RATE_GROWTH_CAREFUL, RATE_GROWTH_CALM = 1.0, 0.05, 0.4
"""The part of the rate by which it grows each second: the first throttling may be an accident, the second is not."""

RATE_GROWTH_FLOOR = 0.5
"""Calls a second that the rate grows by each second in any case, so that a low rate does not stay low."""

# IAM and STS are eventually consistent: pauses until they know what was just written.

NEW_KEY_MAX_WAIT = 60.0
"""The seconds until a new access key must be known; some ten are usual."""

NEW_KEY_FIRST_PAUSE, NEW_KEY_PAUSE_GROWTH, NEW_KEY_LONGEST_PAUSE = 0.5, 2, 5.0
"""The seconds before the key is tried again, the factor for each further time, and the most seconds between two."""

LOST_KEY_PAUSES: tuple[float, ...] = (0.0, 1.0, 2.0, 4.0)
"""The seconds before each look for a key whose answer was lost: IAM may list it late."""

DEVICE_PAUSES: tuple[float, ...] = (1.0, 2.0, 4.0)
"""The seconds between attempts to see or use an MFA device that was just made."""

VERIFY_PAUSES: tuple[float, ...] = (0.0, 2.0, 5.0, 10.0)
"""The seconds before each look at whether an apply reached its goal: IAM shows a write to later reads after a while."""

PROPAGATION_MAX_WAIT, PROPAGATION_PAUSE = 60.0, 3.0
"""The seconds that `assume` waits for IAM to show a recent apply of this machine, and those between two attempts."""

SHARED_SESSION_MARGIN = 300.0
"""The seconds that a role's session must still last to enter a further account with it."""

CONCURRENT_APPLY_ROUNDS = 3
"""The number of times that an apply repairs what another one changed meanwhile, before it tells a person."""

CONCURRENT_APPLY_PAUSE = 1.0
"""The most seconds before it plans again, at random so that the two do not collide; doubled after each round."""

# The sign-in of the console (`aws/federation.py`).

SIGNIN_PAUSES: tuple[float, ...] = (0.3, 1.0)
"""The seconds before each further attempt: after a lost connection, and after HTTP 5xx or 429."""


def make_retries(attempts: int) -> Any:
    """Return the `retries` of a botocore Config, in the mode that backs off. attempts: with the first one."""
    return {"mode": "standard", "total_max_attempts": attempts}
