"""An alias as `assume --list` shows it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ListedAlias:
    """One row of `assume --list`.

    role: the name or the ARN of the role.
    account: 12 digits; None if neither the file nor a cached session says.
    via: the aliases before it, first hop first.
    mfa: None if it depends, or only AWS knows.
    duration: in seconds.
    cached_until: RFC 3339 in UTC; None if no usable session is cached.
    """

    alias: str
    role: str
    account: str | None
    via: tuple[str, ...]
    mfa: bool | None
    duration: int
    cached_until: str | None
