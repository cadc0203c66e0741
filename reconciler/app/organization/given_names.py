"""Find names of the command line that no account knows: variables of --var, assertions of --allow-assertion.

One account may lack what another one has. So all accounts are asked, also those that the run does not choose.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from reconciler.app.organization.files import OrganizationFiles
from reconciler.desired.declare import declare, errors_of
from reconciler.desired.load import LoadedFiles, load
from reconciler.desired.variables import VariableUse, find_undeclared
from reconciler.model.desired import Desired
from reconciler.model.member_account import MemberAccount, Membership
from reconciler.model.problem import Problem, ReconcileError
from reconciler.plan.assertions.allowed_names import find_unknown_names


@dataclass(frozen=True, slots=True)
class AccountNames:
    """The names that the files of one account know.

    assertions: None if the files are not valid, because they may then have any.
    """

    variables: VariableUse
    assertions: frozenset[str] | None

    @classmethod
    def of(cls, loaded: LoadedFiles, desired: Desired) -> AccountNames:
        """Return the names of files that were declared."""
        names = None if errors_of(desired) else frozenset(one.name for one in desired.assertions)
        return cls(loaded.variable_use, names)


def read_names(files: OrganizationFiles, membership: Membership) -> AccountNames:
    """Return the names of an account, without credentials. Files that are not valid leave no variable unused."""
    loaded = load(files.paths, files.variables, membership.account.id, membership=membership, parsed=files.parsed)
    names = AccountNames.of(loaded, declare(loaded))
    return names if names.assertions is not None else replace(names, variables=VariableUse(frozenset(), frozenset()))


def refuse_unknown_variables(files: OrganizationFiles, all_accounts: Sequence[MemberAccount]) -> None:
    """Raise ReconcileError for variables of --var that no account knows."""
    if files.variables:
        names = (read_names(files, Membership(one, all_accounts, is_complete=False)) for one in all_accounts)
        if unknown := find_unknown(names):
            raise ReconcileError(unknown)


def find_unknown(accounts: Iterable[AccountNames], allowed: frozenset[str] = frozenset()) -> list[Problem]:
    """Return a problem for each name that no account knows.

    accounts: all of the organization; taken one by one until each name is known. allowed: the names of
    --allow-assertion.
    """
    unused: frozenset[str] | None = None
    variables: set[str] = set()
    assertions: set[str] = set()
    for names in accounts:
        unused = names.variables.unused if unused is None else unused & names.variables.unused
        variables |= names.variables.known
        assertions |= allowed if names.assertions is None else names.assertions
        if not unused and allowed <= assertions:
            return []
    return [*find_undeclared(unused or (), variables), *find_unknown_names(sorted(assertions), allowed)]
