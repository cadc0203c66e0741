"""The use case of `export --guardrails`: write the organization's policies over an account as files."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from reconciler.aws.organizations import read_account_levels
from reconciler.aws.session import connect
from reconciler.desired.export_yaml import as_yaml
from reconciler.desired.guardrails_export import GUARDRAILS_FILE, format_guardrails, format_mark
from reconciler.desired.source_files import name_file
from reconciler.files.atomic import replace_file
from reconciler.files.bounded_reads import LARGEST_DESIRED, read_regular, reason_of
from reconciler.files.outputs import make_parent
from reconciler.model.organization import AccountLevels
from reconciler.model.problem import make_error
from reconciler.model.sentence import format_list

_PUBLIC_FILE = 0o644
_COMMENT = re.compile(r"^ *#.*", re.MULTILINE)
_DOCUMENT_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*/[A-Za-z0-9_][A-Za-z0-9._-]*\.json")
"""A path as `format_guardrails` makes it."""


@dataclass(frozen=True, slots=True)
class WrittenGuardrails:
    """The files of one export.

    paths: the written files. leftovers: files of the export before that nothing names now.
    include: the line that a desired-state file needs.
    """

    paths: tuple[Path, ...]
    leftovers: tuple[Path, ...]
    include: str


def read_guardrails(account: str, profile: str | None, region: str | None, endpoint_url: str | None) -> AccountLevels:
    """Read the policies over an account; empty: the caller's. Raises ReconcileError."""
    return read_account_levels(connect(profile, region, endpoint_url), account)


def write_guardrails(found: AccountLevels, folder: Path) -> WrittenGuardrails:
    """Write the files into a folder, and replace those of an export before for the same account.

    Raises ReconcileError if another file is in the way, or the folder cannot be written.
    """
    files = format_guardrails(found)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        earlier = _list_earlier_files(folder, found.account)
        in_the_way = [name for name, text in files.items() if name not in earlier and _has_other(folder / name, text)]
        if in_the_way:
            summary = f"{folder} already has {format_list(in_the_way, 3)}: nothing was written."
            raise make_error("folder-in-use", summary, hint="Name another folder, or move the files away.")
        for name, text in files.items():
            make_parent(folder, folder / name)
            replace_file(folder / name, text.encode(), _PUBLIC_FILE, follow=False)
        leftovers = [folder / name for name in sorted(earlier - files.keys()) if os.path.lexists(folder / name)]
    except OSError as error:
        raise make_error("not-written", f"Cannot write {error.filename or folder}: {reason_of(error)}.") from None
    include = as_yaml({"include": [name_file(str(folder / GUARDRAILS_FILE))]}, 1).strip()
    return WrittenGuardrails(tuple(folder / name for name in files), tuple(leftovers), include)


def _list_earlier_files(folder: Path, account: str) -> frozenset[str]:
    """Return the files that an export before has written for the same account, relative to the folder."""
    try:
        text = read_regular(folder / GUARDRAILS_FILE, LARGEST_DESIRED).decode()
    except (FileNotFoundError, UnicodeDecodeError):
        return frozenset()
    if not text.startswith(format_mark(account)):
        return frozenset()
    return frozenset([GUARDRAILS_FILE, *_DOCUMENT_PATH.findall(_COMMENT.sub("", text))])


def _has_other(path: Path, text: str) -> bool:
    """Return whether there is something with another content at a path."""
    if not os.path.lexists(path):
        return False
    return not path.is_file() or read_regular(path, LARGEST_DESIRED) != text.encode()
