"""Read the user's files into a `Desired`, without calling AWS. This is the first step of every use case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from reconciler.desired.aws_names import AwsNames
from reconciler.desired.declare import declare, errors_of
from reconciler.desired.load import CallerLookup, LoadedFiles, load
from reconciler.desired.source_files import find_files, has_files
from reconciler.model.address import Address
from reconciler.model.desired import Alias, Desired
from reconciler.model.entity import Entity
from reconciler.model.partitions import DEFAULT_PARTITION
from reconciler.model.problem import Problem, ReconcileError, make_error
from reconciler.plan.assertions.allowed_names import find_unknown_names


@dataclass(frozen=True)
class DesiredFiles:
    """Files that are valid, and what they mean: the first argument of most functions of `reconciler/api.py`.

    desired: as the files alone have it; an account that no file names is a placeholder there.
    """

    files: tuple[str, ...]
    variables: Mapping[str, str]
    loaded: LoadedFiles
    desired: Desired

    @property
    def account(self) -> str | None:
        """The account that the files name; None if they name none."""
        return account_of(self.loaded)

    @property
    def entities(self) -> Mapping[Address, Entity]:
        """Every user, group, role and so on that the files declare."""
        return self.desired.state.entities

    @property
    def aliases(self) -> Mapping[str, Alias]:
        return self.desired.aliases

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The warnings: files with errors are never loaded."""
        return self.desired.problems

    def load_for(self, account: str | None, partition: str) -> LoadedFiles:
        """Return the files as they are for a caller's account. Raises ReconcileError.

        Those that name no account may mean something else there (`{{ account_id }}`, ARNs), and are read again.
        """
        if partition == self.loaded.partition and account in (None, self.loaded.account):
            return self.loaded
        return read_files(self.files, self.variables, account, partition)

    def declare_for(self, account: str, partition: str) -> DesiredFiles:
        """Return the same for a caller's account, as of now. Raises ReconcileError."""
        loaded, now = self.load_for(account, partition), datetime.now(UTC)
        return replace(self, loaded=loaded, desired=require_valid(declare(loaded, now=now, names=AwsNames())))


def load_files(files: Sequence[str], variables: Mapping[str, str]) -> DesiredFiles:
    """Read and check files that are named one by one. Raises ReconcileError with everything that is wrong."""
    if not files:
        raise make_error("no-file", "No file is named.", hint='Name one: api.load("roles.yaml")')
    loaded = read_files(files, variables)
    desired = require_valid(declare(loaded, now=datetime.now(UTC), names=AwsNames()))
    return DesiredFiles(tuple(files), dict(variables), loaded, desired)


def read_files(
    files: Sequence[str],
    variables: Mapping[str, str],
    account: str | None = None,
    partition: str = DEFAULT_PARTITION,
    find_caller: CallerLookup = lambda: None,
) -> LoadedFiles:
    """Read and merge the named files, or the default one. Raises ReconcileError if there is none."""
    return load(find_files(tuple(files)), variables, account, partition, find_caller)


def read_files_if_any(
    files: Sequence[str], variables: Mapping[str, str], account: str | None = None, partition: str = DEFAULT_PARTITION
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
    files: Sequence[str], variables: Mapping[str, str], account: str | None = None, partition: str = DEFAULT_PARTITION
) -> Desired:
    """Return the desired state of the files. Raises ReconcileError with every error."""
    return require_valid(declare(read_files(files, variables, account, partition)))


def validate_files(
    files: Sequence[str], variables: Mapping[str, str], allow_assertions: frozenset[str] = frozenset()
) -> tuple[Desired, tuple[Problem, ...]]:
    """Return the desired state of the files and every problem they have.

    Assertions are checked once the files have no errors. allow_assertions: the names of those that may fail.
    """
    names = AwsNames()
    desired = declare(read_files(files, variables), names=names)
    if errors_of(desired) or not (desired.assertions or allow_assertions):
        return desired, desired.problems
    from reconciler.plan.assertions.check import check_files  # the evaluator, which few files need

    unknown = find_unknown_names([one.name for one in desired.assertions], allow_assertions)
    return desired, (*desired.problems, *unknown, *check_files(desired, names, allow_assertions))
