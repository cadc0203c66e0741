"""Files → one merged tree: vars, include, several FILEs, and the documents that paths name.

`load` is the only door. It collects every problem; a tree is there even when some of it is wrong, so that one
run reports all.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from reconciler.desired.merge import merge_trees
from reconciler.desired.source_files import expand_include, read_bytes, resolve_path
from reconciler.desired.variables import Variables, find_undeclared
from reconciler.desired.yaml_nodes import Builder, compose_yaml
from reconciler.files.bounded_reads import MEGABYTE
from reconciler.model.node import Map
from reconciler.model.partitions import DEFAULT_PARTITION
from reconciler.model.problem import Level, Place, Problem

PLACEHOLDER_ACCOUNT = "000000000000"
"""Stands for the account where a file names none and nobody has asked AWS."""
BUILT_IN_VARIABLES = frozenset(["account_id", "partition"])
LARGEST_TEXT = 64 * MEGABYTE
"""Bytes of a file whose text is a value: AWS takes 10,000,000 characters of SAML metadata."""

CallerLookup = Callable[[], tuple[str, str] | None]
"""The account and the partition of whoever runs the program; None while AWS has not said."""


@dataclass
class LoadedFiles:
    """`root` is the merged tree; None where no file is even YAML: then nothing else is worth saying."""

    root: Map | None
    account: str
    partition: str
    variables: Variables
    problems: list[Problem]
    files: tuple[Path, ...] = ()
    patterns: tuple[str, ...] = ()
    """The files that were merged, and the globs of their includes."""
    given_variables: frozenset[str] = frozenset()
    declared_variables: frozenset[str] = frozenset()
    """The variables of the command line, and those of the files and the built-in ones."""
    is_partial: bool = False
    """A file could not be read or found, so that `root` lacks what stands there."""
    _documents: dict[Path, Map | None] = field(default_factory=dict)

    @property
    def documents(self) -> tuple[Path, ...]:
        """The files of documents that were read so far."""
        return tuple(self._documents)

    def load_document(self, written: str, place: Place) -> Map | None:
        """The document that a path names, read once; None with a problem where it cannot be."""
        target = resolve_path(written, place)
        if isinstance(target, Problem):
            self.problems.append(target)
            return None
        if target not in self._documents:
            self._documents[target] = self._parse_document(target, place)
        return self._documents[target]

    def check_variables(self) -> Iterator[Problem]:
        """Yield what is wrong with the variables given, once all documents are read. A file unread may use any."""
        if not self.is_partial and None not in self._documents.values():
            yield from find_undeclared(sorted(self.given_variables), self.declared_variables, self.variables)

    def load_text(self, written: str, place: Place) -> tuple[str, str] | None:
        """The file that a path names, and its text; None with a problem where it cannot be read."""
        target = resolve_path(written, place)
        data = target if isinstance(target, Problem) else read_bytes(target, place, LARGEST_TEXT)
        if isinstance(data, Problem):
            self.problems.append(data)
            return None
        try:
            return str(target), data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            self.problems.append(_make_error("not-utf-8", f"{target} is not UTF-8: byte {error.start}.", place))
            return None

    def _parse_document(self, target: Path, place: Place) -> Map | None:
        data = read_bytes(target, place)
        if isinstance(data, Problem):
            self.problems.append(data)
            return None
        if target.suffix == ".json":
            data = data.replace(b"\t", b" ")  # JSON may indent with tabs, YAML may not; no string holds one
        node, problems = compose_yaml(data, str(target))
        self.problems += problems
        if node is None:
            if not problems:
                self.problems.append(_make_error("empty-file", f"{target} is empty.", place))
            return None
        builder = Builder(str(target), self.variables.substitute)
        value = builder.build(node)
        self.problems += builder.problems
        return value


def load(
    files: Iterable[Path],
    variables: Mapping[str, str],
    account: str | None = None,
    partition: str = DEFAULT_PARTITION,
    find_caller: CallerLookup = lambda: None,
) -> LoadedFiles:
    """Read and merge files. `account`: the live one where known; the file's own is used where not.

    find_caller: asked once the files are parsed, which takes most of the time, where neither is there.
    """
    problems: list[Problem] = []
    patterns: list[str] = []
    trees = _compose_with_includes(list(files), variables, problems, patterns)
    partial = bool(problems)
    written: dict[str, str] = {}
    places: dict[str, Place] = {}
    for path, node in trees.items():
        written.update(_scalars_of(_find_entry(node, "vars")))
        places.update(_places_of_scalars(path, _find_entry(node, "vars")))
        account = account or next(iter(_scalars_of(node, "account").values()), None)
    if account is None and (known_by_now := find_caller()):
        account, partition = known_by_now
    given = {**written, **variables, "partition": partition}
    known = Variables.resolve({**given, "account": account or PLACEHOLDER_ACCOUNT})[0].values["account"]
    substitution, bad = Variables.resolve({**given, "account_id": known})
    problems += [one.to_problem(places.get(one.name) or Place(str(next(iter(trees), "")), 1, 1)) for one in bad]
    roots: list[Map] = []
    for path, node in trees.items():
        builder = Builder(str(path), substitution.substitute, _is_verbatim)
        value = builder.build(node)
        problems += builder.problems
        if value is not None:
            roots.append(value)
    root = merge_trees(roots, problems) if roots else None
    partial = partial or len(roots) < len(trees)
    return LoadedFiles(
        root,
        known,
        partition,
        substitution,
        problems,
        tuple(trees),
        tuple(patterns),
        given_variables=frozenset(variables),
        declared_variables=frozenset(written) | BUILT_IN_VARIABLES,
        is_partial=partial,
    )


def _compose_with_includes(
    files: list[Path], variables: Mapping[str, str], problems: list[Problem], patterns: list[str]
) -> dict[Path, yaml.Node]:
    found: dict[Path, yaml.Node] = {}
    seen: set[str] = set()
    queue: list[tuple[Path, Place | None]] = [(path, None) for path in files]
    while queue:
        path, place = queue.pop(0)
        real = os.path.realpath(path)  # pathlib's raises for links that lead to themselves
        if real in seen:
            continue
        seen.add(real)
        data = read_bytes(path, place)
        if isinstance(data, Problem):
            problems.append(data)
            continue
        if other := _detect_other_kind(path, data):
            problems.append(other)
            continue
        node, broken = compose_yaml(data, str(path))
        problems += broken
        if node is None:
            if not broken:
                summary = "The file is empty; the least it can say is `version: 1`."
                problems.append(_make_error("empty-file", summary, Place(str(path), 1, 1)))
            continue
        found[path] = node
        names = Variables({**_scalars_of(_find_entry(node, "vars")), **variables})
        queue += _find_includes(path, node, names, problems, patterns)
    return found


def is_plan(data: bytes) -> bool:
    """Whether a file is a plan as `--out` and `--format json` write it, be it whole or cut off."""
    return data[:100].split()[:2] == [b"{", b'"format_version":']


def _detect_other_kind(path: Path, data: bytes) -> Problem | None:
    """What `plan --out` and `apply` write is given where the desired state is asked for, and is no desired state."""
    place = Place(str(path), 1, 1)
    if is_plan(data):
        hint = f"`reconcile apply {path}` applies it, if it was saved with `--out`; here name what it was made from."
        return Problem(Level.ERROR, "not-desired-state", f"{path} is a plan.", "", hint, place)
    if data.startswith(b'{"event": "plan"'):
        hint = f"`reconcile undo {path}` shows how to go back."
        return Problem(Level.ERROR, "not-desired-state", f"{path} is a journal of `apply`.", "", hint, place)
    return None


def _find_includes(
    path: Path, node: yaml.Node, names: Variables, problems: list[Problem], patterns: list[str]
) -> list[tuple[Path, Place | None]]:
    listed = _find_entry(node, "include")
    items = listed.value if isinstance(listed, yaml.SequenceNode) else [listed] if listed else []
    found: list[tuple[Path, Place | None]] = []
    for item in items:
        if not isinstance(item, yaml.ScalarNode) or not item.value:
            continue
        place = Place(str(path), item.start_mark.line + 1, item.start_mark.column + 1)
        unknown: list[Problem] = []
        pattern = names.substitute(item.value, place, unknown)
        if unknown:
            continue  # the builder reports it, with every name known
        patterns.append(str(path.parent / pattern))
        matches = expand_include(pattern, place)
        if isinstance(matches, Problem):
            problems.append(matches)
        else:
            found += [(match, place) for match in matches]
    return found


def _find_entry(node: yaml.Node, key: str) -> yaml.Node | None:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return next((value for name, value in pairs if getattr(name, "value", None) == key), None)


def _scalars_of(node: yaml.Node | None, only: str | None = None) -> dict[str, str]:
    own = list(node.value) if isinstance(node, yaml.MappingNode) else []
    merged_in = [value for name, value in own if name.value == "<<" and isinstance(value, yaml.MappingNode)]
    pairs = [*(pair for value in merged_in for pair in value.value), *own]
    return {
        name.value: value.value
        for name, value in pairs
        if isinstance(name, yaml.ScalarNode) and isinstance(value, yaml.ScalarNode) and only in (None, name.value)
    }


def _places_of_scalars(path: Path, node: yaml.Node | None) -> dict[str, Place]:
    """Return where the value of each key is written that a mapping has of its own."""
    return {
        name.value: Place(str(path), value.start_mark.line + 1, value.start_mark.column + 1)
        for name, value in (node.value if isinstance(node, yaml.MappingNode) else ())
        if isinstance(name, yaml.ScalarNode)
    }


def _is_verbatim(path: tuple[str, ...]) -> bool:
    """Tags and vars take numbers and booleans as they are written."""
    return path in (("vars",), ("defaults", "tags")) or (
        len(path) == 3 and path[2] in ("tags", "session_tags") and path[0] != "defaults"
    )


def _make_error(code: str, summary: str, place: Place) -> Problem:
    return Problem(Level.ERROR, code, summary, "", "", place)
