"""Set how many random examples each property is tried with.

The examples are the same in every run. HYPOTHESIS_PROFILE=explore draws new ones, and five times as many.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

EXPLORING = os.environ.get("HYPOTHESIS_PROFILE") == "explore"


def load_profile() -> None:
    """Load the settings of all properties. They have no deadline: a slow machine is not a failure."""
    patient = settings(deadline=None, suppress_health_check=list(HealthCheck))
    settings.register_profile("steady", patient, derandomize=True, database=None)
    settings.register_profile("explore", patient, print_blob=True)
    settings.load_profile("explore" if EXPLORING else "steady")


def examples(number: int) -> settings:
    return settings(max_examples=number * 5 if EXPLORING else number)
