"""Read the files of an organization for one of its accounts. Asks AWS nothing, and needs no boto3."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from reconciler.app.organization.files import RunOptions, find_organization, list_checkable, select_accounts
from reconciler.app.organization.given_names import refuse_unknown_variables
from reconciler.desired.load import LoadedFiles, load
from reconciler.model.member_account import Membership
from reconciler.model.problem import make_error
from reconciler.model.sentence import format_list


def make_member_reader(
    files: Sequence[str], variables: Mapping[str, str], pattern: str
) -> Callable[[str | None, str], LoadedFiles]:
    """Return a function that reads files for one of their accounts, in a partition. It ignores the account it is given.

    Raises ReconcileError if the files have no `organization`, the pattern does not match exactly one account, or no
    account knows a variable of --var.
    """
    found = find_organization(files, variables)
    if found is None:
        raise make_error(
            "no-organization", "--account is for files with `organization:`, and these describe one account."
        )
    all_accounts = found.organization.accounts
    chosen = select_accounts(all_accounts, RunOptions((pattern,)))
    if len(chosen) > 1:
        names = format_list((account.name for account in chosen), 5)
        raise make_error("unknown-account", f"--account {pattern!r} matches {len(chosen)} accounts: {names}.")
    (account,) = chosen
    refuse_unknown_variables(found, list_checkable(found.organization))
    membership = Membership(account, all_accounts, found.organization.discovery is None)
    return lambda _, partition: load(
        found.paths, variables, account.id, partition, membership=membership, parsed=found.parsed
    )
