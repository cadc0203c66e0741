"""Bound what a path may reach: its git repository, or outside one its folder, and nothing of `.git`.

Who can open a pull request can put a symbolic link into a repository, and whoever runs this there must not read the
machine's files by it. So a path is judged by what it leads to. `.git` holds the tokens that checkouts leave there
(git-config(1), "http.<url>.extraHeader"), and file systems call it by more names than one: in other letter case, with
ignorable characters (HFS+), as `GIT~1` (NTFS). It is told by its identity as well.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

GIT = ".git"


@dataclass(frozen=True, slots=True)
class PathEscape:
    """The place to which a path leads and may not. by_link: a symbolic link leads it there."""

    destination: str
    by_link: bool = True


def find_escape(path: Path, root: Path | None = None) -> PathEscape | None:
    """Return where a path leads that it may not reach; None where it stays.

    root: what it must stay in. None: the repository that it is named in, for a path of a person's own.
    """
    real, stays = Path(os.path.realpath(path)), True
    if root is None:
        root, stays = _find_root(Path(os.path.abspath(path)))  # noqa: PTH100 - links must not be resolved here
    if not stays or not real.is_relative_to(root):
        return PathEscape(f"out of {root}")
    if _is_in_git_folder(real, root):
        return PathEscape(f"into {GIT}, which is git's own", by_link=not has_git_part(path))
    return None


def has_git_part(path: Path) -> bool:
    """Return True where `.git` is one of the parts that a path is written with."""
    return any(part.casefold() == GIT for part in path.parts)


def repository_of(folder: Path) -> Path:
    """Return the git repository of a folder, else the folder; links resolved."""
    return _find_repository(os.path.realpath(folder))


@lru_cache(maxsize=256)
def _find_repository(real: str) -> Path:
    folder = Path(real)
    return next((one for one in (folder, *folder.parents) if _has_git(one)), folder)


def _find_root(path: Path) -> tuple[Path, bool]:
    """Return the innermost repository on the way to a path, from the root folder on, else the path's own folder.

    False where the way leads out of a repository through a linked folder: that one must not count as a repository of
    its own.
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
    """Return whether a path inside of `root` is `.git`, or lies in it."""
    below = path.relative_to(root)
    if has_git_part(below):
        return True
    git = _identity_of(root / GIT)
    return git is not None and any(_identity_of(root / one) == git for one in (below, *below.parents))


def _has_git(folder: Path) -> bool:
    return os.path.lexists(folder / GIT)


def _identity_of(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - pathlib raises where a path is too long
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino
