"""The command `reconcile access`, and its subcommand `list`, which it runs if none is named."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import access_can, access_explain, access_graph, access_paths, access_show, access_who_can
from reconciler.cli.access_options import read_named_source, source_options
from reconciler.cli.named_path import NamedPath

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class AccessCommands(click.Group):
    """The questions about access. `reconcile access roles.yaml` means `reconcile access list roles.yaml`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        first = args[0] if args else ""
        if first in self.commands or first in ctx.help_option_names:
            return super().parse_args(ctx, args)
        if ctx.resilient_parsing and not first.startswith("-"):  # for completion, which offers the subcommands
            return super().parse_args(ctx, args)
        self._refuse_mistyped(ctx, first)
        return super().parse_args(ctx, ["list", *args])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Offer the subcommands, and the options of `list`, which may stand in its place."""
        own = super().shell_complete(ctx, incomplete)
        names = {item.value for item in own}
        listed = list_roles.shell_complete(ctx, incomplete) if incomplete.startswith("-") else []
        return own + [item for item in listed if item.value not in names]

    def _refuse_mistyped(self, ctx: click.Context, word: str) -> None:
        from reconciler.model.suggest import suggest_word

        close = suggest_word(word, self.commands) if word and not word.startswith("-") else None
        if close and not Path(word).exists():
            ctx.fail(f"No such command {word!r}. Did you mean {close!r}?")


@click.group(
    "access",
    short_help="Show who can do what, and why.",
    cls=AccessCommands,
    epilog="Example: reconcile access roles.yaml",
)
def command() -> None:
    """Show who can do what, and why: by the files, in the live account, or before and after a plan.

    `reconcile access [FILE]...` lists who may assume which role, as `reconcile access list` does.
    """


@command.command("list", short_help="Who may assume which role.", epilog="Example: reconcile access roles.yaml")
@click.argument("named_files", metavar="[FILE]...", nargs=-1, type=NamedPath())
@source_options
def list_roles(named_files: tuple[str, ...], files: tuple[str, ...], form: str, **options: Any) -> int:
    """List who may assume which role, and on which terms."""
    from reconciler.app.access import list_role_entrants
    from reconciler.cli.terminal import echo, get_width, uses_color
    from reconciler.render.access_roles import render_roles_json, render_roles_text

    source = read_named_source(files=(*files, *named_files), **options)
    answers = list_role_entrants(source)
    echo(
        render_roles_json(source, answers)
        if form == "json"
        else render_roles_text(source, answers, color=uses_color(), width=get_width())
    )
    return 0


for subcommand in (
    access_can.command,
    access_explain.command,
    access_graph.command,
    access_paths.command,
    access_show.command,
    access_who_can.command,
):
    command.add_command(subcommand)
