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


def find_faults(tree: ast.AST) -> Iterator[str]:
    """Yield each name that a docstring describes and the code lacks, and each docstring that begins with a name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            known = list_arguments(node) if isinstance(node, ast.FunctionDef) else list_members(node)
            yield from (f"{node.name}: {name}" for name in list_described(node) if name not in known)
            if DESCRIBED.match(ast.get_docstring(node) or ""):
                yield f"{node.name} begins with a name"


@pytest.mark.parametrize("package", sorted(path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()))
def test_a_docstring_begins_with_a_sentence_and_describes_what_the_code_has(package: str) -> None:
    paths = (PACKAGE / package).rglob("*.py")
    assert {str(path): faults for path in paths if (faults := list(find_faults(ast.parse(path.read_text()))))} == {}


def test_a_renamed_argument_is_found_in_its_docstring() -> None:
    source = 'def split(text):\n    """Split a text.\n\n    words: the text.\n    """\n'
    assert list(find_faults(ast.parse(source))) == ["split: words"]


def test_a_class_that_does_not_say_what_it_is_for_is_found() -> None:
    source = 'class Split:\n    """text: the text to split."""\n\n    text: str\n'
    assert list(find_faults(ast.parse(source))) == ["Split begins with a name"]
