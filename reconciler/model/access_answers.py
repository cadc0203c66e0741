"""Answers to questions about access: who can do what, how, and on what that depends. Values only."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model.live import State


@dataclass(frozen=True, slots=True)
class AccessSide:
    """One account that a question is put to.

    name: "file", "live", "before" or "after" (of a plan). state: its entities.
    is_part: only the entities of a plan are known; every other one may exist.
    """

    name: str
    state: State
    is_part: bool = False


@dataclass(frozen=True, slots=True)
class AccessSource:
    """Where the answers come from. sides: one account; for a plan, the account before and after it.

    account: 12 digits; None if no file names it. notes: what a reader must know about all answers.
    """

    sides: tuple[AccessSide, ...]
    account: str | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entrants:
    """Principals that may assume a role on the same terms.

    principals: addresses, ARNs, `service:HOST` or `*`. mfa: only with MFA. conditions: keys, in lower case, on which
    the access depends. terms: the conditions on these keys as texts.
    """

    principals: tuple[str, ...]
    mfa: bool = False
    conditions: tuple[str, ...] = ()
    terms: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RoleEntrants:
    """Roles that the same principals may assume on the same terms. entrants: empty if nobody can."""

    roles: tuple[str, ...]
    entrants: tuple[Entrants, ...]
