"""Read each module of the package once, for all rules of the house.

Syntax trees are not kept: those of all modules would be a burden for the collector of memory.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "reconciler"


@dataclass(frozen=True)
class SourceModule:
    """A module, and what the rules ask about it.

    place: its path in the package, such as `plan/build.py`. imports: top-level packages that it imports, wherever it
    does. imported_names: module → names that it imports from there. calls: dotted names that it calls, as it writes
    them. getattr_calls: its calls of getattr, as text. texts: its strings, without docstrings and other strings that
    nobody uses. attributes: name of an attribute → the lines that read or set it. functions: name → number of lines.
    """

    place: str
    text: str
    has_docstring: bool
    is_empty: bool
    imports: frozenset[str]
    imported_names: dict[str, frozenset[str]]
    calls: frozenset[str]
    getattr_calls: tuple[str, ...]
    texts: tuple[str, ...]
    attributes: dict[str, list[int]]
    functions: tuple[tuple[str, int], ...]

    @property
    def package(self) -> str:
        """The first part of its place: `plan`, or `api.py`."""
        return self.place.partition("/")[0]

    @property
    def name(self) -> str:
        return self.place.rpartition("/")[2]


@cache
def read_modules() -> tuple[SourceModule, ...]:
    """Return all modules of the package, by place."""
    return tuple(read_module(path) for path in sorted(PACKAGE.rglob("*.py")))


def read_module(path: Path) -> SourceModule:
    text = path.read_text()
    tree = ast.parse(text)
    nodes = list(ast.walk(tree))
    attributes: dict[str, list[int]] = defaultdict(list)
    for node in nodes:
        if isinstance(node, ast.Attribute):
            attributes[node.attr].append(node.lineno)
    called = [(node, find_dotted_name(node.func)) for node in nodes if isinstance(node, ast.Call)]
    unused = {node.value for node in nodes if isinstance(node, ast.Expr)}
    constants = (node for node in nodes if isinstance(node, ast.Constant) and node not in unused)
    return SourceModule(
        place=path.relative_to(PACKAGE).as_posix(),
        text=text,
        has_docstring=bool(ast.get_docstring(tree)),
        is_empty=not tree.body,
        imports=frozenset(_find_imports(nodes)),
        imported_names=_find_imported_names(nodes),
        calls=frozenset(name for _, name in called if name),
        getattr_calls=tuple(ast.unparse(node) for node, name in called if name == "getattr"),
        texts=tuple(node.value for node in constants if isinstance(node.value, str)),
        attributes=dict(attributes),
        functions=tuple(
            (node.name, (node.end_lineno or 0) - node.lineno)
            for node in nodes
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ),
    )


def find_dotted_name(node: ast.expr) -> str | None:
    """Return `a.b.c` for an expression of names alone; None for another one, such as `a().b`."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(names)]) if isinstance(node, ast.Name) else None


def _find_imports(nodes: list[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _find_imported_names(nodes: list[ast.AST]) -> dict[str, frozenset[str]]:
    names: dict[str, frozenset[str]] = {}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            names[node.module] = names.get(node.module, frozenset()) | {alias.name for alias in node.names}
    return names
