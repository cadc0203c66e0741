"""A docstring begins with a sentence, and describes only arguments and fields that exist."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.support.source_modules import PACKAGE

DESCRIBED = re.compile(r"(?:^|(?<=\. ))([a-z_][a-z_0-9]*(?:, [a-z_][a-z_0-9]*)*): ", re.MULTILINE)
"""`name: what it is`, or `one, other: …`, at the beginning of a line or of a sentence."""


def list_described(node: ast.FunctionDef | ast.ClassDef) -> Iterator[str]:
    for match in DESCRIBED.finditer(ast.get_docstring(node) or ""):
        yield from match[1].split(", ")


def list_arguments(function: ast.FunctionDef) -> set[str]:
    arguments = function.args
    listed = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    return {argument.arg for argument in listed if argument is not None}


def list_members(node: ast.ClassDef) -> set[str]:
    """Return the fields, methods, arguments and attributes of a class, private ones without their underscore."""
    names = {"args"} if node.bases else set()
    for child in ast.walk(node):
        if isinstance(child, ast.Attribute):
            names.add(child.attr)
        elif isinstance(child, ast.Name):
            names.add(child.id)
        elif isinstance(child, ast.FunctionDef):
            names |= {child.name, *list_arguments(child)}
    return names | {name.lstrip("_") for name in names}


def lacks_sentence(node: ast.AST) -> bool:
    """Return whether a docstring describes arguments or fields before it says what the whole is for."""
    if not isinstance(node, ast.FunctionDef | ast.ClassDef):
        return False
    return DESCRIBED.match(ast.get_docstring(node) or "") is not None


def find_unknown_names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            known = list_arguments(node) if isinstance(node, ast.FunctionDef) else list_members(node)
            yield from (f"{node.name}: {name}" for name in list_described(node) if name not in known)


@pytest.mark.parametrize("package", sorted(path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()))
def test_a_docstring_begins_with_a_sentence_and_names_only_what_the_code_has(package: str) -> None:
    trees = {path.relative_to(PACKAGE): ast.parse(path.read_text()) for path in (PACKAGE / package).rglob("*.py")}
    assert {f"{place}: {name}" for place, tree in trees.items() for name in find_unknown_names(tree)} == set()
    assert {
        f"{place}:{node.lineno}" for place, tree in trees.items() for node in ast.walk(tree) if lacks_sentence(node)
    } == set()


def test_a_renamed_argument_is_found_in_its_docstring() -> None:
    source = 'def split(text):\n    """Split a text.\n\n    words: the text.\n    """\n'
    assert list(find_unknown_names(ast.parse(source))) == ["split: words"]
