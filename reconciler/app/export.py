"""The use case `export_account`: live IAM → desired-state files. Reads what a plan reads, writes nothing to AWS."""

from __future__ import annotations

import errno
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.aws import snapshot
from reconciler.aws.session import connect
from reconciler.desired.export import AccountExport, export_entities, select_entities
from reconciler.desired.export_yaml import format_file, format_files
from reconciler.desired.source_files import YAML_ENDINGS
from reconciler.files.bounded_reads import reason_of
from reconciler.files.outputs import write_text
from reconciler.kinds.account import SETTINGS
from reconciler.kinds.registry import KINDS_BY_NAME
from reconciler.model.live import State
from reconciler.model.problem import make_error
from reconciler.model.suggest import suggest_word


@dataclass(frozen=True)
class ExportRequest:
    """What a person asks for. `only`: patterns of addresses; none: all."""

    only: Sequence[str]
    owner: str | None
    profile: str | None
    region: str | None
    endpoint_url: str | None


def export_account(request: ExportRequest, *, split: bool = False) -> AccountExport:
    """What a file, or several, say of the caller's account. Raises Failed; also where a pattern matches nothing."""
    connection = connect(request.profile, request.region, request.endpoint_url)
    live = snapshot.read_account(connection, SETTINGS, KINDS_BY_NAME)
    for pattern in request.only:
        if not select_entities(live, [pattern]):
            summary = f"--only {pattern}: nothing in the account matches."
            raise make_error("nothing-matches", summary, hint=_make_hint(pattern, live))
    return export_entities(live, request.owner, request.only, split=split)


def _make_hint(pattern: str, live: State) -> str:
    if pattern.startswith("instance-profile/"):
        return "Instance profiles are written with their role: name that."
    close = suggest_word(pattern, [str(address) for address in select_entities(live, ())])
    return f"Did you mean {close!r}?" if close else "A pattern is kind/name with * and ?, as in 'role/app-*'."


def as_text(found: AccountExport, request: ExportRequest) -> str:
    """The export as one file."""
    return format_file(found, _make_command(request))


def write_files(found: AccountExport, request: ExportRequest, folder: Path) -> list[Path]:
    """The export as a file for each kind; the paths written. Raises Failed where the folder has YAML already."""
    files = format_files(found, _make_command(request))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        there = sorted(path.name for path in folder.iterdir() if path.suffix in YAML_ENDINGS)
        if there:
            summary = f"{folder} has {', '.join(there[:3])} already: nothing was written."
            raise make_error("folder-in-use", summary, hint="Name a new folder, or move what is there.")
        return [_write_file(folder, name, content) for name, content in files.items()]
    except OSError as error:
        raise make_error("not-written", f"Cannot write {error.filename or folder}: {reason_of(error)}.") from None


def _write_file(folder: Path, name: str, content: str) -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    if path.parent != folder and path.parent.is_symlink():
        raise OSError(errno.ELOOP, "it is a symbolic link, which is not followed", str(path.parent))
    write_text(path, content)
    return path


def _make_command(request: ExportRequest) -> str:
    """The command that gives the same content again, whoever runs it and wherever it is put."""
    words = [word for pattern in request.only for word in ("--only", pattern)]
    words += ["--owner", request.owner] if request.owner else []
    return shlex.join(["reconcile", "export", *words])
