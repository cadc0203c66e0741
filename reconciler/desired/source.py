"""Finding and reading files: FILE arguments, folders, includes, documents; and what they may not reach.

Paths are relative to the file that names them and stay inside its git repository, or, outside one, its folder,
so that a pull request cannot make a pipeline read the runner's files.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from reconciler.desired.expand import expand_glob
from reconciler.model.problem import Level, Place, Problem, failure

YAML_ENDINGS = (".yaml", ".yml")
DEFAULT_FILE = "roles.yaml"


def named_files(arguments: tuple[str, ...]) -> list[Path]:
    """The files that the command line, $RECONCILE_FILE or the working folder names. Raises Failed."""
    if not arguments:
        return [_default_file()]
    found: list[Path] = []
    for argument in arguments:
        path = Path(argument)
        if path.is_dir():
            listed = sorted(item for item in path.iterdir() if item.suffix in YAML_ENDINGS and item.is_file())
            if not listed:
                raise failure("no-file", f"The folder {argument} has no *.yaml or *.yml file.")
            found += listed
        elif path.exists():
            found.append(path)
        else:
            raise failure("no-file", f"There is no file {argument}.", hint="Check the path.")
    return list(dict.fromkeys(found))


def _default_file() -> Path:
    wanted = os.environ.get("RECONCILE_FILE")
    if wanted:
        if not Path(wanted).exists():
            raise failure("no-file", f"There is no file {wanted}, which $RECONCILE_FILE names.")
        return Path(wanted)
    found = _nearest_file()
    if found is None:
        raise failure(
            "no-file",
            f"No FILE given, and no {DEFAULT_FILE} here or in a parent folder.",
            hint="Name a file, or set $RECONCILE_FILE.",
        )
    return found


def _nearest_file() -> Path | None:
    found = next((candidate for candidate in _candidates() if candidate.is_file()), None)
    return Path(os.path.relpath(found)) if found else None


def is_any(arguments: tuple[str, ...]) -> bool:
    """Whether there is a file to read: one is named, or there is a default one."""
    return bool(arguments or os.environ.get("RECONCILE_FILE") or _nearest_file())


def _candidates() -> list[Path]:
    here = Path.cwd()
    return [folder / DEFAULT_FILE for folder in (here, *here.parents)]


def decided_by(arguments: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """What beside the files themselves decides which they are: globs, and paths that would come first if they existed.

    `arguments` are those of `named_files`, which must have found files.
    """
    patterns = [str(Path(item) / f"*{ending}") for item in arguments if Path(item).is_dir() for ending in YAML_ENDINGS]
    if arguments or os.environ.get("RECONCILE_FILE"):
        return patterns, []
    candidates = _candidates()
    found = next(index for index, candidate in enumerate(candidates) if candidate.is_file())
    return patterns, [str(candidate) for candidate in candidates[:found]]


def read_bytes(path: Path, place: Place | None = None) -> bytes | Problem:
    """A file's content, or why it cannot be read. `place` is where it was named, if in a file."""
    try:
        if not path.is_file() and path.exists():
            return _problem("no-file", f"{path} is not a regular file.", place)
        return path.read_bytes()
    except OSError as error:
        return _problem("no-file", f"Cannot read {path}: {(error.strerror or 'error').lower()}.", place)


def resolved(written: str, place: Place) -> Path | Problem:
    """A path as a file names it → where it is, kept as short as it was written; or why it is refused."""
    folder = Path(place.file).parent
    if Path(written).is_absolute():
        hint = "Write it relative to the file."
        return _problem("path-outside", f"The path {written!r} is absolute.", place, hint)
    target = folder / written
    root = _root(str(folder.resolve()))
    if not target.resolve().is_relative_to(root):
        return _problem("path-outside", f"The path {written!r} leads out of {root}.", place)
    return target


def matching(pattern: str, place: Place) -> list[Path] | Problem:
    """The files that an `include` entry (a path or a glob) names, sorted; none is a problem."""
    if not any(char in pattern for char in "*?["):
        target = resolved(pattern, place)
        if isinstance(target, Path) and not target.is_file():
            return _problem("no-file", f"`include` names {pattern!r}, which does not exist.", place)
        return target if isinstance(target, Problem) else [target]
    if Path(pattern).is_absolute():
        return _problem("path-outside", f"The path {pattern!r} is absolute.", place)
    folder = Path(place.file).parent
    found = expand_glob(folder, pattern)
    if isinstance(found, str):
        return _problem("bad-glob", f"`include` {found}.", place)
    if not found:
        return _problem("no-file", f"`include` {pattern!r} matches nothing.", place)
    for item in found:
        inside = resolved(os.path.relpath(item, folder), place)
        if isinstance(inside, Problem):
            return inside
    return found


@lru_cache(maxsize=256)
def _root(folder: str) -> Path:
    """The git repository of a folder, else the folder."""
    for candidate in (Path(folder), *Path(folder).parents):
        if (candidate / ".git").exists():
            return candidate
    return Path(folder)


def _problem(code: str, summary: str, place: Place | None, hint: str = "") -> Problem:
    return Problem(Level.ERROR, code, summary, "", hint, place)
