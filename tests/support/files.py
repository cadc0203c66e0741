"""Write desired-state files in tests, and read their desired state and their problems (`file:line:column code`)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reconciler.desired.declare import declare
from reconciler.desired.load import load
from reconciler.model.address import Address
from reconciler.model.desired import Desired
from reconciler.model.problem import Level, Problem
from reconciler.policy.name_checks import KnownNames

HEAD = "version: 1\nsettings: {prune: none}\n"
"""The shortest valid file. A snippet after it begins on line 3."""

ACCOUNT = "123456789012"


class Folder:
    """A folder of files. `roles.yaml` is read unless other files are named."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, name: str, content: str | bytes) -> Path:
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
        return target

    def read_files(
        self,
        *files: str,
        variables: Mapping[str, str] | None = None,
        account: str | None = ACCOUNT,
        partition: str = "aws",
        live_paths: Mapping[Address, str] | None = None,
        names: KnownNames | None = None,
        own_partition: str | None = None,
    ) -> Desired:
        paths = [self.path / name for name in files or ("roles.yaml",)]
        loaded = load(paths, variables or {}, account, partition)
        return declare(loaded, live_paths, names=names, own_partition=own_partition)

    def declare_text(self, text: str | bytes, **how: Any) -> Desired:
        """Return the desired state of a file with this text."""
        self.write("roles.yaml", text)
        return self.read_files(**how)

    def find_problems(self, text: str | bytes, **how: Any) -> list[str]:
        """Return every problem as `name:line:column code`, in the order of the file."""
        return [self.format_problem(problem) for problem in self.declare_text(text, **how).problems]

    def format_problem(self, problem: Problem) -> str:
        place = problem.place
        assert place, f"{problem.code} has no place"
        return f"{Path(place.file).name}:{place.line}:{place.column} {problem.code}"


def find_errors(desired: Desired) -> list[Problem]:
    return [problem for problem in desired.problems if problem.level is Level.ERROR]


def require_valid(desired: Desired) -> Desired:
    """Return the desired state, after a check that it has no problem."""
    assert find_errors(desired) == [], find_errors(desired)
    return desired
