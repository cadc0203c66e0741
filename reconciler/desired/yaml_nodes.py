"""YAML text → `Map`, `Seq` and scalars that know their places, in one pass over PyYAML's composed nodes.

Plain scalars follow YAML 1.2's core schema (dates, `yes` and `12:30` are text), and a number is one only where
it is written as JSON would write it: `1234e567` and `0x1f` are as likely to be an external id. Hostile input is
refused: tags, duplicate keys, recursion, deep nesting, aliases that blow up, files past `MAX_BYTES`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import yaml

from reconciler.model.node import Map, Mark, Seq
from reconciler.model.problem import Level, Place, Problem

MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 64
ANCHORS = "x-"
"""Top-level keys that begin so hold anchors, and nothing else."""

_PLAIN_TAGS = {"tag:yaml.org,2002:str", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}
_INT = re.compile(r"-?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"-?[0-9]+\.[0-9]+")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")
_WORDS: dict[str, object] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}

_base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_base):  # type: ignore[misc,valid-type]
    """Composes with no scalar resolution: plain and quoted scalars are told apart by their style."""

    yaml_implicit_resolvers: dict[str, object] = {}  # noqa: RUF012


Path = tuple[str, ...]
"""The keys above a value; only the first few are kept."""

Substitute = Callable[[str, Place, list[Problem]], str]


def composed(data: bytes, file: str) -> tuple[yaml.Node | None, list[Problem]]:
    """The node tree of one file (None where empty), or the problem that stops it."""
    if len(data) > MAX_BYTES:
        size = f"{len(data) / 1024 / 1024:.0f} MB; at most {MAX_BYTES // 1024 // 1024} MB are read."
        return None, [_error("file-too-large", f"The file has {size}", Place(file, 1, 1))]
    try:
        node = yaml.compose(data, Loader=_Loader)
        if node is None or b"&" not in data or _expanded(node) is not None:
            return node, []
        summary = "Aliases in this file expand to far more than is written (or to themselves)."
        return None, [_error("alias-bomb", summary, Place(file, *_mark(node)), "Write less with anchors.")]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file, 1, 1)
        context = f" ({error.context})" if error.context and error.problem else ""
        return None, [_error("bad-yaml", f"Not valid YAML: {error.problem or error.context}{context}.", place)]
    except yaml.reader.ReaderError as error:
        line, column = _position(data, error.position)
        summary = f"Not valid YAML: {error.reason}."
        return None, [_error("bad-yaml", summary, Place(file, line, column), "Save the file as plain UTF-8.")]
    except (RecursionError, MemoryError):
        return None, [_error("too-deep", "The YAML is nested too deeply.", Place(file, 1, 1))]


def _position(data: bytes, offset: int) -> tuple[int, int]:
    before = data[: max(0, offset)]
    return before.count(b"\n") + 1, len(before) - (before.rfind(b"\n") + 1) + 1


def _error(code: str, summary: str, place: Place, hint: str = "") -> Problem:
    return Problem(Level.ERROR, code, summary, "", hint, place)


@dataclass
class Builder:
    """Nodes of one file → values. `verbatim(path)`: below it, plain scalars are text as written."""

    file: str
    substitute: Substitute
    verbatim: Callable[[Path], bool] = lambda path: False
    problems: list[Problem] = field(default_factory=list)
    _done: dict[tuple[int, bool], object] = field(default_factory=dict)

    def build(self, node: yaml.Node) -> Map | None:
        """The value of a whole file; None, with a problem, where it is not a mapping."""
        value = self._value(node, (), 0, False)
        if isinstance(value, Map):
            return value
        if not self.problems:
            summary = "The file must be a mapping: `key: value` lines."
            self.problems.append(_error("not-a-mapping", summary, self._place(node)))
        return None

    def _value(self, node: yaml.Node, path: Path, depth: int, verbatim: bool) -> object:
        if node.tag not in _PLAIN_TAGS:
            summary = f"The YAML tag {node.tag!r} is not allowed."
            self.problems.append(_error("yaml-tag", summary, self._place(node)))
            return None
        verbatim = verbatim or self.verbatim(path)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, verbatim)
        if depth > MAX_DEPTH:
            summary = f"Nested more than {MAX_DEPTH} levels deep."
            self.problems.append(_error("too-deep", summary, self._place(node)))
            return None
        key = (id(node), verbatim)
        if key not in self._done:
            if isinstance(node, yaml.MappingNode):
                self._done[key] = self._mapping(node, path, depth + 1, verbatim)
            elif isinstance(node, yaml.SequenceNode):
                self._done[key] = self._sequence(node, path, depth + 1, verbatim)
        return self._done[key]

    def _sequence(self, node: yaml.SequenceNode, path: Path, depth: int, verbatim: bool) -> Seq:
        found, path = Seq(self.file, _mark(node)), _deeper(path, "[]")
        for item in node.value:
            found.put(self._value(item, path, depth, verbatim), _mark(item))
        return found

    def _mapping(self, node: yaml.MappingNode, path: Path, depth: int, verbatim: bool) -> Map:
        found, merged = Map(self.file, _mark(node)), []
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self.problems.append(_error("yaml-key", "A key must be plain text.", self._place(key_node)))
            elif key_node.value == "<<" and not key_node.style:
                merged.append(value_node)
            else:
                self._entry(found, key_node, value_node, path, depth, verbatim)
        for value_node in merged:
            self._merge(found, value_node, path, depth, verbatim)
        return found

    def _entry(
        self,
        into: Map,
        key_node: yaml.ScalarNode,
        value_node: yaml.Node,
        path: Path,
        depth: int,
        verbatim: bool,
    ) -> None:
        key = self._text(key_node)
        if not path and key.startswith(ANCHORS):
            into.put(key, None, _mark(key_node), _mark(value_node))  # its anchors are built where they are used
            return
        if key in into:
            summary = f"The key {key!r} stands twice in one mapping; first at {into.place(key, of_key=True)}."
            self.problems.append(_error("duplicate-key", summary, self._place(key_node), "Remove one."))
            return
        value = self._value(value_node, _deeper(path, key), depth, verbatim)
        into.put(key, value, _mark(key_node), _mark(value_node))

    def _merge(self, into: Map, node: yaml.Node, path: Path, depth: int, verbatim: bool) -> None:
        """YAML's merge key: what is written in the mapping itself wins, then earlier sources."""
        sources = node.value if isinstance(node, yaml.SequenceNode) else [node]
        for source in sources:
            value = self._value(source, path, depth, verbatim)
            if not isinstance(value, Map):
                summary = "`<<` takes an alias of a mapping, or a list of them."
                self.problems.append(_error("yaml-merge", summary, self._place(source)))
                continue
            for key in value:
                if key not in into:
                    into.take(value, key)

    def _scalar(self, node: yaml.ScalarNode, verbatim: bool) -> object:
        if node.style:
            return self._text(node)
        text: str = node.value
        if text in _WORDS:
            word = _WORDS[text]
            return text if verbatim and word is not None else word
        if verbatim:
            return self._text(node)
        if _LEADING_ZERO.fullmatch(text):
            summary = f"{text} begins with a zero: YAML readers disagree on what number that is."
            self.problems.append(_error("leading-zero", summary, self._place(node), f'Quote it: "{text}".'))
            return text
        if _INT.fullmatch(text):
            return int(text) if len(text) < 1000 else text
        if _FLOAT.fullmatch(text) and repr(float(text)) == text:
            return float(text)
        return self._text(node)

    def _text(self, node: yaml.ScalarNode) -> str:
        text: str = node.value
        return self.substitute(text, self._place(node), self.problems) if "{{" in text else text

    def _place(self, node: yaml.Node) -> Place:
        return Place(self.file, *_mark(node))


def _deeper(path: Path, key: str) -> Path:
    return (*path, key) if len(path) < 4 else path


def _mark(node: yaml.Node) -> Mark:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _expanded(root: yaml.Node) -> int | None:
    """How many nodes the tree has with every alias followed; None past ten times what is written, or forever."""
    sizes: dict[int, int] = {}
    entered: set[int] = set()
    stack = [root]
    while stack:
        node = stack[-1]
        children = _children(node)
        if id(node) in sizes:
            stack.pop()
        elif id(node) not in entered:
            entered.add(id(node))
            if any(id(child) in entered and id(child) not in sizes for child in children):
                return None
            stack.extend(children)
        else:
            stack.pop()
            sizes[id(node)] = 1 + sum(sizes[id(child)] for child in children)
    return sizes[id(root)] if sizes[id(root)] <= 100_000 + 10 * len(sizes) else None


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []
