"""Finding and reading files: FILE arguments, folders, includes, documents; and what they may not reach.

Paths are relative to the file that names them and stay inside its git repository, or, outside one, its folder,
so that a pull request cannot make a pipeline read the runner's files. FILE is held to the same
(`desired/path_bounds.py`).
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

from reconciler.desired.include_globs import expand_glob
from reconciler.desired.path_bounds import find_escape, has_git_part, repository_of
from reconciler.files.bounded_reads import LARGEST_DESIRED, is_descriptor, is_valid_path, read_regular, reason_of
from reconciler.files.owners import find_foreign_owner, trusted_uids, user_name_of
from reconciler.model.problem import Level, Place, Problem, ReconcileError, make_error
from reconciler.model.suggest import suggest_word

YAML_ENDINGS = (".yaml", ".yml")
DEFAULT_FILE = "roles.yaml"


def find_files(arguments: tuple[str, ...]) -> list[Path]:
    """The files that the command line, $RECONCILE_FILE or the working folder names. Raises Failed."""
    if not arguments:
        return [_find_default_file()]
    found: list[Path] = []
    for argument in arguments:
        path = Path(argument)
        if not argument:
            raise make_error("no-file", "A FILE is the empty text.", hint="Is a variable of the shell unset?")
        if os.path.isdir(argument):  # noqa: PTH112 - pathlib raises where a path is too long
            found += _list_folder(path)
        elif os.path.exists(argument):  # noqa: PTH110
            found.append(path)
        else:
            raise make_error("no-file", f"There is no file {argument}.", hint="Check the path.")
    return [_check_bounds(path) for path in dict.fromkeys(found)]


def _list_folder(folder: Path) -> list[Path]:
    try:
        listed = sorted(item for item in folder.iterdir() if item.suffix in YAML_ENDINGS and item.is_file())
    except OSError as error:
        raise make_error("no-file", f"Cannot read the folder {folder}: {reason_of(error)}.") from None
    if not listed:
        raise make_error("no-file", f"The folder {folder} has no *.yaml or *.yml file.")
    return listed


def _check_bounds(path: Path) -> Path:
    """The same. Raises Failed where a symbolic link leads it out of its repository, or it is a file of git's own.

    What the person's own shell redirects is no such link, and what is no regular file is refused when it is read.
    """
    escape = None if is_descriptor(path) or not path.is_file() else find_escape(path)
    if escape is None:
        return path
    hint = "If you trust it, name the file itself, not the link." if escape.by_link else "Name another file."
    raise make_error("path-outside", f"{path} leads {escape.destination}.", hint=hint)


def _find_default_file() -> Path:
    wanted = os.environ.get("RECONCILE_FILE")
    if wanted:
        if not os.path.exists(wanted):  # noqa: PTH110 - pathlib raises where a path is too long
            raise make_error("no-file", f"There is no file {wanted}, which $RECONCILE_FILE names.")
        return _check_bounds(Path(wanted))
    found = _find_nearest_file()
    if found is None:
        raise make_error(
            "no-file",
            f"No FILE given, and no {DEFAULT_FILE} here or in a parent folder.",
            hint="Name a file, or set $RECONCILE_FILE.",
        )
    _check_owner(found)
    return _check_bounds(found)


def _check_owner(found: Path) -> None:
    """Failed where another user decides what the default file holds: nobody has named it.

    In the working folder it may also be of whoever owns that folder, where the person has gone by himself.
    """
    folder, trusted = found.parent, trusted_uids(os.environ)
    if trusted is None:
        return
    if found == Path(DEFAULT_FILE):
        trusted |= {folder.stat().st_uid}
    stranger = find_foreign_owner(found, trusted)
    if stranger is None:
        stranger = find_foreign_owner(folder, trusted)
    if stranger is not None:
        raise make_error(
            "foreign-file",
            f"{found} or its folder belongs to {user_name_of(stranger)}, not to you.",
            "A file that is only found, not named, is not read then: its owner could have put anything into it.",
            f"If you trust it, name it: as FILE, with --file, or by RECONCILE_FILE={found}",
        )


def find_file_above(arguments: tuple[str, ...]) -> Path | None:
    """The default file that is going to be read, if it is one of a parent folder: the person may not know of it."""
    found = None if arguments or os.environ.get("RECONCILE_FILE") else _find_nearest_file()
    if found is None or found == Path(DEFAULT_FILE):
        return None
    try:
        _check_owner(found)
    except ReconcileError:  # told by whoever reads it
        return None
    return found


def _find_nearest_file() -> Path | None:
    found = next((candidate for candidate in _list_candidates() if os.path.isfile(candidate)), None)  # noqa: PTH113 - pathlib raises in locked folders
    return Path(os.path.relpath(found)) if found else None


def has_files(arguments: tuple[str, ...]) -> bool:
    """Whether there is a file to read: one is named, or there is a default one."""
    return bool(arguments or os.environ.get("RECONCILE_FILE") or _find_nearest_file())


def _list_candidates() -> list[Path]:
    here = Path.cwd()
    return [folder / DEFAULT_FILE for folder in (here, *here.parents)]


def find_deciding_paths(arguments: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """What beside the files themselves decides which they are: globs, and paths that would come first if they existed.

    `arguments` are those of `find_files`, which must have found files.
    """
    patterns = [str(Path(item) / f"*{ending}") for item in arguments if Path(item).is_dir() for ending in YAML_ENDINGS]
    if arguments or os.environ.get("RECONCILE_FILE"):
        return patterns, []
    candidates = _list_candidates()
    found = next(index for index, candidate in enumerate(candidates) if candidate.is_file())
    return patterns, [str(candidate) for candidate in candidates[:found]]


def read_bytes(path: Path, place: Place | None = None, limit: int = LARGEST_DESIRED) -> bytes | Problem:
    """A file's content, or why it cannot be read. `place` is where it was named, if in a file."""
    try:
        return read_regular(path, limit)
    except OSError as error:
        code = "file-too-large" if error.errno == errno.EFBIG else "no-file"
        return _make_problem(code, f"Cannot read {path}: {reason_of(error)}.", place)


