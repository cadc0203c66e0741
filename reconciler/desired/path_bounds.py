"""Limit the files that a path may lead to: those of its git repository (else of its folder), and none in `.git`.

A pull request can add a symbolic link to a repository. A pipeline that reads the link must not read other files of the
machine, so a path is judged by the file that it leads to. `.git` may hold tokens that a checkout left there
(git-config(1), "http.<url>.extraHeader"). Some file systems know it by other names: in other letter case, with
ignorable characters (HFS+), as `GIT~1` (NTFS). So it is recognized by its device and inode number as well.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

GIT = ".git"


@dataclass(frozen=True, slots=True)
class PathEscape:
    """The forbidden destination of a path, as text. by_link: a symbolic link leads there."""

    destination: str
    by_link: bool = True


def find_escape(path: Path, root: Path | None = None) -> PathEscape | None:
    """Return the forbidden destination of a path; None if the path is allowed.

    root: the folder that the path must stay in. None: the repository around the path as written.
    """
    real, stays = Path(os.path.realpath(path)), True
    if root is None:
        root, stays = _find_root(Path(os.path.abspath(path)))  # noqa: PTH100 - links must not be resolved here
    if not stays or not real.is_relative_to(root):
        return PathEscape(f"out of {root}")
    if _is_in_git_folder(real, root):
        return PathEscape(f"into {GIT}, the folder of git itself", by_link=not has_git_part(path))
    return None


def has_git_part(path: Path) -> bool:
    """Return whether `.git` is a part of the path as written."""
    return any(part.casefold() == GIT for part in path.parts)


def repository_of(folder: Path) -> Path:
    """Return the git repository that a folder lies in, else the folder itself; links are resolved."""
    return _find_repository(os.path.realpath(folder))


@lru_cache(maxsize=256)
def _find_repository(real: str) -> Path:
    folder = Path(real)
    return next((candidate for candidate in (folder, *folder.parents) if _has_git(candidate)), folder)


def _find_root(path: Path) -> tuple[Path, bool]:
    """Return the innermost repository above a path (else the path's folder), and True.

    Return the repository and False if a linked folder leads out of it: the link's target must not count as a
    repository of its own.
    """
    root: Path | None = None
    for folder in reversed(path.parents):
        real = Path(os.path.realpath(folder))
        if root is not None and not real.is_relative_to(root):
            return root, False
        if _has_git(folder):
            root = real
    return root or Path(os.path.realpath(path.parent)), True


def _is_in_git_folder(path: Path, root: Path) -> bool:
    """Return whether a path inside `root` is `.git` or lies in it."""
    below = path.relative_to(root)
    if has_git_part(below):
        return True
    git = _identity_of(root / GIT)
    return git is not None and any(_identity_of(root / ancestor) == git for ancestor in (below, *below.parents))


def _has_git(folder: Path) -> bool:
    return os.path.lexists(folder / GIT)


def _identity_of(path: Path) -> tuple[int, int] | None:
    try:
        status = os.stat(path)  # noqa: PTH116 - pathlib raises if a path is too long
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino
