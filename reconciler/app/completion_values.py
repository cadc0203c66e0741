"""What the completion of a shell offers: aliases of the file, profiles of AWS.

A person waits at the TAB key: nothing here validates, asks AWS, or imports what does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from reconciler.files import aws_files, ini
from reconciler.model.problem import ReconcileError


def read_alias_roles(files: Sequence[str], variables: Mapping[str, str]) -> Mapping[str, str]:
    """Alias → its role as the file writes it. Empty where a file is not YAML. Raises Failed: no file."""
    from reconciler.desired.load import load
    from reconciler.desired.source_files import find_files
    from reconciler.model.node import Map

    root = load(find_files(tuple(files)), variables).root
    aliases = root.get("aliases") if root is not None else None
    if not isinstance(aliases, Map):
        return {}
    return {name: str(node.get("role", "")) if isinstance(node, Map) else "" for name, node in aliases.items()}


def list_aws_profiles(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Names of the profiles in the AWS config and credentials files, sorted; files that cannot be read have none."""
    found = {ini.profile_of(name) for name in _read_section_names(aws_files.locate_config_file, environ)}
    found |= set(_read_section_names(aws_files.locate_credentials_file, environ))
    return tuple(sorted(name for name in found if name))


def _read_section_names(find_path: Callable[[Mapping[str, str]], Path], environ: Mapping[str, str]) -> list[str]:
    try:
        return [section.name for section in ini.parse_sections(aws_files.read_file(find_path(environ)))]
    except ReconcileError:  # no home folder, or not readable
        return []
