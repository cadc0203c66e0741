"""An alias as `assume --list` tells of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ListedAlias:
    """`role`: a role's name, or an ARN. `account`: None where neither the file nor a session tells.

    via: the aliases before it, first hop first. mfa None: it depends, or only AWS knows. duration in seconds.
    cached_until: RFC 3339 in UTC, None where nothing is kept that would be handed out now.
    """

    alias: str
    role: str
    account: str | None
    via: tuple[str, ...]
    mfa: bool | None
    duration: int
    cached_until: str | None
