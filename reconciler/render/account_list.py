"""Render the accounts of an organization: as a table, as JSON, and as the job matrix of GitHub or GitLab."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reconciler.model.escape import escape_line
from reconciler.model.member_account import MemberAccount
from reconciler.model.shards import Shard
from reconciler.render.json_text import dump_json

MatrixJob = MemberAccount | tuple[int, Shard]
"""One job of a matrix: an account, or one shard of a wave."""


def render_account_table(accounts: Sequence[MemberAccount]) -> str:
    """Return a line for each account: name, id, wave, files."""
    width = max((len(account.name) for account in accounts), default=0)
    return "\n".join(escape_line(_format_account(account, width)) for account in accounts)


def _format_account(account: MemberAccount, width: int) -> str:
    canary = ", canary" if account.is_canary else ""
    parts = [account.name.ljust(width), account.id, f"wave {account.wave}{canary}", " ".join(account.files)]
    return "  ".join(part for part in parts if part)


def render_account_json(accounts: Sequence[MemberAccount]) -> str:
    """Return the accounts with their files and variables as JSON."""
    return dump_json({"accounts": [_account_to_dict(account) for account in accounts]}, indent=2)


def _account_to_dict(account: MemberAccount) -> dict[str, Any]:
    return {
        "name": account.name,
        "account": account.id,
        "wave": account.wave,
        "canary": account.is_canary,
        "files": list(account.files),
        "vars": dict(account.variables),
    }


def render_github_matrix(jobs: Sequence[MatrixJob]) -> str:
    """Return a `strategy.matrix` of GitHub Actions in one line, for `$GITHUB_OUTPUT` and `fromJSON`."""
    return dump_json({"include": [_job_to_dict(job) for job in jobs]})


def _job_to_dict(job: MatrixJob) -> dict[str, Any]:
    if isinstance(job, MemberAccount):
        return {"name": job.name, "account": job.id, "wave": job.wave}
    wave, shard = job
    return {"wave": wave, "shard": str(shard)}


def render_gitlab_matrix(jobs: Sequence[MatrixJob]) -> str:
    """Return a hidden job of GitLab with a `parallel: matrix`, for `include: artifact` of a child pipeline.

    Jobs that extend it get RECONCILE_ACCOUNT and RECONCILE_WAVE, or RECONCILE_WAVE and RECONCILE_SHARD. Without jobs,
    the matrix is an empty list, of which GitLab makes no job; it refuses a matrix that is no list of mappings
    (gitlab-org/gitlab, `Entry::Product::Matrix`).
    """
    lines = [".reconcile-accounts:", "  parallel:", "    matrix:" if jobs else "    matrix: []"]
    for job in jobs:
        first, second = (
            (("RECONCILE_ACCOUNT", job.name), ("RECONCILE_WAVE", job.wave))
            if isinstance(job, MemberAccount)
            else (("RECONCILE_SHARD", job[1]), ("RECONCILE_WAVE", job[0]))
        )
        lines += [f'      - {first[0]}: "{first[1]}"', f'        {second[0]}: "{second[1]}"']
    return "\n".join(lines)
