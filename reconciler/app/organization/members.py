"""Open a run over many accounts: read the section `organization`, ask AWS for further accounts, and choose some."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from reconciler.app.organization.entry import AccountEntry
from reconciler.app.plan import PlanRequest
from reconciler.aws.member_discovery import DiscoveredAccount, discover_accounts
from reconciler.desired.compose import ParsedFiles
from reconciler.desired.organization import may_have_organization, read_organization
from reconciler.desired.source_files import find_files
from reconciler.model.member_account import MemberAccount, Membership, Organization
from reconciler.model.problem import make_error
from reconciler.model.shards import Shard, select_shard
from reconciler.model.suggest import suggest_word

DEFAULT_PARALLEL = 4
MAX_PARALLEL = 64


@dataclass(frozen=True)
class RunOptions:
    """The choice of accounts, and how many are done at once.

    patterns: names with wildcards, or ids; empty for all. wave: only this one. shard: only this part of the rest.
    sizes: see `model/shards.py`.
    """

    patterns: tuple[str, ...] = ()
    wave: int | None = None
    shard: Shard | None = None
    sizes: Mapping[str, float] = field(default_factory=dict)
    max_parallel: int = DEFAULT_PARALLEL


@dataclass(frozen=True)
class OrganizationFiles:
    """Files with the section `organization`. They are parsed once, and read for each account."""

    paths: tuple[Path, ...]
    variables: Mapping[str, str]
    parsed: ParsedFiles
    organization: Organization


@dataclass(frozen=True)
class OrganizationRun:
    """A run: its files, the way into the accounts, every account, and those to do.

    eligible: the accounts that all shards together do. selected: those of this shard, by wave.
    """

    files: OrganizationFiles
    request: PlanRequest
    entry: AccountEntry
    everybody: tuple[MemberAccount, ...]
    eligible: tuple[MemberAccount, ...]
    selected: tuple[MemberAccount, ...]

    def membership_of(self, account: MemberAccount) -> Membership:
        return Membership(account, self.everybody)


def find_organization(files: Sequence[str], variables: Mapping[str, str]) -> OrganizationFiles | None:
    """Return the files if they have the section `organization`; None if they describe one account.

    Raises ReconcileError if the section is not valid.
    """
    paths, parsed = find_files(tuple(files)), ParsedFiles(keep=True)
    if not may_have_organization(paths):
        return None
    organization = read_organization(paths, variables, parsed)
    return OrganizationFiles(tuple(paths), variables, parsed, organization) if organization else None


def open_run(files: OrganizationFiles, request: PlanRequest, options: RunOptions) -> OrganizationRun:
    """Find the caller and the accounts. Raises ReconcileError: no credentials, no such account, AWS refuses."""
    home = request.connect()
    organization = files.organization
    everybody = organization.accounts
    if organization.discovery is not None:
        everybody = add_discovered(organization, discover_accounts(home, organization.discovery))
    eligible = select_accounts(everybody, options)
    selected = select_shard(eligible, options.shard, options.sizes) if options.shard else eligible
    entry = AccountEntry(home, organization.role, organization.entry, organization.hops)
    return OrganizationRun(files, request, entry, everybody, eligible, selected)


def add_discovered(organization: Organization, discovered: Sequence[DiscoveredAccount]) -> tuple[MemberAccount, ...]:
    """Return the declared accounts, then those that were only discovered. A declared account keeps its name.

    A discovered account is called as in AWS; it gets its id added to a name that another account has, too.
    """
    declared = {account.id for account in organization.accounts}
    found = [(one, _make_name(one.name)) for one in discovered if one.id not in declared]
    counts = Counter([*(account.name for account in organization.accounts), *(name for _, name in found)])
    members = (
        replace(organization.found, name=name if counts[name] == 1 else f"{name[:50]}-{one.id}", id=one.id)
        for one, name in found
    )
    return (*organization.accounts, *members)


def _make_name(name: str) -> str:
    """Return the name of an account in AWS with other characters than names in a file have replaced."""
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")[:64]
    return safe or "account"


def select_accounts(everybody: Sequence[MemberAccount], options: RunOptions) -> tuple[MemberAccount, ...]:
    """Return the accounts of all shards, by wave. Raises ReconcileError for a pattern or wave that matches none."""
    for pattern in options.patterns:
        if not any(account.matches(pattern) for account in everybody):
            names = [account.name for account in everybody]
            close = suggest_word(pattern, names)
            hint = f"Did you mean {close!r}?" if close else f"The accounts are: {', '.join(names[:10])}."
            raise make_error("unknown-account", f"--account {pattern!r} matches no account.", "", hint)
    chosen = [
        account
        for account in everybody
        if not options.patterns or any(account.matches(pattern) for pattern in options.patterns)
    ]
    if options.wave is not None:
        chosen = [account for account in chosen if account.wave == options.wave]
        if not chosen:
            waves = ", ".join(map(str, sorted({account.wave for account in everybody})))
            raise make_error("unknown-account", f"No account is in wave {options.wave}.", f"The waves are: {waves}.")
    if not chosen:
        raise make_error("no-accounts", "The organization has no account.", "", "Check `discover`, or name accounts.")
    return tuple(sorted(chosen, key=lambda account: (account.wave, not account.is_canary)))
