"""Reduce the entries for other accounts to their keys `accounts` and `except`, before a file's values are built.

So an account needs no variable of an entry that it does not get. `account_selection.py` then checks the two keys, and
takes these entries out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from reconciler.desired.account_selection import ACCOUNTS, EXCEPT, is_for_account
from reconciler.desired.yaml_nodes import Builder
from reconciler.desired.yaml_tree import MappingNode, Node, ScalarNode, SequenceNode
from reconciler.model.member_account import Membership

_MERGE = "<<"


def reduce_entries(root: Node, membership: Membership, builder: Builder, note_text: Callable[[str], None]) -> Node:
    """Return the nodes of a file with the entries for other accounts reduced.

    builder: builds the two keys; its problems are not kept, because the keys stay in the file. note_text: gets each
    text that is left out. Sections that are merged into the file (`<<`) stay as they are.
    """
    if not isinstance(root, MappingNode):
        return root
    from reconciler.kinds.registry import KINDS_BY_SECTION, SINGLE_ENTRY_SECTIONS  # completion does without

    reducer = _Reducer(membership, builder, note_text)
    children: list[Node] = []
    for key, value in root.pairs:
        name = key.value if isinstance(key, ScalarNode) else ""
        if name in SINGLE_ENTRY_SECTIONS:
            value = reducer.reduce(value)
        elif name in KINDS_BY_SECTION or name == "aliases":
            value = reducer.reduce_section(value)
        children += (key, value)
    return MappingNode(children, root.mark, root.tag, root.is_shared)


class _Reducer:
    """Reduce entries of one file for one account."""

    def __init__(self, membership: Membership, builder: Builder, note_text: Callable[[str], None]) -> None:
        self._membership = membership
        self._builder = builder
        self._note_text = note_text

    def reduce_section(self, section: Node) -> Node:
        """Return a section, name → entry. A reduced entry has its name as written, variables included."""
        if not isinstance(section, MappingNode):
            return section
        children: list[Node] = []
        for key, value in section.pairs:
            reduced = self.reduce(value)
            if reduced is not value and isinstance(key, ScalarNode):
                self._note_text(key.value)
                key = ScalarNode(key.value.replace("{{", "{{{{"), key.mark, key.is_plain, key.tag)
            children += (key, reduced)
        return MappingNode(children, section.mark, section.tag)

    def reduce(self, entry: Node) -> Node:
        """Return an entry, reduced if it is for other accounts."""
        if not isinstance(entry, MappingNode) or not any(
            _is_of(key, ACCOUNTS, EXCEPT, _MERGE) for key, _ in entry.pairs
        ):
            return entry
        picked = _pick_keys(entry)
        built = self._builder.build(picked)
        if built is None or is_for_account(built, self._membership, []):
            return entry
        for text in _iter_texts(entry):
            self._note_text(text)
        return picked


def _is_of(key: Node, *names: str) -> bool:
    return isinstance(key, ScalarNode) and key.value in names


def _pick_keys(entry: MappingNode) -> MappingNode:
    """Return an entry with the two keys only: its own, and those that are merged into it."""
    children: list[Node] = []
    for key, value in entry.pairs:
        if _is_of(key, ACCOUNTS, EXCEPT):
            children += (key, value)
        elif _is_of(key, _MERGE):
            sources = value.children if isinstance(value, SequenceNode) else [value]
            picked: list[Node] = [_pick_keys(source) for source in sources if isinstance(source, MappingNode)]
            children += (key, SequenceNode(picked, value.mark, ""))
    return MappingNode(children, entry.mark, "")


def _iter_texts(node: Node) -> Iterator[str]:
    """Yield the texts of a node and of all below it, those of a shared one once."""
    seen: set[int] = set()
    stack = [node]
    while stack:
        node = stack.pop()
        if isinstance(node, ScalarNode):
            yield node.value
        elif id(node) not in seen:
            seen.add(id(node))
            stack += node.children
