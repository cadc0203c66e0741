"""botocore's models, parsed once in a process."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import botocore.loaders


def cache_aws_models(replace: Callable[[Any, str, Any], None]) -> None:
    """Keep what botocore lists and parses again for every session: half of the time of a plan.

    replace: sets an attribute of a class, as `setattr` does.
    """
    files, loader = botocore.loaders.JSONFileLoader, botocore.loaders.Loader
    for kind in (files, loader):
        replace(kind, "__hash__", lambda self: 0)
        replace(kind, "__eq__", lambda self, other: type(self) is type(other))
    replace(files, "_load_file", lru_cache(maxsize=None)(files._load_file))
    replace(loader, "list_available_services", lru_cache(maxsize=None)(loader.list_available_services))