def resolve_path(written: str, place: Place) -> Path | Problem:
    """A path as a file names it → where it is, kept as short as it was written; or why it is refused."""
    if not is_valid_path(written):
        return _make_problem("no-file", f"{written!r} holds a character that no path can have.", place)
    folder = Path(place.file).parent
    if Path(written).is_absolute():
        hint = "Write it relative to the file."
        return _make_problem("path-outside", f"The path {written!r} is absolute.", place, hint)
    target = folder / written
    escape = find_escape(target, repository_of(folder))
    if escape is not None:
        return _make_problem("path-outside", f"The path {written!r} leads {escape.destination}.", place)
    return target


def expand_include(pattern: str, place: Place) -> list[Path] | Problem:
    """The files that an `include` entry (a path or a glob) names, sorted; none is a problem."""
    if not is_valid_path(pattern):
        return _make_problem("no-file", f"`include` {pattern!r} holds a character that no path can have.", place)
    if not any(char in pattern for char in "*?["):
        target = resolve_path(pattern, place)
        if isinstance(target, Path) and not os.path.isfile(target):  # noqa: PTH113 - pathlib raises where it is too long
            return _make_problem(
                "no-file", f"`include` names {pattern!r}, which does not exist.", place, _suggest_file(target)
            )
        return target if isinstance(target, Problem) else [target]
    if Path(pattern).is_absolute():
        return _make_problem("path-outside", f"The path {pattern!r} is absolute.", place)
    folder = Path(place.file).parent
    expanded = expand_glob(folder, pattern)
    if isinstance(expanded, str):
        return _make_problem("bad-glob", f"`include` {expanded}.", place)
    found = [item for item in expanded if not has_git_part(item.relative_to(folder))]  # a branch may be named x.yaml
    if not found:
        return _make_problem("no-file", f"`include` {pattern!r} matches nothing.", place)
    for item in found:
        inside = resolve_path(os.path.relpath(item, folder), place)
        if isinstance(inside, Problem):
            return inside
    return found


def _suggest_file(missing: Path) -> str:
    """Return a hint that names a file of nearly the same name beside one that is not there; or nothing."""
    try:
        names = {item.stem: item.name for item in sorted(missing.parent.iterdir()) if item.suffix in YAML_ENDINGS}
    except (OSError, ValueError):
        return ""
    near = suggest_word(missing.stem, names)
    return f"Did you mean {names[near]!r}?" if near else ""


def _make_problem(code: str, summary: str, place: Place | None, hint: str = "") -> Problem:
    return Problem(Level.ERROR, code, summary, "", hint, place)
