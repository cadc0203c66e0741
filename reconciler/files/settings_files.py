"""Find AWS's config and credentials files, and read them within bounds.

Standard library only, and little of it: this is on the path of every warm `assume`. The places are those of the AWS
SDKs and Tools Reference Guide, "Location of the shared config and credentials files".
"""

from __future__ import annotations

import os

from reconciler.files.bounded_reads import LARGEST_SETTINGS, read_regular

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

CONFIG = ("AWS_CONFIG_FILE", "~/.aws/config")
CREDENTIALS = ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")
"""The variable that names a file, and its path if the variable is not set."""


def find_settings_path(file: tuple[str, str], environ: Mapping[str, str]) -> str:
    """Return the path of `CONFIG` or `CREDENTIALS`. As in botocore, `~` and variables in it are expanded."""
    variable, usual = file
    return os.path.expanduser(os.path.expandvars(environ.get(variable, usual)))


def read_settings(path: str) -> bytes:
    """Return the content of a file; b"" if there is none, or none that can be read."""
    try:
        return read_regular(path, LARGEST_SETTINGS)
    except OSError:
        return b""
