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
from reconciler.desired.declare import declare, errors_of, position_of
from reconciler.desired.load import PLACEHOLDER_ACCOUNT, load
from reconciler.model.desired import Desired
from reconciler.model.member_account import MemberAccount, Membership
from reconciler.model.problem import Problem, ReconcileError
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
    """Return every problem of the section and of the accounts' files.

    patterns: as in `RunOptions`; if the section may have accounts that cannot be read, all others are checked. If there
    may be more accounts, names under `accounts:` of entries are not checked.
    """
    organization, names = files.organization, AwsNames()
    is_complete, all_accounts = organization.is_complete, list_checkable(organization)
    try:
        accounts = select_accounts(all_accounts, RunOptions(patterns if is_complete else ()))
    except ReconcileError as error:
        return ValidOrganization(0, False, 0, 0, (*files.problems, *error.problems))

    def read(account: MemberAccount) -> tuple[Desired, AccountNames]:
        """Return what the files declare for an account, and the names that they know."""
        membership = Membership(account, all_accounts, is_complete and organization.discovery is None)
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
            if problem not in files.problems and not (account.is_partial and problem.code == "unknown-variable"):
                found.setdefault(problem, []).append(account.name)
    chosen = {account.name for account in accounts}
    others = (read(account)[1] for account in all_accounts if account.name not in chosen)
    # An account that cannot be read may know any name.
    unknown = find_unknown(chain(known, others), allow_assertions) if is_complete else []
    problems = (_name_accounts(problem, names, len(accounts)) for problem, names in found.items())
    declared = [account for account in accounts if account.id != PLACEHOLDER_ACCOUNT]
    discovers = len(declared) < len(accounts)
    ordered = sorted((*files.problems, *unknown, *problems), key=position_of)
    return ValidOrganization(len(declared), discovers, entities, aliases, tuple(ordered))


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
