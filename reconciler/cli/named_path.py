"""The type of every option and argument of the command line that names a path."""

from __future__ import annotations

from typing import Any

import click


class NamedPath(click.Path):
    """A path of the command line. An empty one is refused, because Python would take it for this folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("The path is empty. Is a shell variable unset?", param, ctx)
        return super().convert(value, param, ctx)
