"""botocore's models, names of events and methods of clients, made once in a process."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import botocore.hooks
import botocore.loaders
from botocore.client import ClientCreator
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
    _cache_parts_of_clients(replace)


def _cache_parts_of_clients(replace: Callable[[Any, str, Any], None]) -> None:
    """Keep the methods of a service's clients, and whether a handler of events takes all keywords."""
    create_methods = ClientCreator._create_methods
    methods: dict[tuple[str, str], dict[str, Any]] = {}

    def methods_of(creator: Any, model: Any) -> dict[str, Any]:
        key = model.service_name, model.api_version
        if key not in methods:
            methods[key] = create_methods(creator, model)
        return dict(methods[key])

    replace(ClientCreator, "_create_methods", methods_of)
    takes_keywords = lru_cache(maxsize=1000)(botocore.hooks.accepts_kwargs)
    replace(botocore.hooks, "accepts_kwargs", lambda handler: takes_keywords(getattr(handler, "__func__", handler)))
