"""Fixtures of the tier that runs commands."""

from __future__ import annotations

from tests.support.connections import close_connections

__all__ = ["close_connections"]
