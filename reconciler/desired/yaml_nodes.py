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

from reconciler.desired.yaml_slips import explain_tag, find_tab_problem
from reconciler.model.node import Map, Mark, Seq, pack_mark, unpack_mark
from reconciler.model.problem import Level, Place, Problem

MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 64
FREE_NODES, TIMES_WRITTEN = 100_000, 10
"""Values that the aliases of a file may make in any case, and more for each value that is written."""

ANCHORS = "x-"
"""Top-level keys that begin so hold anchors, and nothing else."""

_TAG_OF: dict[type[yaml.Node], str] = {
    yaml.ScalarNode: "tag:yaml.org,2002:str",
    yaml.MappingNode: "tag:yaml.org,2002:map",
    yaml.SequenceNode: "tag:yaml.org,2002:seq",
}
_PLAIN_TAGS = frozenset(_TAG_OF.values())
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

    def resolve(self, kind: type[yaml.Node], value: str, implicit: tuple[bool, bool]) -> str:
        return _TAG_OF[kind]


ParentKeys = tuple[str, ...]
"""The keys above a value; only the first few are kept."""

_MAX_PARENT_KEYS = 4
"""How many: what a file says of an entity's fields is decided above."""

Substitute = Callable[[str, Place, list[Problem]], str]


def compose_yaml(data: bytes, file: str) -> tuple[yaml.Node | None, list[Problem]]:
    """The node tree of one file (None where empty), or the problem that stops it."""
    if len(data) > MAX_BYTES:
        size = f"{len(data) / 1024 / 1024:.0f} MB; at most {MAX_BYTES // 1024 // 1024} MB are read."
        return None, [_make_error("file-too-large", f"The file has {size}", Place(file, 1, 1))]
    try:
        node = yaml.compose(data, Loader=_Loader)
        if node is None or b"&" not in data:
            return node, []
        written, bad = _check_expansion(node)
        if bad is None:
            return node, []
        most = (
            f"at most {_max_values_of(written):,} are taken: {FREE_NODES:,}, and {TIMES_WRITTEN} for each one written"
        )
        summary = f"With its aliases this expands to itself or to too many values; {most}."
        return None, [
            _make_error("alias-bomb", summary, Place(file, *unpack_mark(_mark_of(bad))), "Write less with anchors.")
        ]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file, 1, 1)
        if tab := find_tab_problem(data, place):
            return None, [tab]
        context = f" ({error.context})" if error.context and error.problem else ""
        return None, [_make_error("bad-yaml", f"Not valid YAML: {error.problem or error.context}{context}.", place)]
    except yaml.reader.ReaderError as error:
        line, column = _position_of(data, error.position)
        summary = f"Not valid YAML: {error.reason}."
        return None, [_make_error("bad-yaml", summary, Place(file, line, column), "Save the file as plain UTF-8.")]
    except (RecursionError, MemoryError):
        return None, [_make_error("too-deep", "The YAML is nested too deeply.", Place(file, 1, 1))]


def _position_of(data: bytes, offset: int) -> tuple[int, int]:
    before = data[: max(0, offset)]
    return before.count(b"\n") + 1, len(before) - (before.rfind(b"\n") + 1) + 1


def _make_error(code: str, summary: str, place: Place, hint: str = "") -> Problem:
    return Problem(Level.ERROR, code, summary, "", hint, place)


