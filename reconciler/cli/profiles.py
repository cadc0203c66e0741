"""The command `reconcile profiles`."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from reconciler.cli.options import add_file_arguments, announce_default_file, color_option, variable_option
from reconciler.cli.terminal import echo, echo_sentence, get_width, notice, uses_color


@click.command(
    "profiles",
    short_help="Write every alias as a profile of the AWS config file.",
    epilog="Example: reconcile profiles roles.yaml --write",
)
@add_file_arguments()
@click.option("--write", "writing", is_flag=True, help="Write the config file. Default: only show what would change.")
@click.option("--prefix", metavar="TEXT", default="", help="Put this before the name of every profile.")
@click.option(
    "--credential-process",
    "process",
    is_flag=True,
    help="Have the profiles run `reconcile assume` instead of role_arn: one MFA code for all, every field of an alias.",
)
@variable_option
@color_option
def command(files: tuple[str, ...], writing: bool, prefix: str, process: bool, variables: Mapping[str, str]) -> int:
    """Write every alias of the file as a profile of the AWS config file, for every AWS tool.

    Shows what would change; --write makes the change. Only the block between reconcile's own two comments is
    touched. If an alias goes, its profile goes, too. Profiles that you wrote yourself stay.
    """
    from reconciler.app import profiles as use_case
    from reconciler.render.file_diff import render_file_diff
    from reconciler.render.problems import render_problems

    announce_default_file(files)
    request = use_case.ProfilesRequest(files, variables, _find_program(), prefix, process)
    proposal = (
        use_case.write_profiles(request, os.environ, notice)
        if writing
        else use_case.propose_profiles(request, os.environ)
    )
    edit, path = proposal.edit, proposal.path
    if edit.changed:
        echo(render_file_diff(str(path), edit.before, edit.after, edit.line, color=uses_color()))
    else:
        echo_sentence(f"No changes. {path} matches the file.", whole=(str(path),))
    if proposal.findings:
        echo(render_problems(proposal.findings, color=uses_color(err=True), width=get_width(err=True)), err=True)
    if edit.changed:
        echo_sentence(
            f"Wrote {path}." if writing else "Nothing was written. Pass --write to write it.",
            err=True,
            whole=(str(path),),
        )
    return 0


def _find_program() -> tuple[str, ...]:
    """Return the command that runs reconcile from any folder: the installed script, else this Python.

    -P keeps Python from importing modules of the folder it is called from.
    """
    script = shutil.which(sys.argv[0])
    if script and Path(script).stem == "reconcile":
        return (str(Path(script).absolute()),)
    return (sys.executable, "-P", "-m", "reconciler")
