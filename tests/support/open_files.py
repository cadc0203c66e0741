"""The files that a process of the tests may open at once."""

from __future__ import annotations

import sys

ENOUGH = 8192
"""A worker was seen with two thousand: boto3 clients keep their connections until a garbage collection."""


def raise_file_limit() -> None:
    """Let this process open ENOUGH files, or as many as the system allows. Many systems say 1,024 at first."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = ENOUGH if hard == resource.RLIM_INFINITY else min(ENOUGH, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
