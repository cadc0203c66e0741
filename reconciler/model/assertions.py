"""The assertions of a file: sentences about access that must stay true, whatever else the file says. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.problem import Place

EVERYONE = "*"
"""Stands for every user and role, or for every resource."""


class AssertionForm(StrEnum):
    """The form of an assertion, named like the key of the file that makes it."""

    CANNOT = "cannot"
    CAN = "can"
    ENTRANTS = "assumable_only_by"


@dataclass(frozen=True, slots=True)
class Assertion:
    """One entry of `assert:`.

    name: its `name`; else its file and line, as in `roles.yaml:12`. place: its line.
    who: the principals that it is about, as patterns of addresses (`user/*`, `group/NAME` for the members) or ARNs.
    outside: those that it is not about (`except`, `outside`); of ENTRANTS, those that may assume the roles.
    actions: patterns in lower case. resources: ARNs, addresses and patterns of both; of ENTRANTS, the roles.
    with_mfa: True for requests with MFA, False for those without; None leaves it open.
    through_roles: roles that a principal can take count, too. why: the reason, as the file has it.
    """

    name: str
    form: AssertionForm
    place: Place
    who: tuple[str, ...] = (EVERYONE,)
    outside: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = (EVERYONE,)
    with_mfa: bool | None = None
    through_roles: bool = False
    why: str = ""
