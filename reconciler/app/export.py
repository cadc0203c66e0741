"""The use case `export_account`: write live IAM as desired-state files. It writes nothing to AWS."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.aws import snapshot
from reconciler.aws.session import connect
from reconciler.desired.export import AccountExport, export_entities, select_entities
from reconciler.desired.export_yaml import format_file, format_files
from reconciler.desired.source_files import YAML_ENDINGS
from reconciler.files.bounded_reads import reason_of
from reconciler.files.outputs import make_parent, write_text
from reconciler.kinds.account import SETTINGS
from reconciler.kinds.registry import KINDS_BY_NAME
from reconciler.model.address import Address
from reconciler.model.entity import Policy
from reconciler.model.live import State
from reconciler.model.problem import make_error
from reconciler.model.sentence import format_list
from reconciler.model.suggest import suggest_address
from reconciler.plan.followup_reads import FollowupReads


@dataclass(frozen=True)
class ExportRequest:
    """The options of the command line. only: patterns of addresses, all if empty. owner: `owner` of the new file."""

    only: Sequence[str]
    owner: str | None
    profile: str | None
    region: str | None
    endpoint_url: str | None


def export_account(request: ExportRequest, *, split: bool = False) -> AccountExport:
    """Read the caller's account for export. Raises ReconcileError, also if a pattern matches nothing."""
    connection = connect(request.profile, request.region, request.endpoint_url)
    live = snapshot.read_account(connection, SETTINGS, KINDS_BY_NAME)
    for pattern in request.only:
        if not select_entities(live, [pattern]):
            summary = f"--only {pattern} matches nothing in the account."
            raise make_error("nothing-matches", summary, hint=_make_hint(pattern, live))
    unread = FollowupReads(details=tuple(_find_undescribed(live, request.only)))
    live = snapshot.complete_state(connection, live, unread) if unread else live
    return export_entities(live, request.owner, request.only, split=split)


def _find_undescribed(live: State, only: Sequence[str]) -> Iterator[Address]:
    """Yield the policies that may have a description that no list call returned: each of them must be read by itself.

    AWS does not document whether its list returns descriptions. If it returns one, it returns all.
    """
    listed = [
        entity
        for address, entity in live.entities.items()
        if isinstance(entity, Policy) and address not in live.details.fully_read
    ]
    if all(policy.description is None for policy in listed):
        selected = set(select_entities(live, only))
        yield from sorted(policy.address for policy in listed if policy.address in selected)


def _make_hint(pattern: str, live: State) -> str:
    if pattern.startswith("instance-profile/"):
        return "Instance profiles are exported with their role: name the role instead."
    close = suggest_address(pattern, select_entities(live, ()))
    return f"Did you mean {close!r}?" if close else "Check the pattern and the account."


def format_export(export: AccountExport, request: ExportRequest) -> str:
    """Return the export as the text of one file."""
    return format_file(export, _make_command(request))


def write_files(export: AccountExport, request: ExportRequest, folder: Path) -> list[Path]:
    """Write the export as one file for each kind and return the paths.

    Raises ReconcileError if the folder has YAML, which would be read with the export, or a file that would be replaced.
    """
    files = format_files(export, _make_command(request))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        in_the_way = {path.name for path in folder.iterdir() if path.suffix in YAML_ENDINGS}
        in_the_way |= {name for name in files if _has_file(folder.resolve() / name)}
        if in_the_way:
            summary = f"{folder} already has {format_list(sorted(in_the_way), 3)}: nothing was written."
            raise make_error("folder-in-use", summary, hint="Name a folder without YAML files, or move the files away.")
        return [_write_file(folder, name, content) for name, content in files.items()]
    except OSError as error:
        raise make_error("not-written", f"Cannot write {error.filename or folder}: {reason_of(error)}.") from None


def _has_file(path: Path) -> bool:
    """Return whether there is a file at a path without links. Writing refuses to follow a link."""
    return path.is_file() and path.resolve() == path


def _write_file(folder: Path, name: str, content: str) -> Path:
    path = folder / name
    make_parent(folder, path)
    write_text(path, content)
    return path


def _make_command(request: ExportRequest) -> str:
    """Return the command that gives the same content again, without credentials and paths."""
    words = [word for pattern in request.only for word in ("--only", pattern)]
    words += ["--owner", request.owner] if request.owner else []
    return shlex.join(["reconcile", "export", *words])
