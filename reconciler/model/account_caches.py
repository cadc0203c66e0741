"""Remember what is computed from the documents and ARNs of an account, until another account comes.

A run over many accounts would otherwise keep what it computed for each of them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import ParamSpec, TypeVar, cast

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

_empty_all: list[Callable[[], object]] = []


def cache_for_account(maxsize: int) -> Callable[[Callable[Parameters, Result]], Callable[Parameters, Result]]:
    """Return a decorator like `functools.lru_cache` whose results `empty_account_caches` forgets.

    For functions of values that are an account's own: statements, patterns, ARNs. maxsize: the number of results kept.
    """

    def decorate(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
        cached = lru_cache(maxsize=maxsize)(function)
        add_account_cache(cached.cache_clear)
        return cast("Callable[Parameters, Result]", cached)

    return decorate


def add_account_cache(empty: Callable[[], object]) -> None:
    """Add a cache of another form. empty: forgets all that it holds."""
    _empty_all.append(empty)


def empty_account_caches() -> None:
    """Forget every result. Threads may go on meanwhile: they compute again what they still need."""
    for empty in _empty_all:
        empty()
