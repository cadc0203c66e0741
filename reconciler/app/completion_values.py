"""The values that shell completion offers: aliases, principals and addresses of the file, journals, and AWS profiles.

It must be fast, because a person waits at the TAB key. So it neither validates the file nor imports boto3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.files import aws_files, ini
from reconciler.model.problem import ReconcileError

if TYPE_CHECKING:
    from reconciler.model.node import Map


def read_alias_roles(files: Sequence[str], variables: Mapping[str, str]) -> Mapping[str, str]:
    """Return alias → role as the file writes it; nothing if a file is not YAML. Raises ReconcileError: no file."""
    return {name: _text_of(node, "role") for name, node in _read_section(_read_root(files, variables), "aliases")}


def read_users(files: Sequence[str], variables: Mapping[str, str]) -> Mapping[str, str]:
    """Return each user of the file → "": users have no help text. Raises ReconcileError as `read_alias_roles` does."""
    return {name: "" for name, _ in _read_section(_read_root(files, variables), "users")}


def read_addresses(files: Sequence[str], variables: Mapping[str, str]) -> Mapping[str, str]:
    """Return the address of every entry of the file → its description, if it has one.

    Raises ReconcileError as `read_alias_roles` does.
    """
    from reconciler.kinds.registry import KINDS_BY_SECTION, SINGLE_ENTRY_SECTIONS

    root = _read_root(files, variables)
    return {
        f"{kind.name}/{name.replace('_', '-') if section in SINGLE_ENTRY_SECTIONS else name}": _text_of(
            node, "description"
        )
        for section, kind in KINDS_BY_SECTION.items()
        for name, node in _read_section(root, section)
    }


def _read_root(files: Sequence[str], variables: Mapping[str, str]) -> Map | None:
    from reconciler.desired.load import load
    from reconciler.desired.source_files import find_files

    return load(find_files(tuple(files)), variables).root


def _read_section(root: Map | None, section: str) -> list[tuple[str, object]]:
    """Return the entries of a section by name; none if it is absent, or is not a mapping."""
    from reconciler.model.node import Map

    entries = root.get(section) if root is not None else None
    return list(entries.items()) if isinstance(entries, Map) else []


def _text_of(node: object, key: str) -> str:
    from reconciler.model.node import Map

    return str(node.get(key, "")) if isinstance(node, Map) else ""


def describe_journals(environ: Mapping[str, str]) -> Mapping[str, str]:
    """Return the path of each of the user's own journals, newest first → when and in which account it was written."""
    from reconciler.files.journal_files import account_of_journal, find_own_journals, time_of_journal

    times = {path: time_of_journal(path) for path in reversed(find_own_journals(environ))}
    return {
        str(path): f"{time:%Y-%m-%d %H:%M:%S} UTC, account {account_of_journal(path)}" if time else ""
        for path, time in times.items()
    }


def list_principals(files: Sequence[str], variables: Mapping[str, str]) -> tuple[str, ...]:
    """Return the addresses of the users and roles of the file. Raises ReconcileError as `read_alias_roles` does."""
    root = _read_root(files, variables)
    return tuple(f"{kind}/{name}" for kind in ("user", "role") for name, _ in _read_section(root, f"{kind}s"))


def list_aws_profiles(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the sorted profile names in AWS's config and credentials files. Ignore a file that cannot be read."""
    names = {ini.profile_of(name) for name in _read_section_names(aws_files.locate_config_file, environ)}
    names |= set(_read_section_names(aws_files.locate_credentials_file, environ))
    return tuple(sorted(name for name in names if name))


def _read_section_names(find_path: Callable[[Mapping[str, str]], Path], environ: Mapping[str, str]) -> list[str]:
    try:
        return [section.name for section in ini.parse_sections(aws_files.read_file(find_path(environ)))]
    except ReconcileError:  # no home folder, or not readable
        return []
