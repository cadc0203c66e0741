"""The use case `export`: live IAM → desired-state files. Reads what a plan reads, writes nothing to AWS."""

from __future__ import annotations

import errno
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.aws import snapshot
from reconciler.aws.session import connect
from reconciler.desired.export import Exported, exported, selected
from reconciler.desired.source import YAML_ENDINGS
from reconciler.desired.write import one_file, several_files
from reconciler.files.outputs import write_text
from reconciler.files.reading import reason_of
from reconciler.kinds.account import SETTINGS
from reconciler.model.live import State
from reconciler.model.problem import failure
from reconciler.model.suggest import suggestion


@dataclass(frozen=True)
class Request:
    """What a person asks for. `only`: patterns of addresses; none: all."""

    only: Sequence[str]
    owner: str | None
    profile: str | None
    region: str | None
    endpoint_url: str | None


def export(request: Request, *, split: bool = False) -> Exported:
    """What a file, or several, say of the caller's account. Raises Failed; also where a pattern matches nothing."""
    live = snapshot.read(connect(request.profile, request.region, request.endpoint_url), SETTINGS)
    for pattern in request.only:
        if not selected(live, [pattern]):
            summary = f"--only {pattern}: nothing in the account matches."
            raise failure("nothing-matches", summary, hint=_hint(pattern, live))
    return exported(live, request.owner, request.only, split=split)


def _hint(pattern: str, live: State) -> str:
    if pattern.startswith("instance-profile/"):
        return "Instance profiles are written with their role: name that."
    close = suggestion(pattern, [str(address) for address in selected(live, ())])
    return f"Did you mean {close!r}?" if close else "A pattern is kind/name with * and ?, as in 'role/app-*'."


def text(found: Exported, request: Request) -> str:
    """The export as one file."""
    return one_file(found, _command(request))


def write(found: Exported, request: Request, folder: Path) -> list[Path]:
    """The export as a file for each kind; the paths written. Raises Failed where the folder has YAML already."""
    files = several_files(found, _command(request))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        there = sorted(path.name for path in folder.iterdir() if path.suffix in YAML_ENDINGS)
        if there:
            summary = f"{folder} has {', '.join(there[:3])} already: nothing was written."
            raise failure("folder-in-use", summary, hint="Name a new folder, or move what is there.")
        return [_written(folder, name, content) for name, content in files.items()]
    except OSError as error:
        raise failure("not-written", f"Cannot write {error.filename or folder}: {reason_of(error)}.") from None


def _written(folder: Path, name: str, content: str) -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    if path.parent != folder and path.parent.is_symlink():
        raise OSError(errno.ELOOP, "it is a symbolic link, which is not followed", str(path.parent))
    write_text(path, content)
    return path


def _command(request: Request) -> str:
    """The command that gives the same content again, whoever runs it and wherever it is put."""
    words = [word for pattern in request.only for word in ("--only", pattern)]
    words += ["--owner", request.owner] if request.owner else []
    return shlex.join(["reconcile", "export", *words])
