"""Check the files of every declared account, without credentials. Accounts that only AWS knows are not checked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain

from reconciler.app.organization.files import OrganizationFiles, RunOptions, list_checkable, select_accounts
from reconciler.app.organization.given_names import AccountNames, find_unknown
from reconciler.app.organization.memory import free_memory_between
from reconciler.desired.aws_names import AwsNames
from reconciler.desired.declare import declare, errors_of
from reconciler.desired.load import PLACEHOLDER_ACCOUNT, load
from reconciler.model.desired import Desired
from reconciler.model.member_account import MemberAccount, Membership
from reconciler.model.problem import Problem
from reconciler.plan.digest.account_groups import format_accounts


@dataclass(frozen=True)
class ValidOrganization:
    """The result of a check.

    accounts: the number of those that the files declare. discovers: AWS Organizations finds further ones, and one that
    stands for them is checked. problems: each once, with the accounts that have it. entities, aliases: the numbers in
    all accounts.
    """

    accounts: int
    discovers: bool
    entities: int
    aliases: int
    problems: tuple[Problem, ...]


def validate_organization(
    files: OrganizationFiles, patterns: tuple[str, ...], allow_assertions: frozenset[str]
) -> ValidOrganization:
    """Return every problem of the accounts' files.

    patterns: as in `RunOptions`. If AWS knows more accounts, names under `accounts:` of entries are not checked, and
    the files are also read as for an account that is only discovered. Raises ReconcileError for an unknown account.
    """
    organization, names = files.organization, AwsNames()
    all_accounts = list_checkable(organization)
    accounts = select_accounts(all_accounts, RunOptions(patterns))

    def read(account: MemberAccount) -> tuple[Desired, AccountNames]:
        """Return what the files declare for an account, and the names that they know."""
        membership = Membership(account, all_accounts, organization.discovery is None)
        loaded = load(files.paths, files.variables, account.id, membership=membership, parsed=files.parsed)
        desired = declare(loaded, now=datetime.now(UTC), names=names)
        return desired, AccountNames.of(loaded, desired)

    found: dict[Problem, list[str]] = {}
    entities = aliases = 0
    known: set[AccountNames] = set()  # most accounts have the same
    for account in free_memory_between(accounts):
        desired, known_here = read(account)
        known.add(known_here)
        entities, aliases = entities + len(desired.state.entities), aliases + len(desired.aliases)
        for problem in _find_problems(desired, names, allow_assertions):
            found.setdefault(problem, []).append(account.name)
    chosen = {account.id for account in accounts}
    others = (read(account)[1] for account in all_accounts if account.id not in chosen)
    unknown = find_unknown(chain(known, others), allow_assertions)
    problems = (_name_accounts(problem, names, len(accounts)) for problem, names in found.items())
    declared = [account for account in accounts if account.id != PLACEHOLDER_ACCOUNT]
    discovers = len(declared) < len(accounts)
    return ValidOrganization(len(declared), discovers, entities, aliases, (*unknown, *problems))


def _find_problems(desired: Desired, names: AwsNames, allow_assertions: frozenset[str]) -> Iterator[Problem]:
    yield from desired.problems
    if not errors_of(desired) and desired.assertions:
        from reconciler.plan.assertions.check import check_files  # the evaluator, which few files need

        yield from check_files(desired, names, allow_assertions)


def _name_accounts(problem: Problem, names: list[str], total: int) -> Problem:
    """Return the problem with the accounts that have it, unless all have."""
    if len(names) == total:
        return problem
    return replace(problem, summary=f"{problem.summary.rstrip('.')} (in {format_accounts(names)}).")
