"""Check the files of every declared account, without credentials. Accounts that only AWS knows are not checked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain

from reconciler.app.organization.files import OrganizationFiles, RunOptions, select_accounts
from reconciler.app.organization.memory import free_memory_between
from reconciler.desired.aws_names import AwsNames
from reconciler.desired.declare import declare, errors_of, position_of
from reconciler.desired.load import PLACEHOLDER_ACCOUNT, load
from reconciler.desired.variables import find_unused_variables
from reconciler.model.desired import Desired
from reconciler.model.member_account import MemberAccount, Membership, Organization
from reconciler.model.problem import Problem, ReconcileError
from reconciler.plan.digest.account_groups import format_accounts

_UNNAMED = "discovered"
"""The name that stands for an account that only AWS knows, or that the section does not tell."""


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
    """Return every problem of the section and of the accounts' files.

    patterns: as in `RunOptions`; if the section may have accounts that cannot be read, all others are checked. If there
    may be more accounts, names under `accounts:` of entries are not checked.
    """
    organization, names = files.organization, AwsNames()
    is_complete, all_accounts = organization.is_complete, _list_accounts(organization)
    try:
        accounts = select_accounts(all_accounts, RunOptions(patterns if is_complete else ()))
    except ReconcileError as error:
        return ValidOrganization(0, False, 0, 0, (*files.problems, *error.problems))

    def read(account: MemberAccount) -> tuple[Desired, frozenset[str]]:
        """Return what the files declare for an account, and the names of --var that it does not use."""
        membership = Membership(account, all_accounts, is_complete and organization.discovery is None)
        loaded = load(files.paths, files.variables, account.id, membership=membership, parsed=files.parsed)
        return declare(loaded, now=datetime.now(UTC), names=names), loaded.unused_variables

    found: dict[Problem, list[str]] = {}
    entities = aliases = 0
    unused: list[frozenset[str]] = [] if is_complete else [frozenset()]  # an account that is not read may use any
    for account in free_memory_between(accounts):
        desired, unused_here = read(account)
        unused.append(unused_here)
        entities, aliases = entities + len(desired.state.entities), aliases + len(desired.aliases)
        for problem in _find_problems(desired, names, allow_assertions):
            if problem not in files.problems and not (account.is_partial and problem.code == "unknown-variable"):
                found.setdefault(problem, []).append(account.name)
    chosen = {account.name for account in accounts}
    others = (read(account)[1] for account in all_accounts if account.name not in chosen)
    undeclared = find_unused_variables(chain(unused, others))
    problems = (_name_accounts(problem, names, len(accounts)) for problem, names in found.items())
    declared = [account for account in accounts if account.id != PLACEHOLDER_ACCOUNT]
    discovers = len(declared) < len(accounts)
    ordered = sorted((*files.problems, *undeclared, *problems), key=position_of)
    return ValidOrganization(len(declared), discovers, entities, aliases, tuple(ordered))


def _list_accounts(organization: Organization) -> list[MemberAccount]:
    """Return the accounts whose files are read.

    If AWS knows more of them, or the section has none that can be read, one with only the defaults stands for the rest.
    """
    accounts = list(organization.accounts)
    if organization.discovery is not None or not accounts:
        is_partial = organization.defaults.is_partial or organization.discovery is None
        unnamed = replace(organization.defaults, name=_UNNAMED, id=PLACEHOLDER_ACCOUNT, is_partial=is_partial)
        accounts.append(unnamed)
    return accounts


def _find_problems(desired: Desired, names: AwsNames, allow_assertions: frozenset[str]) -> Iterator[Problem]:
    yield from desired.problems
    if not errors_of(desired) and (desired.assertions or allow_assertions):
        from reconciler.plan.assertions.check import check_files  # the evaluator, which few files need

        yield from check_files(desired, names, allow_assertions)


def _name_accounts(problem: Problem, names: list[str], total: int) -> Problem:
    """Return the problem with the accounts that have it, unless all have."""
    if len(names) == total:
        return problem
    return replace(problem, summary=f"{problem.summary.rstrip('.')} (in {format_accounts(names)}).")
