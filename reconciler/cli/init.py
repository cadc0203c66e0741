"""The command `reconcile init`."""

from __future__ import annotations

import shlex
from pathlib import Path

import click


@click.command("init", epilog="Example: reconcile init --github")
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(file_okay=False, path_type=Path))
@click.option("--github", is_flag=True, help="Also write a workflow for GitHub Actions, and the roles that it needs.")
@click.option("--gitlab", is_flag=True, help="Also write a pipeline for GitLab CI/CD, and the roles that it needs.")
def command(folder: Path, github: bool, gitlab: bool) -> int:
    """Write a first file, roles.yaml, with comments that explain it, into DIR (default: this folder).

    Files that are there already stay as they are. No credentials, no network.
    """
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