@dataclass
class Builder:
    """Nodes of one file → values. `verbatim(path)`: below it, plain scalars are text as written."""

    file: str
    substitute: Substitute
    is_verbatim: Callable[[ParentKeys], bool] = lambda path: False
    problems: list[Problem] = field(default_factory=list)
    _built: dict[tuple[int, bool], Map | Seq] = field(default_factory=dict)
    _texts: dict[str, str] = field(default_factory=dict)
    _plain: dict[str, object] = field(default_factory=lambda: dict(_WORDS))
    """What plain scalars mean that are no text to substitute in."""

    def build(self, node: yaml.Node) -> Map | None:
        """The value of a whole file; None, with a problem, where it is not a mapping."""
        value = self._build_value(node, (), 0, False)
        if isinstance(value, Map):
            return value
        if not self.problems:
            summary = "The file must be a mapping: `key: value` lines."
            self.problems.append(_make_error("not-a-mapping", summary, self._place_of(node)))
        return None

    def _build_value(self, node: yaml.Node, path: ParentKeys, depth: int, verbatim: bool) -> object:
        if node.tag not in _PLAIN_TAGS:
            summary = f"The YAML tag {node.tag!r} is not allowed."
            self.problems.append(_make_error("yaml-tag", summary, self._place_of(node), explain_tag(node.tag)))
            return None
        if not verbatim and len(path) < _MAX_PARENT_KEYS:
            verbatim = self.is_verbatim(path)
        if isinstance(node, yaml.ScalarNode):
            return self._build_scalar(node, verbatim)
        if depth > MAX_DEPTH:
            summary = f"Nested more than {MAX_DEPTH} levels deep."
            self.problems.append(_make_error("too-deep", summary, self._place_of(node)))
            return None
        key = (id(node), verbatim)
        if key not in self._built:
            if isinstance(node, yaml.MappingNode):
                self._built[key] = self._build_mapping(node, path, depth + 1, verbatim)
            elif isinstance(node, yaml.SequenceNode):
                self._built[key] = self._build_sequence(node, path, depth + 1, verbatim)
        return self._built[key]

    def _build_sequence(self, node: yaml.SequenceNode, path: ParentKeys, depth: int, verbatim: bool) -> Seq:
        found = Seq(self.file, _mark_of(node))
        below = (*path, "[]") if len(path) < _MAX_PARENT_KEYS else path
        for item in node.value:
            found.put(self._build_value(item, below, depth, verbatim), _mark_of(item))
        return found

    def _build_mapping(self, node: yaml.MappingNode, path: ParentKeys, depth: int, verbatim: bool) -> Map:
        found, merged = Map(self.file, _mark_of(node)), []
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self.problems.append(_make_error("yaml-key", "A key must be plain text.", self._place_of(key_node)))
            elif key_node.value == "<<" and not key_node.style:
                merged.append(value_node)
            else:
                self._add_entry(found, key_node, value_node, path, depth, verbatim)
        for value_node in merged:
            self._add_merged(found, value_node, path, depth, verbatim)
        return found

    def _add_entry(
        self,
        into: Map,
        key_node: yaml.ScalarNode,
        value_node: yaml.Node,
        path: ParentKeys,
        depth: int,
        verbatim: bool,
    ) -> None:
        key = self._build_text(key_node)
        if not path and key.startswith(ANCHORS):
            into.put(key, None, _mark_of(key_node), _mark_of(value_node))  # its anchors are built where they are used
            return
        if key in into:
            summary = f"The key {key!r} stands twice in one mapping; first at {into.place_of(key, of_key=True)}."
            self.problems.append(_make_error("duplicate-key", summary, self._place_of(key_node), "Remove one."))
            return
        below = (*path, key) if len(path) < _MAX_PARENT_KEYS else path
        into.put(key, self._build_value(value_node, below, depth, verbatim), _mark_of(key_node), _mark_of(value_node))

    def _add_merged(self, into: Map, node: yaml.Node, path: ParentKeys, depth: int, verbatim: bool) -> None:
        """YAML's merge key: what is written in the mapping itself wins, then earlier sources."""
        sources = node.value if isinstance(node, yaml.SequenceNode) else [node]
        for source in sources:
            value = self._build_value(source, path, depth, verbatim)
            if not isinstance(value, Map):
                summary = "`<<` takes an alias of a mapping, or a list of them."
                self.problems.append(_make_error("yaml-merge", summary, self._place_of(source)))
                continue
            for key in value:
                if key not in into:
                    into.copy_entry(value, key)

    def _build_scalar(self, node: yaml.ScalarNode, verbatim: bool) -> object:
        if node.style:
            return self._build_text(node)
        text: str = node.value
        if verbatim:
            return None if text in _WORDS and _WORDS[text] is None else self._build_text(node)
        if text in self._plain:
            return self._plain[text]
        if _LEADING_ZERO.fullmatch(text):
            summary = f"{text} begins with a zero: YAML readers disagree on what number that is."
            self.problems.append(_make_error("leading-zero", summary, self._place_of(node), f'Quote it: "{text}".'))
            return text
        if "{{" in text:
            return self._build_text(node)
        number = _parse_number(text)
        self._plain[text] = value = self._build_text(node) if number is None else number
        return value

    def _build_text(self, node: yaml.ScalarNode) -> str:
        text: str = node.value
        if "{{" in text:
            text = self.substitute(text, self._place_of(node), self.problems)
        return self._texts.get(text) or self._intern_text(text, node)

    def _intern_text(self, text: str, node: yaml.Node) -> str:
        """Return one object for all texts that are equal: a file repeats its keys and actions thousands of times.

        It is a copy: a text that lay between the nodes would keep their memory from being used again.
        """
        try:
            copy = text.encode().decode()
        except UnicodeEncodeError as error:
            summary = f"The text has {text[error.start]!a}, half of a surrogate pair, which is no character."
            hint = "Write the character itself; --var takes UTF-8."
            self.problems.append(_make_error("bad-character", summary, self._place_of(node), hint))
            copy = text.encode(errors="replace").decode()
        self._texts[text] = copy
        return copy

    def _place_of(self, node: yaml.Node) -> Place:
        return Place(self.file, *unpack_mark(_mark_of(node)))


def _parse_number(text: str) -> int | float | None:
    """The number that a plain scalar is."""
    if _INT.fullmatch(text):
        return int(text) if len(text) < 1000 else None
    return float(text) if _FLOAT.fullmatch(text) and repr(float(text)) == text else None


def _mark_of(node: yaml.Node) -> Mark:
    start = node.start_mark
    return pack_mark(start.line + 1, start.column + 1)


def _check_expansion(root: yaml.Node) -> tuple[int, yaml.Node | None]:
    """Count the nodes that are written, and find the one that with every alias followed is too large or in itself."""
    sizes: dict[int, int] = {}
    entered: set[int] = set()
    stack = [root]
    while stack:
        node = stack[-1]
        children = _children_of(node)
        if id(node) in sizes:
            stack.pop()
        elif id(node) not in entered:
            entered.add(id(node))
            if any(id(child) in entered and id(child) not in sizes for child in children):
                return len(entered), node
            stack.extend(children)
        else:
            stack.pop()
            sizes[id(node)] = 1 + sum(sizes[id(child)] for child in children)
    return len(sizes), root if sizes[id(root)] > _max_values_of(len(sizes)) else None


def _max_values_of(written: int) -> int:
    return FREE_NODES + TIMES_WRITTEN * written


def _children_of(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []
