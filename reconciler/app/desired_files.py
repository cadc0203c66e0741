"""Read the user's files into a `Desired`, without calling AWS. This is the first step of every use case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.desired.aws_names import AwsNames
from reconciler.desired.declare import declare, errors_of
from reconciler.desired.load import CallerLookup, LoadedFiles, load
from reconciler.desired.source_files import find_files, has_files
from reconciler.model.desired import Desired
from reconciler.model.problem import Problem, ReconcileError


def read_files(
    files: Sequence[str],
    variables: Mapping[str, str],
    account: str | None = None,
    partition: str = "aws",
    find_caller: CallerLookup = lambda: None,
) -> LoadedFiles:
    """Read and merge the named files, or the default one. Raises ReconcileError if there is none."""
    return load(find_files(tuple(files)), variables, account, partition, find_caller)


def read_files_if_any(
    files: Sequence[str], variables: Mapping[str, str], account: str | None = None, partition: str = "aws"
) -> LoadedFiles | None:
    """Do the same as `read_files`; return None if no file is named and there is no default one."""
    return read_files(files, variables, account, partition) if has_files(tuple(files)) else None


def account_of(loaded: LoadedFiles) -> str | None:
    """Return the `account` of the file; None if it names none."""
    written = loaded.root.get("account") if loaded.root else None
    return written if isinstance(written, str) else None


def require_valid(desired: Desired) -> Desired:
    """Return the argument if it has no errors. Raises ReconcileError with every error and warning."""
    if errors_of(desired):
        raise ReconcileError(desired.problems)
    return desired


def load_desired(
    files: Sequence[str], variables: Mapping[str, str], account: str | None = None, partition: str = "aws"
) -> Desired:
    """Return the desired state of the files. Raises ReconcileError with every error."""
    return require_valid(declare(read_files(files, variables, account, partition)))


def validate_files(files: Sequence[str], variables: Mapping[str, str]) -> tuple[Desired, tuple[Problem, ...]]:
    """Return the desired state of the files and every problem they have."""
    desired = declare(read_files(files, variables), names=AwsNames())
    return desired, desired.problems
