"""Find the active accounts of an organization, below some organizational units, with some tags.

Only the management account and delegated administrators may ask (AWS Organizations API Reference, "API operations by
account"): ListAccounts, or ListAccountsForParent and ListOrganizationalUnitsForParent; ListTagsForResource.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from reconciler.aws import timing
from reconciler.aws.concurrency import DaemonExecutor
from reconciler.aws.faults import DENIED, code_of, translate_errors
from reconciler.aws.organizations import NO_ORGANIZATION, list_items, make_organizations_client
from reconciler.aws.session import Connection
from reconciler.kinds.raw_account import Item
from reconciler.model.member_account import Discovery
from reconciler.model.problem import make_error

_UNIT_UNKNOWN = ("ParentNotFoundException", "InvalidInputException")


@dataclass(frozen=True, slots=True, order=True)
class DiscoveredAccount:
    """An account as AWS Organizations lists it. Two accounts may have the same name."""

    id: str
    name: str


def discover_accounts(connection: Connection, discovery: Discovery) -> tuple[DiscoveredAccount, ...]:
    """Return the accounts, sorted by id. Raises ReconcileError."""
    client = make_organizations_client(connection)
    with _explain_errors(connection, discovery), DaemonExecutor(timing.ORGANIZATION_THREADS) as pool:
        if discovery.units:
            items = _list_below(client, discovery.units, pool)
        else:
            items = list(list_items(client, "ListAccounts", "Accounts"))
        active = {item["Id"]: DiscoveredAccount(item["Id"], item["Name"]) for item in items if _is_active(item)}
        accounts = sorted(active.values())
        if not discovery.tags:
            return tuple(accounts)
        all_tags = pool.map(partial(_read_tags, client), (account.id for account in accounts))
        return tuple(
            account for account, tags in zip(accounts, all_tags, strict=True) if discovery.tags.items() <= tags.items()
        )


def _list_below(client: Any, units: Sequence[str], pool: Executor) -> list[Item]:
    """Return the accounts below the units, at any depth. The units of one level are asked side by side."""
    accounts: list[Item] = []
    level = list(units)
    seen: set[str] = set()
    while level:
        seen.update(level)
        answers = list(pool.map(partial(_read_unit, client), level))
        accounts += [item for items, _ in answers for item in items]
        level = [unit for unit in dict.fromkeys(unit for _, below in answers for unit in below) if unit not in seen]
    return accounts


def _read_unit(client: Any, unit: str) -> tuple[list[Item], list[str]]:
    """Return the accounts right below a unit, and the units there."""
    accounts = list(list_items(client, "ListAccountsForParent", "Accounts", ParentId=unit))
    units = list_items(client, "ListOrganizationalUnitsForParent", "OrganizationalUnits", ParentId=unit)
    return accounts, [item["Id"] for item in units]


def _is_active(item: Item) -> bool:
    return (item.get("State") or item.get("Status")) == "ACTIVE"


def _read_tags(client: Any, account: str) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in list_items(client, "ListTagsForResource", "Tags", ResourceId=account)}


@contextmanager
def _explain_errors(connection: Connection, discovery: Discovery) -> Iterator[None]:
    with translate_errors("finding the accounts of the organization"):
        try:
            yield
        except ClientError as error:
            code = code_of(error)
            if code in DENIED:
                raise make_error(
                    "organization-read-denied",
                    f"AWS denied organizations:{error.operation_name} to {connection.caller_arn}.",
                    "Only the management account and delegated administrators may list accounts.",
                    "Use credentials of such an account that allow organizations:List*, or write the accounts under "
                    "`accounts:` in place of `discover:`.",
                    discovery.place,
                ) from None
            if code == NO_ORGANIZATION:
                raise make_error(
                    "not-in-organization",
                    f"Account {connection.account} is in no organization, so `discover` finds no account.",
                    hint="Write the accounts under `accounts:`.",
                    place=discovery.place,
                ) from None
            if code in _UNIT_UNKNOWN:
                raise make_error(
                    "unknown-unit",
                    f"AWS Organizations does not know one of the units {', '.join(discovery.units)}.",
                    hint="Correct `ou` of `discover`: an id such as ou-abcd-12345678, or r-abcd for the root.",
                    place=discovery.place,
                ) from None
            raise
