"""The principals of other accounts that one account waits for: a trust names them, and the same run creates them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.model.address import Address
from reconciler.model.problem import Place


@dataclass(frozen=True, slots=True)
class TrustLine:
    """A role whose trust names somebody, and the line of a file that does so; None if no file has it."""

    role: Address
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class AccountWaits:
    """The order that the calls of one plan ask for across accounts. All principals are ARNs of users and roles.

    creates: maps each principal that a call of the plan creates to those of other accounts that must exist before that
    call. needs: maps each principal of another account that a trust of the plan names to that trust.
    """

    creates: Mapping[str, frozenset[str]] = field(default_factory=dict)
    needs: Mapping[str, TrustLine] = field(default_factory=dict)


NO_WAITS = AccountWaits()
