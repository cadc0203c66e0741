"""Find and read files: FILE arguments, folders, includes and documents.

A path in a file is relative to that file. It must stay inside the file's git repository, or inside its folder if there
is not a repository, so that a pull request cannot make a pipeline read other files of the runner. The same holds for
FILE (`desired/path_bounds.py`).
"""

from __future__ import annotations

import errno
import os
import sys
from functools import lru_cache
from pathlib import Path

from reconciler.desired.include_globs import expand_glob
from reconciler.desired.own_files import explain_folder
from reconciler.desired.path_bounds import find_escape, has_git_part, repository_of
from reconciler.files.bounded_reads import (
    LARGEST_DESIRED,
    STANDARD_INPUT_NAME,
    is_descriptor,
    is_valid_path,
    read_regular,
    read_standard_input,
    reason_of,
)
from reconciler.files.owners import find_foreign_owner, trusted_uids, user_name_of
from reconciler.model.problem import Level, Place, Problem, ReconcileError, make_error
from reconciler.model.suggest import suggest_word

STANDARD_INPUT = Path(STANDARD_INPUT_NAME)
"""Stands for standard input among the files that `find_files` returns. A file of that name is another object."""

YAML_ENDINGS = (".yaml", ".yml")
DEFAULT_FILE = "roles.yaml"


def find_files(arguments: tuple[str, ...]) -> list[Path]:
    """Return the files named on the command line or by $RECONCILE_FILE, else the default file.

    Raises ReconcileError if there is none, or one that may not be read.
    """
    if not arguments:
        return [_find_default_file()]
    paths: list[Path] = []
    for argument in arguments:
        path = Path(argument)
        if argument == STANDARD_INPUT_NAME:
            paths.append(STANDARD_INPUT)
            continue
        if not argument:
            raise make_error("no-file", "A FILE argument is empty.", hint="Is a shell variable unset?")
        if os.path.isdir(argument):  # noqa: PTH112 - pathlib raises if a path is too long
            paths += _list_folder(path)
        elif os.path.exists(argument):  # noqa: PTH110
            paths.append(path)
        else:
            raise make_error("no-file", f"{argument} does not exist.", hint="Check the path.")
    return [_check_bounds(path) for path in dict.fromkeys(paths)]


def name_file(path: str) -> str:
    """Return a path as given, or relative to the working directory if it is below it."""
    try:
        relative = os.path.relpath(path)
    except (OSError, ValueError):  # no working directory, or another drive of Windows
        return path
    return path if relative.startswith("..") else relative


def _list_folder(folder: Path) -> list[Path]:
    try:
        files = sorted(item for item in folder.iterdir() if item.suffix in YAML_ENDINGS and item.is_file())
    except OSError as error:
        raise make_error("no-file", f"Cannot read the folder {folder}: {reason_of(error)}.") from None
    if not files:
        summary = f"The folder {folder} has no *.yaml or *.yml file."
        raise make_error("no-file", summary, hint=explain_folder(folder))
    return files


def _check_bounds(path: Path) -> Path:
    """Return the path. Raises ReconcileError if a symbolic link leads out of the repository, or into `.git`.

    A redirect of the user's shell (`/dev/fd/63`) is allowed. Other special files are refused when they are read.
    """
    escape = None if is_descriptor(path) or not path.is_file() else find_escape(path)
    if escape is None:
        return path
    hint = "If you trust it, name the file itself, not the link." if escape.by_link else "Name another file."
    raise make_error("path-outside", f"{path} leads {escape.destination}.", hint=hint)


def _find_default_file() -> Path:
    file_name = os.environ.get("RECONCILE_FILE")
    if file_name:
        if not os.path.exists(file_name):  # noqa: PTH110 - pathlib raises if a path is too long
            raise make_error(
                "no-file",
                f"{file_name}, named by $RECONCILE_FILE, does not exist.",
                hint="Correct the variable, or unset it.",
            )
        return _check_bounds(Path(file_name))
    nearest = _find_nearest_file()
    if nearest is None:
        raise make_error(
            "no-file",
            f"No FILE was given, and there is no {DEFAULT_FILE} in this folder or above it.",
            hint="Name a file, or set $RECONCILE_FILE.",
        )
    _check_owner(nearest)
    return _check_bounds(nearest)


def _check_owner(default_file: Path) -> None:
    """Check that no other user controls the default file, which nobody named.

    In the working folder, the owner of that folder is trusted too: the user went there on purpose.
    Raises ReconcileError if another user owns the file or its folder.
    """
    folder, trusted = default_file.parent, trusted_uids(os.environ)
    if trusted is None:
        return
    if default_file == Path(DEFAULT_FILE):
        trusted |= {folder.stat().st_uid}
    stranger = find_foreign_owner(default_file, trusted)
    if stranger is None:
        stranger = find_foreign_owner(folder, trusted)
    if stranger is not None:
        raise make_error(
            "foreign-file",
            f"{default_file} or its folder belongs to {user_name_of(stranger)}, not to you.",
            "You did not name this file; it was only found, and its owner could have put anything into it.",
            f"If you trust it, name it: as FILE, with --file, or by RECONCILE_FILE={default_file}",
        )


