"""The use case `write_starter`: write a first file, and a pipeline beside it. It asks AWS nothing.

The files are those of `starters/`, as they are there; in pipelines, the version of reconcile is filled in. The pages
about pipelines show the same files.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from reconciler import __version__
from reconciler.desired.path_bounds import repository_of
from reconciler.desired.source_files import DEFAULT_FILE
from reconciler.files.bounded_reads import reason_of
from reconciler.files.outputs import make_parent, write_text
from reconciler.model.problem import make_error

_SOURCES = Path(__file__).with_name("starters")
_VERSION_MARK = "RECONCILE_VERSION"
"""Stands in a pipeline for the version that it installs: the one that wrote it."""


class PipelineHost(StrEnum):
    """The service that runs the pipeline."""

    GITHUB = "github"
    GITLAB = "gitlab"


@dataclass(frozen=True)
class StarterFile:
    """A file that `init` writes. path: relative to the folder. source: its name in `starters/`."""

    path: str
    source: str

    def read(self) -> str:
        """Return the content that is written."""
        return read_starter(self.source).replace(_VERSION_MARK, __version__)


def read_starter(name: str) -> str:
    """Return a file of `starters/` as it is there."""
    return (_SOURCES / name).read_text(encoding="utf-8")


ROLES = StarterFile(DEFAULT_FILE, "roles.yaml")
PIPELINES = {
    PipelineHost.GITHUB: (
        StarterFile(".github/workflows/iam.yml", "github.yml"),
        StarterFile("pipeline.yaml", "pipeline.yaml"),
    ),
    PipelineHost.GITLAB: (
        StarterFile(".gitlab-ci.yml", "gitlab.yml"),
        StarterFile(".gitlab/iam.py", "gitlab_iam.py.txt"),
        StarterFile("pipeline-gitlab.yaml", "pipeline-gitlab.yaml"),
    ),
}
"""The files for each host, which reads the first one at the top of the repository. Its first lines are instructions."""


@dataclass(frozen=True)
class WrittenStarter:
    """The paths of the files of `init`. written: new ones. kept: those that were there already.

    roles: roles.yaml, if it was written. pipelines: the written files that a host reads.
    top: the top folder of the repository, if the pipelines are elsewhere, so that no host reads them; else None.
    """

    written: tuple[Path, ...]
    kept: tuple[Path, ...]
    roles: Path | None
    pipelines: tuple[Path, ...]
    top: Path | None


def write_starter(folder: Path, hosts: Sequence[PipelineHost]) -> WrittenStarter:
    """Write the files that `folder` lacks; it is made if it is missing. Raises ReconcileError if one cannot be written.

    A file that exists is never changed, whatever it is: also a link, or a folder.
    """
    files = [ROLES, *(file for host in hosts for file in PIPELINES[host])]
    written: list[Path] = []
    kept: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in files:
            paths = written if _write_file(folder, file) else kept
            paths.append(folder / file.path)
    except OSError as error:
        raise make_error("not-written", f"Cannot write {error.filename or folder}: {reason_of(error)}.") from None
    roles = folder / ROLES.path
    pipelines = [folder / PIPELINES[host][0].path for host in hosts]
    top = repository_of(folder)
    is_elsewhere = bool(pipelines) and Path(os.path.realpath(folder)) != top
    return WrittenStarter(
        tuple(written),
        tuple(kept),
        roles if roles in written else None,
        tuple(path for path in pipelines if path in written),
        top if is_elsewhere else None,
    )


def _write_file(folder: Path, file: StarterFile) -> bool:
    """Write the file, and return True; return False if there is anything at its path. Raises OSError."""
    path = folder / file.path
    if os.path.lexists(path):
        return False
    make_parent(folder, path)
    try:
        write_text(path, file.read(), new=True)
    except FileExistsError:  # another process was faster
        return False
    return True
