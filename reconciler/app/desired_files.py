"""Files → Desired, with nothing asked of AWS; the first step of every use case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.desired.aws_names import AwsNames
from reconciler.desired.declare import declare, errors_of
from reconciler.desired.load import CallerLookup, LoadedFiles, load
from reconciler.desired.source_files import find_files, has_files
from reconciler.model.desired import Desired
from reconciler.model.partitions import DEFAULT_PARTITION
from reconciler.model.problem import Problem, ReconcileError


def read_files(
    files: Sequence[str],
    variables: Mapping[str, str],
    account: str | None = None,
    partition: str = DEFAULT_PARTITION,
    find_caller: CallerLookup = lambda: None,
) -> LoadedFiles:
    """The merged tree of the named files (or the default one). Raises Failed where there is none."""
    return load(find_files(tuple(files)), variables, account, partition, find_caller)


def read_files_if_any(
    files: Sequence[str], variables: Mapping[str, str], account: str | None = None, partition: str = DEFAULT_PARTITION
) -> LoadedFiles | None:
    """As `read_files`; None where no file is named and there is no default one."""
    return read_files(files, variables, account, partition) if has_files(tuple(files)) else None


def account_of(loaded: LoadedFiles) -> str | None:
    """The account that the file says it is for."""
    written = loaded.root.get("account") if loaded.root else None
    return written if isinstance(written, str) else None


def require_valid(desired: Desired) -> Desired:
    """The same, where nothing is wrong with it. Raises Failed with every error, and the warnings beside them."""
    if errors_of(desired):
        raise ReconcileError(desired.problems)
    return desired


def load_desired(
    files: Sequence[str], variables: Mapping[str, str], account: str | None = None, partition: str = DEFAULT_PARTITION
) -> Desired:
    """What the files mean, asking nobody. Raises Failed."""
    return require_valid(declare(read_files(files, variables, account, partition)))


def validate_files(files: Sequence[str], variables: Mapping[str, str]) -> tuple[Desired, tuple[Problem, ...]]:
    """What the files mean and everything that is wrong with them."""
    desired = declare(read_files(files, variables), names=AwsNames())
    return desired, desired.problems
