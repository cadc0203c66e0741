"""The values that shell completion offers: aliases of the file, and AWS profiles.

It must be fast, because a person waits at the TAB key. So it neither validates the file nor imports boto3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from reconciler.files import aws_files, ini
from reconciler.model.problem import ReconcileError


def read_alias_roles(files: Sequence[str], variables: Mapping[str, str]) -> Mapping[str, str]:
    """Return alias → role as the file writes it; nothing if a file is not YAML. Raises ReconcileError: no file."""
    from reconciler.desired.load import load
    from reconciler.desired.source_files import find_files
    from reconciler.model.node import Map

    root = load(find_files(tuple(files)), variables).root
    aliases = root.get("aliases") if root is not None else None
    if not isinstance(aliases, Map):
        return {}
    return {name: str(node.get("role", "")) if isinstance(node, Map) else "" for name, node in aliases.items()}


def list_journal_helps(environ: Mapping[str, str]) -> Mapping[str, str]:
    """Return the path of each of the user's own journals, newest first → when and in which account it was written."""
    from reconciler.files.journal_files import account_of_journal, find_own_journals, time_of_journal

    times = {path: time_of_journal(path) for path in reversed(find_own_journals(environ))}
    return {
        str(path): f"{time:%Y-%m-%d %H:%M:%S} UTC, account {account_of_journal(path)}" if time else ""
        for path, time in times.items()
    }


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
