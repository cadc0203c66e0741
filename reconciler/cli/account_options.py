"""The options of commands that can work on many accounts: which accounts, in how many parts, how many at once."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.named_path import NamedPath
from reconciler.cli.options import F, check_text

if TYPE_CHECKING:
    from reconciler.app.organization.files import RunOptions
    from reconciler.model.shards import Shard

_OPTIONS = ("accounts", "wave", "shard", "shards", "sizes", "max_parallel")
_COUNTED_FROM_ZERO = {"JOB_COMPLETION_INDEX": "Kubernetes", "AWS_BATCH_JOB_ARRAY_INDEX": "AWS Batch"}


def account_option(function: F) -> F:
    """Add --account NAME. The command gets `accounts`, patterns."""
    return click.option(
        "--account",
        "accounts",
        metavar="NAME",
        multiple=True,
        callback=check_text,
        help="Only this account of `organization` (a name with * and ?, or an id); repeatable.",
    )(function)


def account_options(function: F) -> F:
    """Add the options that choose accounts of an organization. `take_run_options` takes their values."""
    options = (
        account_option,
        click.option("--wave", metavar="N", type=click.IntRange(min=1), help="Only the accounts of this wave."),
        click.option(
            "--shard",
            metavar="I/N",
            help="Only part I of N of the accounts. auto: read the part from GitLab, Kubernetes or AWS Batch.",
        ),
        click.option(
            "--shards", metavar="N", type=click.IntRange(min=1), help="The number of parts, for --shard auto."
        ),
        click.option(
            "--sizes",
            metavar="FILE",
            type=NamedPath(dir_okay=False),
            help="JSON object of account → work, to make the parts equal. All parts must get the same file.",
        ),
        click.option(
            "--max-parallel",
            metavar="N",
            type=click.IntRange(1, 64),
            help="The number of accounts to work on at once. Default: 4.",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


@dataclass(frozen=True)
class RunArguments:
    """The values of `account_options`, as given."""

    values: dict[str, Any]

    @property
    def is_given(self) -> bool:
        return any(value not in (None, ()) for value in self.values.values())

    def refuse(self) -> None:
        """Raise a usage error if an option was given although the files describe one account."""
        names = {"accounts": "--account", "max_parallel": "--max-parallel"}
        for key, value in self.values.items():
            if value not in (None, ()):
                option = names.get(key, f"--{key}")
                raise click.UsageError(f"{option} is for files with `organization:`, and these describe one account.")

    def take_shards(self) -> int | None:
        """Return --shards, and take it out: for a matrix it is the number of parts of each wave."""
        return self.values.pop("shards") if self.values["shard"] is None else None

    def read(self) -> RunOptions:
        """Return the choice of accounts. Raises a usage error."""
        from reconciler.app.organization.files import DEFAULT_PARALLEL, RunOptions

        shard, shards = self.values["shard"], self.values.get("shards")
        return RunOptions(
            self.values["accounts"],
            self.values["wave"],
            read_shard(shard, shards, os.environ),
            _read_sizes(self.values["sizes"]),
            self.values["max_parallel"] or DEFAULT_PARALLEL,
        )


def take_run_options(options: dict[str, Any]) -> RunArguments:
    """Take the values of `account_options` out of all that a command got."""
    return RunArguments({key: options.pop(key) for key in _OPTIONS})


def read_shard(text: str | None, shards: int | None, environ: Mapping[str, str]) -> Shard | None:
    """Return the shard that --shard names, for `auto` that of the CI system; None if no part is asked for.

    Raises a usage error.

    Sources: GitLab, "Predefined CI/CD variables"; Kubernetes, "Indexed Job"; AWS Batch, "Array jobs".
    """
    from reconciler.model.shards import Shard

    if text != "auto" and shards is not None:
        raise click.UsageError("--shards N goes with --shard auto. Name one part with --shard I/N.")
    try:
        if text is None:
            return None
        return Shard.of(*_find_shard(shards, environ)) if text == "auto" else Shard.parse(text)
    except ValueError as error:
        raise click.BadParameter(f"{error}.", param_hint="--shard") from None


def _find_shard(shards: int | None, environ: Mapping[str, str]) -> tuple[int, int]:
    """Return index (from 1) and total. Raises ValueError with a sentence."""
    if "CI_NODE_INDEX" in environ:
        index, total = _read_number("CI_NODE_INDEX", environ), shards
        if "CI_NODE_TOTAL" in environ:
            total = _read_number("CI_NODE_TOTAL", environ)
        if total is None:
            raise ValueError("CI_NODE_INDEX is set and CI_NODE_TOTAL is not: pass --shards N")
        if shards not in (None, total):
            raise ValueError(f"--shards is {shards}, and CI_NODE_TOTAL is {total}")
        return index, total
    for name, engine in _COUNTED_FROM_ZERO.items():
        if name in environ:
            index = _read_number(name, environ)
            if shards is None:
                raise ValueError(f"{name} of {engine} names no total: pass --shards N")
            return index + 1, shards
    raise ValueError(f"auto needs one of CI_NODE_INDEX, {', '.join(_COUNTED_FROM_ZERO)}, and none is set")


def _read_number(name: str, environ: Mapping[str, str]) -> int:
    text = environ[name]
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        raise ValueError(f"{name} is {text!r}, which is not a number")
    return int(text)


def _read_sizes(file: str | None) -> Mapping[str, float]:
    if file is None:
        return {}
    from reconciler.files.bounded_reads import LARGEST_DESIRED, read_regular, reason_of

    try:
        sizes = json.loads(read_regular(Path(file), LARGEST_DESIRED))
    except OSError as error:
        raise click.BadParameter(f"cannot read {file}: {reason_of(error)}.", param_hint="--sizes") from None
    except (ValueError, RecursionError):
        sizes = None
    if not isinstance(sizes, dict) or not all(_is_size(value) for value in sizes.values()):
        hint = f'{file} is not a JSON object of account → number, such as {{"prod": 12}}.'
        raise click.BadParameter(hint, param_hint="--sizes")
    return {name: float(value) for name, value in sizes.items()}


def _is_size(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e12
