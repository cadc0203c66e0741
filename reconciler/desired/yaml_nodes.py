"""Turn YAML text into `Map`, `Seq` and scalars that know their places, in one pass over its nodes (`yaml_tree.py`).

Plain scalars follow YAML 1.2's core schema: dates, `yes` and `12:30` are text. A number counts only if it is written
as JSON would write it: `1234e567` and `0x1f` may well be external ids. Hostile input is refused: tags, duplicate keys,
recursion, deep nesting, aliases that expand to too many values, files of more than `MAX_BYTES` or `MAX_VALUES`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import yaml

from reconciler.desired.yaml_slips import (
    explain_syntax_error,
    explain_tag,
    find_bare_variable,
    make_bare_variable_problem,
    make_repeated_key_problem,
)
from reconciler.desired.yaml_tree import (
    MAX_VALUES,
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    TooManyValuesError,
    compose_nodes,
)
from reconciler.files.bounded_reads import LARGEST_DESIRED
from reconciler.model.node import Map, Seq, unpack_mark
from reconciler.model.problem import Level, Place, Problem

MAX_BYTES = LARGEST_DESIRED
MAX_DEPTH = 64
FREE_NODES, TIMES_WRITTEN = 100_000, 10
"""With its aliases expanded, a file may hold FREE_NODES values, and TIMES_WRITTEN more for each value written."""

_SPLIT = "Split it, and name the parts under `include:`."

ANCHOR_PREFIX = "x-"
"""The prefix of top-level keys that hold anchors and are otherwise ignored."""

_OUR_TAGS = frozenset(["", *(f"tag:yaml.org,2002:{name}" for name in ("str", "map", "seq"))])
"""The tags that change nothing; "" stands for no tag."""
_INT = re.compile(r"-?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"-?[0-9]+\.[0-9]+")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")
_PLAIN_CONSTANTS: dict[str, object] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}

ParentKeys = tuple[str, ...]
"""The keys above a value, from the root; at most `_MAX_PARENT_KEYS` of them."""

_MAX_PARENT_KEYS = 5
"""Enough for `is_verbatim`: the longest path that it knows is `organization.accounts.NAME.vars`."""

Substitute = Callable[[str, Place, list[Problem]], str]


def compose_yaml(data: bytes, file: str) -> tuple[Node | None, list[Problem]]:
    """Return the node tree of one file (None if empty) and no problems; else None and the problem."""
    if len(data) > MAX_BYTES:
        size = f"{len(data) / 1024 / 1024:.0f} MB; the limit is {MAX_BYTES // 1024 // 1024} MB."
        return None, [_make_error("file-too-large", f"The file has {size}", Place(file, 1, 1), _SPLIT)]
    try:
        node = compose_nodes(data)
        if node is None or b"&" not in data:
            return node, []
        written, bad = _check_expansion(node)
        if bad is None:
            return node, []
        limit = f"the limit is {_max_values_of(written):,}: {FREE_NODES:,}, and {TIMES_WRITTEN} for each value written"
        summary = f"The YAML aliases here contain themselves, or expand to too many values; {limit}."
        hint = "Use fewer anchors and aliases (& and *)."
        return None, [_make_error("alias-bomb", summary, Place(file, *unpack_mark(bad.mark)), hint)]
    except yaml.MarkedYAMLError as error:
        return None, [explain_syntax_error(data, file, error)]
    except yaml.reader.ReaderError as error:
        line, column = _position_of(data, error.position)
        summary = f"Not valid YAML: {error.reason}."
        return None, [_make_error("bad-yaml", summary, Place(file, line, column), "Save the file as plain UTF-8.")]
    except TooManyValuesError as error:
        summary = f"The file has more than {MAX_VALUES:,} values: texts, lists and mappings."
        return None, [_make_error("file-too-large", summary, Place(file, *unpack_mark(error.mark)), _SPLIT)]
    except (RecursionError, MemoryError):
        summary = f"The YAML is nested more than {MAX_DEPTH} levels deep."
        return None, [_make_error("too-deep", summary, Place(file, 1, 1))]


def _position_of(data: bytes, offset: int) -> tuple[int, int]:
    before = data[: max(0, offset)]
    return before.count(b"\n") + 1, len(before) - (before.rfind(b"\n") + 1) + 1


def _make_error(code: str, summary: str, place: Place, hint: str = "") -> Problem:
    return Problem(Level.ERROR, code, summary, "", hint, place)


@dataclass
class Builder:
    """Build values from the nodes of one file.

    substitute: replaces the variables in a text. is_verbatim: given the keys above a value, returns whether plain
    scalars at and below it stay text.
    """

    file: str
    substitute: Substitute
    is_verbatim: Callable[[ParentKeys], bool] = lambda path: False
    problems: list[Problem] = field(default_factory=list)
    _built: dict[tuple[int, bool], Map | Seq] = field(default_factory=dict)
    _texts: dict[str, str] = field(default_factory=dict)
    _plain: dict[str, object] = field(default_factory=lambda: dict(_PLAIN_CONSTANTS))
    """Plain scalar → its value; those with variables are not kept."""

    def build(self, node: Node) -> Map | None:
        """Return the value of a whole file; None, with a problem, if it is not a mapping."""
        value = self._build_value(node, (), 0, False)
        if isinstance(value, Map):
            return value
        if not self.problems:
            summary = "The file is not a mapping: write `key: value` lines."
            self.problems.append(_make_error("not-a-mapping", summary, self._place_of(node)))
        return None

    def _build_value(self, node: Node, path: ParentKeys, depth: int, verbatim: bool) -> object:
        if node.tag not in _OUR_TAGS:
            summary = f"The YAML tag {node.tag!r} is not allowed."
            self.problems.append(_make_error("yaml-tag", summary, self._place_of(node), explain_tag(node.tag)))
            return None
        if not verbatim and len(path) < _MAX_PARENT_KEYS:
            verbatim = self.is_verbatim(path)
        if isinstance(node, ScalarNode):
            return self._build_scalar(node, verbatim)
        if depth > MAX_DEPTH:
            summary = f"Nested more than {MAX_DEPTH} levels deep."
            self.problems.append(_make_error("too-deep", summary, self._place_of(node)))
            return None
        if isinstance(node, MappingNode) and (variable := find_bare_variable(node)) is not None:
            self.problems.append(make_bare_variable_problem(variable, self._place_of(node)))
            return self._build_text(ScalarNode(variable, node.mark, is_plain=False, tag=""))
        if not node.is_shared:
            return self._build_collection(node, path, depth + 1, verbatim)
        key = (id(node), verbatim)
        if key not in self._built:
            self._built[key] = self._build_collection(node, path, depth + 1, verbatim)
        return self._built[key]

    def _build_collection(
        self, node: MappingNode | SequenceNode, path: ParentKeys, depth: int, verbatim: bool
    ) -> Map | Seq:
        if isinstance(node, MappingNode):
            return self._build_mapping(node, path, depth, verbatim)
        return self._build_sequence(node, path, depth, verbatim)

    def _build_sequence(self, node: SequenceNode, path: ParentKeys, depth: int, verbatim: bool) -> Seq:
        values = Seq(self.file, node.mark)
        below = (*path, "[]") if len(path) < _MAX_PARENT_KEYS else path
        for item in node.children:
            values.put(self._build_value(item, below, depth, verbatim), item.mark)
        return values

    def _build_mapping(self, node: MappingNode, path: ParentKeys, depth: int, verbatim: bool) -> Map:
        entries, merges = Map(self.file, node.mark), list[tuple[Node, Node]]()
        for key_node, value_node in node.pairs:
            if not isinstance(key_node, ScalarNode):
                self.problems.append(self._explain_key(key_node))
            elif key_node.value == "<<" and key_node.is_plain:
                merges.append((key_node, value_node))
            else:
                self._add_entry(entries, key_node, value_node, path, depth, verbatim)
        for key_node, value_node in merges:
            if key_node is not merges[0][0]:
                first, hint = self._place_of(merges[0][0]), "Write one `<<` with a list: `<<: [*one, *other]`."
                self.problems.append(make_repeated_key_problem("<<", first, self._place_of(key_node), hint))
            self._add_merged(entries, value_node, path, depth, verbatim)
        return entries

    def _explain_key(self, node: MappingNode | SequenceNode) -> Problem:
        if isinstance(node, MappingNode) and (variable := find_bare_variable(node)) is not None:
            return make_bare_variable_problem(variable, self._place_of(node))
        return _make_error("yaml-key", "A key must be plain text.", self._place_of(node))

    def _add_entry(
        self,
        into: Map,
        key_node: ScalarNode,
        value_node: Node,
        path: ParentKeys,
        depth: int,
        verbatim: bool,
    ) -> None:
        key = self._build_text(key_node)
        if not path and key.startswith(ANCHOR_PREFIX):
            into.put(key, None, key_node.mark, value_node.mark)  # each use of an anchor builds it
            return
        if key in into:
            first = into.place_of(key, of_key=True)
            self.problems.append(make_repeated_key_problem(key, first, self._place_of(key_node)))
            return
        below = (*path, key) if len(path) < _MAX_PARENT_KEYS else path
        into.put(key, self._build_value(value_node, below, depth, verbatim), key_node.mark, value_node.mark)

    def _add_merged(self, into: Map, node: Node, path: ParentKeys, depth: int, verbatim: bool) -> None:
        """Add the entries of a merge key (`<<`). The mapping's own keys win, then those of earlier sources."""
        sources = node.children if isinstance(node, SequenceNode) else [node]
        for source in sources:
            value = self._build_value(source, path, depth, verbatim)
            if isinstance(value, Map):
                for key in value:
                    if key not in into:
                        into.copy_entry(value, key)
            elif source.tag in _OUR_TAGS:  # another tag has been reported
                summary = "`<<` must be an alias of a mapping, or a list of them."
                self.problems.append(_make_error("yaml-merge", summary, self._place_of(source)))

    def _build_scalar(self, node: ScalarNode, verbatim: bool) -> object:
        if not node.is_plain:
            return self._build_text(node)
        text: str = node.value
        if verbatim:
            return None if text in _PLAIN_CONSTANTS and _PLAIN_CONSTANTS[text] is None else self._build_text(node)
        if text in self._plain:
            return self._plain[text]
        if _LEADING_ZERO.fullmatch(text):
            summary = f"{text} begins with a zero: some YAML readers take it as octal, others as decimal."
            self.problems.append(_make_error("leading-zero", summary, self._place_of(node), f'Quote it: "{text}".'))
            return text
        if "{{" in text:
            return self._build_text(node)
        number = _parse_number(text)
        self._plain[text] = value = self._build_text(node) if number is None else number
        return value

    def _build_text(self, node: ScalarNode) -> str:
        text: str = node.value
        if "{{" in text:
            text = self.substitute(text, self._place_of(node), self.problems)
        return self._texts.get(text) or self._intern_text(text, node)

    def _intern_text(self, text: str, node: Node) -> str:
        """Return the same object for equal texts: a file repeats its keys and actions thousands of times.

        The object is a copy. The original text lies in memory between the nodes, and would keep that memory in use.
        """
        try:
            copy = text.encode().decode()
        except UnicodeEncodeError as error:
            summary = f"The text has {text[error.start]!a}, half of a surrogate pair, which is not a character."
            hint = "Write the character itself. Text given by --var must be UTF-8."
            self.problems.append(_make_error("bad-character", summary, self._place_of(node), hint))
            copy = text.encode(errors="replace").decode()
        self._texts[text] = copy
        return copy

    def _place_of(self, node: Node) -> Place:
        return Place(self.file, *unpack_mark(node.mark))


def _parse_number(text: str) -> int | float | None:
    """Return the number that a plain scalar is written as; None if it is text."""
    if _INT.fullmatch(text):
        return int(text) if len(text) < 1000 else None
    return float(text) if _FLOAT.fullmatch(text) and repr(float(text)) == text else None


def _check_expansion(root: Node) -> tuple[int, Node | None]:
    """Return how many nodes are written, and a node that contains itself or expands to too many values, or None."""
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


def _children_of(node: Node) -> list[Node]:
    return [] if isinstance(node, ScalarNode) else node.children
