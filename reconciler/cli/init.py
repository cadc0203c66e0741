"""The command `reconcile init`."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from reconciler.cli.named_path import NamedPath


@click.command("init", short_help="Write a first file, and a pipeline.", epilog="Example: reconcile init --github")
@click.argument("folder", metavar="[DIR]", default=".", type=NamedPath(path_type=Path))
@click.option("--github", is_flag=True, help="Also write a workflow for GitHub Actions, and the roles that it needs.")
@click.option("--gitlab", is_flag=True, help="Also write a pipeline for GitLab CI/CD, and the roles that it needs.")
@click.option(
    "--organization",
    is_flag=True,
    help="Write no file: print the StackSet template of the roles that enter each account. DIR may be the file that "
    "has `organization`.",
)
@click.option("--role", metavar="NAME", help="For --organization: the role. Default: that of the file, or reconciler.")
def command(folder: Path, github: bool, gitlab: bool, organization: bool, role: str | None) -> int:
    """Write a first file, roles.yaml, with comments that explain it, into DIR (default: this folder).

    Files that are there already stay as they are. No credentials, no network.
    """
    if organization:
        if github or gitlab:
            raise click.UsageError("--organization only prints a template. Run `init` once more for a pipeline.")
        return _print_template(folder, role)
    if role is not None:
        raise click.UsageError("--role goes with --organization.")
    if folder.is_file():
        raise click.BadParameter(f"Directory {str(folder)!r} is a file.", param_hint="'[DIR]'")
    return _write_files(folder, github, gitlab)


def _print_template(source: Path, role: str | None) -> int:
    from reconciler.app.organization.member_role import make_member_template
    from reconciler.cli.terminal import echo
    from reconciler.model.text_forms import ROLE_PATH_AND_NAME

    if role is not None and not ROLE_PATH_AND_NAME.accepts(role):
        raise click.BadParameter(ROLE_PATH_AND_NAME.hint, param_hint="--role")
    echo(make_member_template(source, role))
    return 0


def _write_files(folder: Path, github: bool, gitlab: bool) -> int:
    from reconciler.app.starter import PipelineHost, write_starter
    from reconciler.cli.terminal import echo_line, echo_sentence, notice

    chosen = {PipelineHost.GITHUB: github, PipelineHost.GITLAB: gitlab}
    starter = write_starter(folder, [host for host in chosen if chosen[host]])
    for path in starter.written:
        echo_line(f"Wrote {path}")
    for path in starter.kept:
        echo_line(f"Kept {path}, which was there already")
    if starter.roles is not None:
        check = f"`reconcile validate {shlex.quote(str(starter.roles))}`"
        echo_sentence(f"Next: change {starter.roles} to what you need, and run {check}.")
    for path in starter.pipelines:
        echo_sentence(f"The first lines of {path} say what to do before the first run.")
    if starter.top is not None:
        notice(f"a pipeline counts only at the top of its repository, in {starter.top}: move its files there.")
    return 0
