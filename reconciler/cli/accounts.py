"""The command `reconcile accounts`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.account_options import account_options, take_run_options
from reconciler.cli.options import add_file_arguments, announce_default_file, aws_options, color_option, variable_option

if TYPE_CHECKING:
    from reconciler.app.organization.files import RunOptions
    from reconciler.model.member_account import MemberAccount
    from reconciler.render.account_list import MatrixJob

_MOST_JOBS = {"github-matrix": ("GitHub", 256), "gitlab": ("GitLab", 200)}
"""The most jobs of a matrix (GitHub, "Usage limits"; GitLab, "parallel:matrix")."""


@click.command(
    "accounts",
    short_help="List the accounts of an organization, also for a pipeline.",
    epilog="Example: reconcile accounts org.yaml --format github-matrix --shards 8",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github-matrix", "gitlab"]),
    default="text",
    help="Output format.",
)
@account_options
@variable_option
@aws_options
@color_option
@add_file_arguments(stdin=True)
def command(form: str, files: tuple[str, ...], variables: Mapping[str, str], **options: Any) -> int:
    """List the accounts of `organization` in FILE, also as the job matrix of a pipeline.

    Needs credentials only if the file has `discover`. With --shards N, a matrix has a job for each part of each wave,
    else a job for each account.
    """
    from reconciler.app.organization.files import find_organization
    from reconciler.app.organization.listing import list_accounts
    from reconciler.app.plan import PlanRequest
    from reconciler.cli.terminal import echo
    from reconciler.model.problem import make_error
    from reconciler.plan.options import PlanOptions
    from reconciler.render import account_list

    arguments = take_run_options(options)
    shards = arguments.take_shards() if form in _MOST_JOBS else None
    chosen = arguments.read()
    announce_default_file(files)
    organization = find_organization(files, variables)
    if organization is None:
        raise make_error(
            "no-organization", "The file has no `organization:`.", "", "Name the file that lists the accounts."
        )
    request = PlanRequest(files, variables, **options, options=PlanOptions())
    accounts = list_accounts(organization, request, chosen)
    if form == "text":
        echo(account_list.render_account_table(accounts))
    elif form == "json":
        echo(account_list.render_account_json(accounts))
    else:
        render = account_list.render_github_matrix if form == "github-matrix" else account_list.render_gitlab_matrix
        echo(render(_list_jobs(accounts, shards, chosen, form)))
    return 0


def _list_jobs(
    accounts: tuple[MemberAccount, ...], shards: int | None, options: RunOptions, form: str
) -> list[MatrixJob]:
    """Return the jobs of a matrix. Raises a usage error if they are more than the engine takes."""
    from reconciler.app.organization.listing import divide_accounts

    jobs: list[MatrixJob] = [*divide_accounts(accounts, shards, options)] if shards else [*accounts]
    engine, most = _MOST_JOBS[form]
    if len(jobs) > most:
        remedy = "a smaller --shards, or --wave N" if shards else "--shards N"
        raise click.UsageError(f"{engine} takes {most} jobs of a matrix, and these are {len(jobs)}. Pass {remedy}.")
    return jobs
