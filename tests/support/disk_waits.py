"""Write files without waiting for the disk."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any


def skip_disk_waits(replace: Callable[[Any, str, Any], None]) -> None:
    """Have `os.fsync` do nothing: no file of a test must survive a loss of power, and each wait takes milliseconds.

    replace: sets an attribute of a module, as `setattr` does.
    """
    replace(os, "fsync", lambda handle: None)
