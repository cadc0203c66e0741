"""Find the files of an organization, and choose accounts. Asks AWS nothing, and needs no boto3."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from reconciler.desired.compose import ParsedFiles
from reconciler.desired.load import PLACEHOLDER_ACCOUNT
from reconciler.desired.organization import may_have_organization, read_organization
from reconciler.desired.source_files import find_files
from reconciler.model.member_account import MemberAccount, Organization
from reconciler.model.problem import make_error
from reconciler.model.sentence import format_list
from reconciler.model.shards import Shard
from reconciler.model.suggest import suggest_word

DEFAULT_PARALLEL = 4
MAX_PARALLEL = 64
_DISCOVERED = "discovered"
"""The name that stands for an account that only AWS knows."""


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


def find_organization(files: Sequence[str], variables: Mapping[str, str]) -> OrganizationFiles | None:
    """Return the files if they have the section `organization`; None if they describe one account.

    Raises ReconcileError if the section is not valid.
    """
    paths, parsed = find_files(tuple(files)), ParsedFiles(keep=True)
    if not may_have_organization(paths):
        return None
    organization = read_organization(paths, variables, parsed)
    return OrganizationFiles(tuple(paths), variables, parsed, organization) if organization else None


def select_accounts(all_accounts: Sequence[MemberAccount], options: RunOptions) -> tuple[MemberAccount, ...]:
    """Return the accounts of all shards, by wave. Raises ReconcileError for a pattern or wave that matches none."""
    if not all_accounts:
        raise make_error("no-accounts", "The organization has no account.", "", "Check `discover`, or name accounts.")
    for pattern in options.patterns:
        if not any(account.matches(pattern) for account in all_accounts):
            names = [account.name for account in all_accounts]
            close = suggest_word(pattern, names)
            hint = f"Did you mean {close!r}?" if close else f"The accounts are: {format_list(names, 10)}."
            raise make_error("unknown-account", f"--account {pattern!r} matches no account.", "", hint)
    chosen = [
        account
        for account in all_accounts
        if not options.patterns or any(account.matches(pattern) for pattern in options.patterns)
    ]
    if options.wave is not None:
        waves = sorted({account.wave for account in chosen})
        if options.wave not in waves:
            named = f" of --account {', '.join(options.patterns)}" if options.patterns else ""
            raise make_error(
                "unknown-account",
                f"No account{named} is in wave {options.wave}.",
                f"The waves{' of these accounts' if named else ''} are: {', '.join(map(str, waves))}.",
            )
        chosen = [account for account in chosen if account.wave == options.wave]
    return tuple(sorted(chosen, key=lambda account: (account.wave, not account.is_canary)))


def list_checkable(organization: Organization) -> list[MemberAccount]:
    """Return the accounts whose files can be read without AWS: the declared ones, and one for all discovered ones."""
    accounts = list(organization.accounts)
    if organization.discovery is not None:
        accounts.append(replace(organization.defaults, name=_DISCOVERED, id=PLACEHOLDER_ACCOUNT))
    return accounts
