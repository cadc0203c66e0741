"""Write a file that the user names as a whole or not at all. Standard library only."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from reconciler.files import atomic
from reconciler.files.outputs import check_folder, is_stream, open_stream


def write_whole(path: Path, content: bytes, environ: Mapping[str, str]) -> None:
    """Write to a stream, or replace a file in one step; only its owner may read it.

    Raises OSError, also for a symbolic link and for a file in a folder of another user.
    """
    if is_stream(path):
        with os.fdopen(open_stream(path), "wb") as file:
            file.write(content)
        return
    check_folder(path, environ)
    atomic.replace_file(path, content, atomic.PRIVATE_FILE, follow=False)
