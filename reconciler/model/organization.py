"""The place of an account in its organization, and the policies that are attached above it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OrganizationPolicy:
    """A policy of the organization. id: `p-…`. name: any text. content: its document, the JSON that AWS sends."""

    id: str
    name: str
    content: str


@dataclass(frozen=True, slots=True)
class OrganizationLevel:
    """The root, an organizational unit or the account, with its policies in AWS's order.

    id: `r-…`, `ou-…` or the 12 digits of the account. name: that of an organizational unit, any text; else empty.
    scps: service control policies. rcps: resource control policies.
    """

    id: str
    name: str = ""
    scps: tuple[OrganizationPolicy, ...] = ()
    rcps: tuple[OrganizationPolicy, ...] = ()

    @property
    def is_root(self) -> bool:
        return self.id.startswith("r-")

    @property
    def is_unit(self) -> bool:
        return self.id.startswith("ou-")

    @property
    def policies(self) -> tuple[OrganizationPolicy, ...]:
        return (*self.scps, *self.rcps)


@dataclass(frozen=True, slots=True)
class AccountLevels:
    """The levels of one account, the root first and the account last.

    account: 12 digits. organization: `o-…`. management_account: 12 digits.
    """

    account: str
    organization: str
    management_account: str
    levels: tuple[OrganizationLevel, ...]

    @property
    def is_management(self) -> bool:
        """Return whether the account manages the organization, so that no guardrail binds it."""
        return self.account == self.management_account
