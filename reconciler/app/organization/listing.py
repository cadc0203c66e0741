"""List the accounts of an organization, and divide them into the jobs of a pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from reconciler.app.organization.files import OrganizationFiles, RunOptions, select_accounts
from reconciler.app.organization.given_names import refuse_unknown_variables
from reconciler.app.plan import PlanRequest
from reconciler.model.member_account import MemberAccount
from reconciler.model.shards import Shard, select_shard


def list_accounts(files: OrganizationFiles, request: PlanRequest, options: RunOptions) -> tuple[MemberAccount, ...]:
    """Return the chosen accounts by wave. AWS is asked only if the file has `discover`.

    Raises ReconcileError, also for a variable of --var that no account knows.
    """
    if files.organization.discovery is None:
        all_accounts = files.organization.accounts
        accounts = select_accounts(all_accounts, options)
        selected = select_shard(accounts, options.shard, options.sizes) if options.shard else accounts
    else:
        from reconciler.app.organization.members import open_run  # it needs boto3

        run = open_run(files, request, options)
        all_accounts, selected = run.all_accounts, run.selected
    refuse_unknown_variables(files, all_accounts)
    return selected


def divide_accounts(accounts: Sequence[MemberAccount], shards: int, options: RunOptions) -> list[tuple[int, Shard]]:
    """Return the shards of each wave that have an account."""
    waves = groupby(sorted(accounts, key=lambda account: account.wave), key=lambda account: account.wave)
    members = {wave: list(group) for wave, group in waves}
    return [
        (wave, shard)
        for wave, group in members.items()
        for shard in (Shard(index, shards) for index in range(1, shards + 1))
        if select_shard(group, shard, options.sizes)
    ]
