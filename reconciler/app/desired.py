"""Files → Desired, with nothing asked of AWS; the first step of every use case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.desired.aws_names import AwsNames
from reconciler.desired.declare import declare, errors_of
from reconciler.desired.load import Caller, Loaded, load
from reconciler.desired.source import is_any, named_files
from reconciler.model.desired import Desired
from reconciler.model.problem import Failed, Problem


def read(
    files: Sequence[str],
    variables: Mapping[str, str],
    account: str | None = None,
    partition: str = "aws",
    caller: Caller = lambda: None,
) -> Loaded:
    """The merged tree of the named files (or the default one). Raises Failed where there is none."""
    return load(named_files(tuple(files)), variables, account, partition, caller)


def read_if_any(
    files: Sequence[str], variables: Mapping[str, str], account: str | None = None, partition: str = "aws"
) -> Loaded | None:
    """As `read`; None where no file is named and there is no default one."""
    return read(files, variables, account, partition) if is_any(tuple(files)) else None


def written_account(loaded: Loaded) -> str | None:
    """The account that the file says it is for."""
    written = loaded.root.get("account") if loaded.root else None
    return written if isinstance(written, str) else None


def valid(desired: Desired) -> Desired:
    """The same, where nothing is wrong with it. Raises Failed with every error, and the warnings beside them."""
    if errors_of(desired):
        raise Failed(desired.problems)
    return desired


def offline(
    files: Sequence[str], variables: Mapping[str, str], account: str | None = None, partition: str = "aws"
) -> Desired:
    """What the files mean, asking nobody. Raises Failed."""
    return valid(declare(read(files, variables, account, partition)))


def problems(files: Sequence[str], variables: Mapping[str, str]) -> tuple[Desired, tuple[Problem, ...]]:
    """What the files mean and everything that is wrong with them."""
    desired = declare(read(files, variables), names=AwsNames())
    return desired, desired.problems
