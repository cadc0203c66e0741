"""The root of the command line: it imports a command when it is run, and returns the exit codes of docs/cli.md."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

import click

from reconciler import __version__
from reconciler.cli.habits import HelpfulGroup, describe_unknown_option, expand_help
from reconciler.cli.log_event import wants_json_log
from reconciler.cli.missing_arguments import describe_missing_argument
from reconciler.cli.terminal import echo, echo_line, echo_sentence, get_width, uses_color
from reconciler.model.problem import ReconcileError

_COMPLETION_VARIABLE = "_RECONCILE_COMPLETE"
"""The variable that a shell's completion script sets. click chose the name."""
_COMMANDS = {
    "access": "access",
    "accounts": "accounts",
    "apply": "apply",
    "assume": "assume",
    "export": "export",
    "init": "init",
    "keys": "keys",
    "mfa": "mfa",
    "plan": "plan",
    "profiles": "profiles",
    "report": "report",
    "rules": "rules",
    "sandbox": "sandbox",
    "schema": "schema",
    "show": "show",
    "undo": "undo",
    "validate": "validate",
}


class Commands(HelpfulGroup):
    """The group of all commands. It imports a command's module only when the command is run or listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name == "help" and ctx.resilient_parsing:  # completion of what `expand_help` takes
            return self
        if name not in _COMMANDS:
            return None
        module = importlib.import_module(f"reconciler.cli.{_COMMANDS[name]}")
        command: click.Command = module.command
        return command


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: reconcile plan roles.yaml",
)
@click.version_option(__version__, "-V", "--version", prog_name="reconcile", message="%(prog)s %(version)s")
def root() -> None:
    """Declarative AWS IAM: plan and apply one YAML file, and assume its roles.

    There is no state file: live IAM is the state. reconcile validates the file, compares it with the account by
    meaning, and makes exactly the calls that the plan lists.
    """


def run_command(arguments: Sequence[str]) -> int:
    """Run one command and return the exit code. An error that a user can cause prints no traceback."""
    if instruction := os.environ.get(_COMPLETION_VARIABLE):
        from reconciler.cli import completion_shells

        return completion_shells.answer_shell(root, _COMPLETION_VARIABLE, instruction)
    try:
        outcome = root.main(args=expand_help(arguments), prog_name="reconcile", standalone_mode=False)
        return outcome if isinstance(outcome, int) else 0
    except click.exceptions.NoArgsIsHelpError as error:
        echo(error.format_message())
        return 0
    except click.ClickException as error:
        return _report_usage(error, arguments)
    except (click.Abort, KeyboardInterrupt) as error:
        if wants_json_log(arguments):
            return _report_in_json(arguments, error)
        is_at_question = isinstance(error, click.Abort) and error.__cause__ is None
        if is_at_question:  # a question leaves the cursor in its line; elsewhere click has ended the line
            echo("", err=True)
        echo("Interrupted.", err=True)
        return 130
    except ReconcileError as error:
        from reconciler.plan.digest.gathered_problems import gather_problems
        from reconciler.render.problems import render_problems

        problems = gather_problems(error.problems)
        echo(render_problems(problems, color=uses_color(err=True), width=get_width(err=True)), err=True)
        return 1
    except BrokenPipeError:
        sys.stderr.close()
        return 1


def _report_usage(error: click.ClickException, arguments: Sequence[str]) -> int:
    """Report click's message about a wrong command line, and return the exit code.

    It may quote the command line, so it is kept on one line.
    """
    if isinstance(error, click.NoSuchOption):
        message = describe_unknown_option(error, arguments)
    elif isinstance(error, click.MissingParameter):
        message = describe_missing_argument(error)
    else:
        message = error.format_message()
    if wants_json_log(arguments):
        return _report_in_json(arguments, click.UsageError(message))
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is not None:
        echo(context.get_usage(), err=True)
        echo_line(f"Try '{context.command_path} {context.help_option_names[0]}' for help.", err=True)
        echo("", err=True)
    echo_sentence(f"Error: {message}", err=True)
    return 1


def _report_in_json(arguments: Sequence[str], error: BaseException) -> int:
    from reconciler.cli.unstarted_runs import report_failed_start

    return report_failed_start(arguments, error)
