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
from reconciler.model.problem import Problem, ReconcileError, make_error
from reconciler.model.sentence import format_list
from reconciler.model.shards import Shard
from reconciler.model.suggest import suggest_word

DEFAULT_PARALLEL = 4
MAX_PARALLEL = 64
_UNNAMED = "discovered"
"""The name that stands for an account that only AWS knows, or that the section does not tell."""


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
    """Files with the section `organization`. They are parsed once, and read for each account.

    problems: those of the section. `find_organization` returns none that has some.
    """

    paths: tuple[Path, ...]
    variables: Mapping[str, str]
    parsed: ParsedFiles
    organization: Organization
    problems: tuple[Problem, ...] = ()


def find_organization(files: Sequence[str], variables: Mapping[str, str]) -> OrganizationFiles | None:
    """Return the files if they have the section `organization`; None if they describe one account.

    Raises ReconcileError if the section is not valid.
    """
    found = read_organization_files(files, variables)
    if found is not None and found.problems:
        raise ReconcileError(found.problems)
    return found


def read_organization_files(files: Sequence[str], variables: Mapping[str, str]) -> OrganizationFiles | None:
    """Do the same, and return the problems of a section that is not valid beside the part of it that can be read."""
    paths, parsed = find_files(tuple(files)), ParsedFiles(keep=True)
    if not may_have_organization(paths):
        return None
    problems: list[Problem] = []
    organization = read_organization(paths, variables, parsed, problems)
    if organization is None:
        return None
    return OrganizationFiles(tuple(paths), variables, parsed, organization, tuple(problems))


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
    """Return the accounts whose files can be read without AWS.

    If AWS knows more of them, or the section has none that can be read, one with only the defaults stands for the rest.
    """
    accounts = list(organization.accounts)
    if organization.discovery is not None or not accounts:
        is_partial = organization.defaults.is_partial or organization.discovery is None
        unnamed = replace(organization.defaults, name=_UNNAMED, id=PLACEHOLDER_ACCOUNT, is_partial=is_partial)
        accounts.append(unnamed)
    return accounts
