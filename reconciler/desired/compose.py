"""Compose the nodes of desired-state files, and follow their `include` entries. `load.py` makes values of the nodes.

The nodes of a file do not depend on variables. So a run over many accounts, each with variables of its own, parses
every file once (`ParsedFiles`).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from reconciler.desired.own_files import detect_other_kind
from reconciler.desired.source_files import STANDARD_INPUT, expand_include, read_bytes
from reconciler.desired.variables import Variables
from reconciler.desired.yaml_nodes import compose_yaml
from reconciler.desired.yaml_tree import MappingNode, Node, ScalarNode, SequenceNode
from reconciler.model.node import unpack_mark
from reconciler.model.problem import Level, Place, Problem

ParsedFile = tuple[Node | None, tuple[Problem, ...]]
"""The nodes of a file, None if it is empty or not valid, and its problems."""


@dataclass
class ParsedFiles:
    """Parse files. Many threads may share one.

    keep: hold the nodes of each file, for the next account. Files are then read once in a run, so that all accounts get
    the same content.
    """

    keep: bool = False
    _parsed: dict[str, ParsedFile] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def parse(self, path: Path, place: Place | None = None) -> ParsedFile:
        """Return the nodes of a desired-state file. place: the line that names it."""
        return self._parse_once(path, place, is_document=False)

    def parse_document(self, path: Path, place: Place) -> ParsedFile:
        """Return the nodes of a policy document, in JSON or YAML. place: the line that names it."""
        return self._parse_once(path, place, is_document=True)

    def _parse_once(self, path: Path, place: Place | None, *, is_document: bool) -> ParsedFile:
        if not self.keep:
            return _parse(path, place, is_document)
        key = f"{is_document} {path if path is STANDARD_INPUT else os.path.realpath(path)}"
        with self._lock:  # two threads would only take turns: parsing holds the interpreter
            if key not in self._parsed:
                self._parsed[key] = _parse(path, place, is_document)
            return self._parsed[key]


def _parse(path: Path, place: Place | None, is_document: bool) -> ParsedFile:
    data = read_bytes(path, place)
    if isinstance(data, Problem):
        return None, (data,)
    name = "FILE" if path is STANDARD_INPUT else str(path)
    if not is_document and (refusal := detect_other_kind(path, name, data)):
        return None, (refusal,)
    if is_document and path.suffix == ".json":
        data = data.replace(b"\t", b" ")  # JSON may indent with tabs, YAML may not; no string holds one
    node, problems = compose_yaml(data, str(path))
    if node is None and not problems:
        where, hint = (place, "") if is_document else (Place(str(path), 1, 1), "Write at least `version: 1`.")
        problems = [Problem(Level.ERROR, "empty-file", f"{path} is empty.", "", hint, where)]
    return node, tuple(problems)


def compose_with_includes(
    files: list[Path],
    variables: Mapping[str, str],
    parsed: ParsedFiles,
    problems: list[Problem],
    patterns: list[str],
) -> dict[Path, Node]:
    """Return the nodes of the files and of all that they include, by path. Add problems, and the globs of includes."""
    nodes: dict[Path, Node] = {}
    seen: set[str] = set()
    queue: list[tuple[Path, Place | None]] = [(path, None) for path in files]
    while queue:
        path, place = queue.pop(0)
        real = os.path.realpath(path)  # pathlib's raises for links that lead to themselves
        if real in seen:
            continue
        seen.add(real)
        node, found = parsed.parse(path, place)
        problems += found
        if node is None:
            continue
        nodes[path] = node
        names = Variables({**scalars_of(find_entry(node, "vars")), **variables})
        queue += _find_includes(path, node, names, problems, patterns)
    return nodes


def _find_includes(
    path: Path, node: Node, names: Variables, problems: list[Problem], patterns: list[str]
) -> list[tuple[Path, Place | None]]:
    include = find_entry(node, "include")
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


def find_entry(node: Node, key: str) -> Node | None:
    pairs = node.pairs if isinstance(node, MappingNode) else ()
    return next((value for name, value in pairs if getattr(name, "value", None) == key), None)


def scalars_of(node: Node | None, only: str | None = None) -> dict[str, str]:
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


def places_of_scalars(path: Path, node: Node | None) -> dict[str, Place]:
    """Return the place of each value that the mapping itself has; merged-in keys (`<<`) are left out."""
    return {
        name.value: Place(str(path), *unpack_mark(value.mark))
        for name, value in (node.pairs if isinstance(node, MappingNode) else ())
        if isinstance(name, ScalarNode)
    }
