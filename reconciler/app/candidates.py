"""What the completion of a shell offers: aliases of the file, profiles of AWS.

A person waits at the TAB key: nothing here validates, asks AWS, or imports what does.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

_SECTION = re.compile(r"\[\s*(.*?)\s*\]\s*(?:[#;].*)?")
_CONFIG = ("AWS_CONFIG_FILE", "~/.aws/config")
_CREDENTIALS = ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")


def alias_roles(files: Sequence[str], variables: Mapping[str, str]) -> Mapping[str, str]:
    """Alias → its role as the file writes it. Empty where a file is not YAML. Raises Failed: no file."""
    from reconciler.desired.load import load
    from reconciler.desired.source import named_files
    from reconciler.model.node import Map

    root = load(named_files(tuple(files)), variables).root
    aliases = root.get("aliases") if root is not None else None
    if not isinstance(aliases, Map):
        return {}
    return {name: str(node.get("role", "")) if isinstance(node, Map) else "" for name, node in aliases.items()}


def aws_profiles(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Names of the profiles in the AWS config and credentials files, sorted; files that cannot be read have none."""
    found = {_config_profile(section) for section in _sections(*_CONFIG, environ)}
    found.update(_sections(*_CREDENTIALS, environ))
    return tuple(sorted(name for name in found if name))


def _sections(variable: str, default: str, environ: Mapping[str, str]) -> Iterator[str]:
    path = Path(os.path.expandvars(environ.get(variable) or default))
    try:
        lines = path.expanduser().read_text(encoding="utf-8", errors="replace").splitlines()
    except (OSError, RuntimeError):  # no such file; no home folder
        return
    for line in lines:
        section = _SECTION.fullmatch(line)
        if section:
            yield section[1]


def _config_profile(section: str) -> str:
    """`default`, `profile x`, `profile "x y"` → the profile; "" for sections of another kind."""
    kind, _, name = section.partition(" ")
    if kind == "profile":
        return name.strip().strip("'\"")
    return "default" if section == "default" else ""
