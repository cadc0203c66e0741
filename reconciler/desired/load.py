"""Read the desired-state files and merge them into one tree: `include`, `vars`, and several FILEs.

`load` is the only way in. It collects every problem and still returns the tree, so that one run reports all of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.desired.merge import merge_trees
from reconciler.desired.source_files import STANDARD_INPUT, expand_include, read_bytes, resolve_path
from reconciler.desired.variables import Variables, find_undeclared
from reconciler.desired.yaml_nodes import Builder, compose_yaml
from reconciler.desired.yaml_tree import MappingNode, Node, ScalarNode, SequenceNode
from reconciler.files.bounded_reads import MEGABYTE
from reconciler.model.node import Map, unpack_mark
from reconciler.model.partitions import DEFAULT_PARTITION
from reconciler.model.problem import Level, Place, Problem

PLACEHOLDER_ACCOUNT = "000000000000"
"""Stands for the account if no file names one and AWS was not asked."""
BUILT_IN_VARIABLES = frozenset(["account_id", "partition"])
LARGEST_TEXT = 64 * MEGABYTE
"""The most bytes of a file whose text is a value. AWS accepts 10,000,000 characters of SAML metadata."""

CallerLookup = Callable[[], tuple[str, str] | None]
"""Returns the account and the partition of the caller; None if AWS was not asked."""


@dataclass
class LoadedFiles:
    """Hold the files of one run, merged, and read the documents that they name.

    root: the merged tree; None if no file is valid YAML.
    account, partition: the live ones if known, else those that the file names or implies.
    files: the files that were merged. patterns: the globs of their `include` entries.
    given_variables: names set by --var. declared_variables: names under `vars`, and the built-in ones.
    is_partial: a file could not be found or read, so `root` lacks its entries.
    """

    root: Map | None
    account: str
    partition: str
    variables: Variables
    problems: list[Problem]
    files: tuple[Path, ...] = ()
    patterns: tuple[str, ...] = ()
    given_variables: frozenset[str] = frozenset()
    declared_variables: frozenset[str] = frozenset()
    is_partial: bool = False
    _documents: dict[Path, Map | None] = field(default_factory=dict)

    @property
    def documents(self) -> tuple[Path, ...]:
        """Return the document files that were read so far."""
        return tuple(self._documents)

    def load_document(self, written: str, place: Place) -> Map | None:
        """Return the document in the file at a path. Each file is read once. None, with a problem, on failure."""
        target = resolve_path(written, place)
        if isinstance(target, Problem):
            self.problems.append(target)
            return None
        if target not in self._documents:
            self._documents[target] = self._parse_document(target, place)
        return self._documents[target]

    def check_variables(self) -> Iterator[Problem]:
        """Yield a problem for each --var that no file uses. Call it after all documents are read.

        Yield nothing if a file could not be read: it may use any variable.
        """
        if not self.is_partial and None not in self._documents.values():
            yield from find_undeclared(sorted(self.given_variables), self.declared_variables, self.variables)

    def load_text(self, written: str, place: Place) -> tuple[str, str] | None:
        """Return the file at a path and its text; None, with a problem, if it cannot be read."""
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
    """Read and merge files.

    account: the live account; None: use the one that the file names.
    find_caller: called after parsing if neither is known. It can wait for AWS in parallel with the parsing.
    """
    problems: list[Problem] = []
    patterns: list[str] = []
    trees = _compose_with_includes(list(files), variables, problems, patterns)
    is_partial = bool(problems)
    declared_values: dict[str, str] = {}
    places: dict[str, Place] = {}
    for path, node in trees.items():
        declared_values.update(_scalars_of(_find_entry(node, "vars")))
        places.update(_places_of_scalars(path, _find_entry(node, "vars")))
        account = account or next(iter(_scalars_of(node, "account").values()), None)
    if account is None and (caller := find_caller()):
        account, partition = caller
    given_values = {**declared_values, **variables, "partition": partition}
    known_account = Variables.resolve({**given_values, "account": account or PLACEHOLDER_ACCOUNT})[0].values["account"]
    substitution, bad_variables = Variables.resolve({**given_values, "account_id": known_account})
    problems += [
        bad_variable.to_problem(places.get(bad_variable.name) or Place(str(next(iter(trees), "")), 1, 1))
        for bad_variable in bad_variables
    ]
    roots: list[Map] = []
    for path, node in trees.items():
        builder = Builder(str(path), substitution.substitute, _is_verbatim)
        value = builder.build(node)
        problems += builder.problems
        if value is not None:
            roots.append(value)
    root = merge_trees(roots, problems) if roots else None
    is_partial = is_partial or len(roots) < len(trees)
    return LoadedFiles(
        root,
        known_account,
        partition,
        substitution,
        problems,
        tuple(trees),
        tuple(patterns),
        given_variables=frozenset(variables),
        declared_variables=frozenset(declared_values) | BUILT_IN_VARIABLES,
        is_partial=is_partial,
    )


def _compose_with_includes(
    files: list[Path], variables: Mapping[str, str], problems: list[Problem], patterns: list[str]
) -> dict[Path, Node]:
    nodes: dict[Path, Node] = {}
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
        if refusal := _detect_other_kind(path, data):
            problems.append(refusal)
            continue
        node, yaml_problems = compose_yaml(data, str(path))
        problems += yaml_problems
        if node is None:
            if not yaml_problems:
                problem = Problem(
                    Level.ERROR,
                    "empty-file",
                    f"{path} is empty.",
                    "",
                    "Write at least `version: 1`.",
                    Place(str(path), 1, 1),
                )
                problems.append(problem)
            continue
        nodes[path] = node
        names = Variables({**_scalars_of(_find_entry(node, "vars")), **variables})
        queue += _find_includes(path, node, names, problems, patterns)
    return nodes


def is_plan(data: bytes) -> bool:
    """Return whether a file begins like a plan written by `--out` or `--format json`. It may be cut off."""
    return data[:100].split()[:2] == [b"{", b'"format_version":']


def _detect_other_kind(path: Path, data: bytes) -> Problem | None:
    """Return a problem if the file is a plan or a journal of `apply` instead of a desired state."""
    place = Place(str(path), 1, 1)
    name = "FILE" if path is STANDARD_INPUT else path
    if is_plan(data):
        hint = (
            f"To look at a plan saved with --out: `reconcile show {name}`. To apply it: `reconcile apply {name}`. "
            "Otherwise, name the YAML file that it was made from."
        )
        return Problem(
            Level.ERROR, "not-desired-state", f"{path} is a plan, not a desired-state file.", "", hint, place
        )
    if data.startswith(b'{"event": "plan"'):
        hint = f"Name the YAML file. To take that apply back: `reconcile undo {name}`."
        return Problem(
            Level.ERROR,
            "not-desired-state",
            f"{path} is a journal of `apply`, not a desired-state file.",
            "",
            hint,
            place,
        )
    return None


def _find_includes(
    path: Path, node: Node, names: Variables, problems: list[Problem], patterns: list[str]
) -> list[tuple[Path, Place | None]]:
    include = _find_entry(node, "include")
    items = include.children if isinstance(include, SequenceNode) else [include] if include else []
    paths: list[tuple[Path, Place | None]] = []
    for item in items:
        if not isinstance(item, ScalarNode) or not item.value:
            continue
        place = Place(str(path), *unpack_mark(item.mark))
        unknown: list[Problem] = []
        pattern = names.substitute(item.value, place, unknown)
        if unknown:
            continue  # the builder reports it, with every name known
        patterns.append(str(path.parent / pattern))
        matches = expand_include(pattern, place)
        if isinstance(matches, Problem):
            problems.append(matches)
        else:
            paths += [(match, place) for match in matches]
    return paths


def _find_entry(node: Node, key: str) -> Node | None:
    pairs = node.pairs if isinstance(node, MappingNode) else ()
    return next((value for name, value in pairs if getattr(name, "value", None) == key), None)


def _scalars_of(node: Node | None, only: str | None = None) -> dict[str, str]:
    own_pairs = list(node.pairs) if isinstance(node, MappingNode) else []
    merged_in = [
        value
        for name, value in own_pairs
        if isinstance(name, ScalarNode) and name.value == "<<" and isinstance(value, MappingNode)
    ]
    pairs = [*(pair for value in merged_in for pair in value.pairs), *own_pairs]
    return {
        name.value: value.value
        for name, value in pairs
        if isinstance(name, ScalarNode) and isinstance(value, ScalarNode) and only in (None, name.value)
    }


def _places_of_scalars(path: Path, node: Node | None) -> dict[str, Place]:
    """Return the place of each value that the mapping itself has; merged-in keys (`<<`) are left out."""
    return {
        name.value: Place(str(path), *unpack_mark(value.mark))
        for name, value in (node.pairs if isinstance(node, MappingNode) else ())
        if isinstance(name, ScalarNode)
    }


def _is_verbatim(path: tuple[str, ...]) -> bool:
    """Return whether plain scalars at this path stay text: numbers and booleans in tags and vars do."""
    return path in (("vars",), ("defaults", "tags")) or (
        len(path) == 3 and path[2] in ("tags", "session_tags") and path[0] != "defaults"
    )


def _make_error(code: str, summary: str, place: Place) -> Problem:
    return Problem(Level.ERROR, code, summary, "", "", place)
