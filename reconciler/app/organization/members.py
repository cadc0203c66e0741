"""Open a run over many accounts: read the section `organization`, ask AWS for further accounts, and choose some."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from reconciler.app.organization.entry import AccountEntry
from reconciler.app.organization.files import OrganizationFiles, RunOptions, select_accounts
from reconciler.app.plan import PlanRequest
from reconciler.aws.member_discovery import DiscoveredAccount, discover_accounts
from reconciler.model.member_account import MemberAccount, Membership, Organization, is_account_name
from reconciler.model.shards import select_shard


@dataclass(frozen=True)
class OrganizationRun:
    """A run: its files, the way into the accounts, every account, and those to do.

    selected: the accounts of this shard, by wave.
    """

    files: OrganizationFiles
    request: PlanRequest
    entry: AccountEntry
    all_accounts: tuple[MemberAccount, ...]
    selected: tuple[MemberAccount, ...]

    def membership_of(self, account: MemberAccount) -> Membership:
        return Membership(account, self.all_accounts)


def open_run(files: OrganizationFiles, request: PlanRequest, options: RunOptions) -> OrganizationRun:
    """Find the caller and the accounts. Raises ReconcileError: no credentials, no such account, AWS refuses."""
    home = request.connect()
    organization = files.organization
    all_accounts = organization.accounts
    if organization.discovery is not None:
        all_accounts = add_discovered(organization, discover_accounts(home, organization.discovery))
    eligible = select_accounts(all_accounts, options)
    selected = select_shard(eligible, options.shard, options.sizes) if options.shard else eligible
    entry = AccountEntry(home, organization.role, organization.session, organization.hops)
    return OrganizationRun(files, request, entry, all_accounts, selected)


def add_discovered(organization: Organization, discovered: Sequence[DiscoveredAccount]) -> tuple[MemberAccount, ...]:
    """Return the declared accounts, then those that were only discovered. A declared account keeps its name.

    A discovered account has its name in AWS. Its id is appended if another account has that name, or if a file cannot
    have it. Upper and lower case are the same here, because names are also names of files.
    """
    declared = {account.id for account in organization.accounts}
    names = {one.id: _make_name(one) for one in discovered if one.id not in declared}
    for _ in range(2):  # a name with an id may be the name that another account has in AWS
        counts = Counter(name.casefold() for name in (*(one.name for one in organization.accounts), *names.values()))
        names = {
            identifier: name if counts[name.casefold()] == 1 else _add_id(name, identifier)
            for identifier, name in names.items()
        }
    members = (replace(organization.defaults, name=name, id=identifier) for identifier, name in names.items())
    return (*organization.accounts, *members)


def _make_name(account: DiscoveredAccount) -> str:
    """Return the name of an account in AWS, with `-` for characters that a name in a file cannot have."""
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", account.name).strip("-._")[:64]
    return safe if is_account_name(safe) else _add_id("account", account.id)


def _add_id(name: str, identifier: str) -> str:
    return f"{name[:50]}-{identifier}"
