"""Strategies that are made once. To make and to check one takes Hypothesis longer than to draw from it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import lru_cache
from typing import TypeVar

from hypothesis import strategies as st

T = TypeVar("T", bound=Hashable)


def sampled_from(values: Sequence[T]) -> st.SearchStrategy[T]:
    """Do what Hypothesis's own does, for a strategy that is made while another one draws."""
    return _sampled_from(*values)


@lru_cache(maxsize=10_000, typed=True)  # typed: 1 is not True
def _sampled_from(*values: T) -> st.SearchStrategy[T]:
    return st.sampled_from(values)
