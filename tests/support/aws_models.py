"""botocore's models and names of events, parsed once in a process."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import botocore.loaders
from botocore.hooks import EventAliaser, HierarchicalEmitter


def cache_aws_models(replace: Callable[[Any, str, Any], None]) -> None:
    """Keep what botocore lists and parses again for every session: half of the time of a plan.

    replace: sets an attribute of a class, as `setattr` does.
    """
    files, loader, emitter = botocore.loaders.JSONFileLoader, botocore.loaders.Loader, EventAliaser
    for kind in (files, loader):
        replace(kind, "__hash__", lambda self: 0)
        replace(kind, "__eq__", lambda self, other: type(self) is type(other))
    replace(files, "_load_file", lru_cache(maxsize=None)(files._load_file))
    replace(loader, "list_available_services", lru_cache(maxsize=None)(loader.list_available_services))
    alias_name = lru_cache(maxsize=None)(partial(emitter._alias_event_name, emitter(HierarchicalEmitter())))
    replace(emitter, "_alias_event_name", lambda self, name: alias_name(name))