def find_file_above(arguments: tuple[str, ...]) -> Path | None:
    """Return the default file if it lies in a parent folder, so that the user can be told. None otherwise."""
    default_file = None if arguments or os.environ.get("RECONCILE_FILE") else _find_nearest_file()
    if default_file is None or default_file == Path(DEFAULT_FILE):
        return None
    try:
        _check_owner(default_file)
    except ReconcileError:  # find_files reports it
        return None
    return default_file


def _find_nearest_file() -> Path | None:
    nearest = next((candidate for candidate in _list_candidates() if os.path.isfile(candidate)), None)  # noqa: PTH113 - pathlib raises in locked folders
    return Path(os.path.relpath(nearest)) if nearest else None


def has_files(arguments: tuple[str, ...]) -> bool:
    """Return whether a file is named, or a default file exists."""
    return bool(arguments or os.environ.get("RECONCILE_FILE") or _find_nearest_file())


def _list_candidates() -> list[Path]:
    working_folder = Path.cwd()
    return [folder / DEFAULT_FILE for folder in (working_folder, *working_folder.parents)]


def find_deciding_paths(arguments: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Return the globs and the absent paths that decide which files are read.

    A new file that matches a glob, or stands at one of the paths, would change the choice.
    arguments: those given to `find_files`, which must have found files.
    """
    patterns = [str(Path(item) / f"*{ending}") for item in arguments if Path(item).is_dir() for ending in YAML_ENDINGS]
    if arguments or os.environ.get("RECONCILE_FILE"):
        return patterns, []
    candidates = _list_candidates()
    chosen = next(index for index, candidate in enumerate(candidates) if candidate.is_file())
    return patterns, [str(candidate) for candidate in candidates[:chosen]]


def read_bytes(path: Path, place: Place | None = None, limit: int = LARGEST_DESIRED) -> bytes | Problem:
    """Return a file's content, or a problem. place: the line that names the file; limit: the most bytes."""
    try:
        return _read_input_once(sys.stdin) if path is STANDARD_INPUT else read_regular(path, limit)
    except OSError as error:
        code = "file-too-large" if error.errno == errno.EFBIG else "no-file"
        return _make_problem(code, f"Cannot read {path}: {reason_of(error)}.", place)


@lru_cache(maxsize=1)
def _read_input_once(stream: object) -> bytes:
    """Return what standard input holds. A plan may load its files twice, and the stream can be read only once."""
    return read_standard_input(LARGEST_DESIRED)


def resolve_path(written: str, place: Place) -> Path | Problem:
    """Return the path of a file that another file names, or a problem. place: the line that names it."""
    if not is_valid_path(written):
        return _make_problem("no-file", f"The path {written!r} contains a character that no path can have.", place)
    folder = Path(place.file).parent
    if Path(written).is_absolute():
        hint = "Write it relative to this file."
        return _make_problem("path-outside", f"The path {written!r} is absolute.", place, hint)
    target = folder / written
    escape = find_escape(target, repository_of(folder))
    if escape is not None:
        hint = "Copy the file into the repository, and name that copy."
        return _make_problem("path-outside", f"The path {written!r} leads {escape.destination}.", place, hint)
    return target


def expand_include(pattern: str, place: Place, key: str = "include") -> list[Path] | Problem:
    """Return the files that an `include` entry (a path or a glob) names, sorted; a problem if there is none.

    key: the key of the entry, for messages.
    """
    if not is_valid_path(pattern):
        return _make_problem("no-file", f"`{key}` {pattern!r} contains a character that no path can have.", place)
    if not any(char in pattern for char in "*?["):
        target = resolve_path(pattern, place)
        if isinstance(target, Path) and not os.path.isfile(target):  # noqa: PTH113 - pathlib raises if it is too long
            return _make_problem(
                "no-file", f"`{key}` names {pattern!r}, which does not exist.", place, _suggest_file(target)
            )
        return target if isinstance(target, Problem) else [target]
    if Path(pattern).is_absolute():
        return _make_problem(
            "path-outside", f"The path {pattern!r} is absolute.", place, "Write it relative to this file."
        )
    folder = Path(place.file).parent
    expanded = expand_glob(folder, pattern)
    if isinstance(expanded, str):
        return _make_problem("bad-glob", f"`{key}` {expanded}.", place)
    matches = [item for item in expanded if not has_git_part(item.relative_to(folder))]  # a branch may be named x.yaml
    if not matches:
        return _make_problem("no-file", f"`{key}` {pattern!r} matches no file.", place, "Check the glob.")
    for item in matches:
        inside = resolve_path(os.path.relpath(item, folder), place)
        if isinstance(inside, Problem):
            return inside
    return matches


def _suggest_file(missing: Path) -> str:
    """Return a hint with a file of a similar name in the same folder; "" if there is none."""
    try:
        names = {item.stem: item.name for item in sorted(missing.parent.iterdir()) if item.suffix in YAML_ENDINGS}
    except (OSError, ValueError):
        return ""
    near = suggest_word(missing.stem, names)
    return f"Did you mean {names[near]!r}?" if near else ""


def _make_problem(code: str, summary: str, place: Place | None, hint: str = "") -> Problem:
    return Problem(Level.ERROR, code, summary, "", hint, place)
