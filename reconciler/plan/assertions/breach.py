"""A breach of an assertion: one principal, and how it comes to have the access, or to lack it. Values only."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model.access_answers import DecidingStatement


@dataclass(frozen=True, slots=True)
class Breach:
    """One principal for which an assertion fails, or cannot be decided.

    principal: an address, or a principal outside as `RoleAccess.principal` names it.
    is_certain: False if it depends on `facts`. action, resource: what the principal may do, or may not.
    chain: the roles that it takes on the way, one after the other. terms: what the request must carry, in words.
    facts: those on which the answer depends, in words. reason: why `can` fails. statements: those that decide.
    """

    principal: str
    is_certain: bool
    action: str
    resource: str
    chain: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    reason: str = ""
    statements: tuple[DecidingStatement, ...] = ()
