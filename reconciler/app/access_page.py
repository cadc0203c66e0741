"""Write the page of `reconcile access graph --html`."""

from __future__ import annotations

import os
from pathlib import Path

from reconciler.files.whole_files import write_whole
from reconciler.model.problem import make_error


def save_page(page: str, path: Path) -> None:
    """Write a page as a whole; only its owner may read it. Raises ReconcileError if it cannot be written."""
    try:
        write_whole(path, f"{page}\n".encode(errors="backslashreplace"), os.environ)
    except OSError as error:
        summary = f"Cannot write the page to {path}: {error.strerror or error}."
        raise make_error("cannot-write", summary, hint="Name another file with --html.") from None
