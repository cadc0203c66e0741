"""Exported YAML reads back exactly, by our loader and by PyYAML's own (YAML 1.1), whatever the text is."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconciler.desired.export_yaml import as_yaml
from reconciler.desired.variables import Variables
from reconciler.desired.yaml_nodes import Builder, compose_yaml
from tests.support.examples import examples

ODD = [
    *("", " ", "~", "null", "yes", "No", "on", "y", "n", "true", "FALSE", "=", "<<", "-", "?", "!", "&a", "*", "%"),
    *("007", "08", "-09", "1e3", "1E+3", "0x1f", "0o7", "0b1", "1_000", "12:30", "190:20:30", ".5", "5.", ".inf"),
    *("123456789012", "2012-10-17", "2026-11-24T10:00:00Z", "1.0", "+1", "1,000", ".nan", "@", "..."),
    *("a: b", "a #b", "# a", "a:", "- a", "[a", "{a", "{{", "{{{", "{{{{{", "}}", "{{ name }}", "${aws:username}"),
    *("'", '"', "\\", "a\\n", "it's", 'say "a"', "a\tb", "\ta", "a\n", "\na", "a\n\nb", "a \nb", " a\nb", "a\r\nb"),
    *("é", "\x85", "a\x85b", "\xa0", "\u2028", "a\u2029b", "\ufeff", "\x7f", "\x00", "\x9f", "\ufffe", "😀", "\n"),
    *("---", "--- a", "x" * 200, "a b " * 60, "arn:aws:s3:::b/*", "aws:ReadOnlyAccess", "ec2:*", ">", "|", "`"),
]

texts = st.sampled_from(ODD) | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
scalars = texts | st.booleans() | st.integers(-(10**15), 10**15) | st.none()
keys = texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=8
)

thorough = examples(150)


def read(text: str) -> Any:
    """What our loader makes of it."""
    node, problems = compose_yaml(text.encode(), "x.yaml")
    assert node is not None, problems
    builder = Builder("x.yaml", Variables({}).substitute)
    found = builder.build(node)
    assert builder.problems == []
    return found


def unescape_braces(value: Any) -> Any:
    """PyYAML knows nothing of variables."""
    if isinstance(value, dict):
        return {unescape_braces(key): unescape_braces(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [unescape_braces(item) for item in value]
    return value.replace("{{{{", "{{") if isinstance(value, str) else value


@thorough
@given(st.dictionaries(keys, values, max_size=3), st.integers(0, 3))
def test_anything_reads_back_as_it_was(value: dict[str, Any], levels: int) -> None:
    assert read(as_yaml(value, levels)) == value


@thorough
@given(st.dictionaries(texts, texts | st.lists(texts), max_size=4), st.integers(0, 3))
def test_a_reader_of_yaml_1_1_sees_the_same_texts(value: dict[str, Any], levels: int) -> None:
    assert unescape_braces(yaml.safe_load(as_yaml(value, levels))) == value


@pytest.mark.parametrize("text", [text for text in ODD if text.isprintable()], ids=repr)
def test_what_stands_without_quotes_is_text_to_every_reader(text: str) -> None:
    """The rules of YAML 1.2's core schema and of YAML 1.1's oldest readers, which PyYAML has not all."""
    written = as_yaml({"k": text}, 1).removeprefix("k: ").rstrip("\n")
    ambiguous = ("y", "n", "08", "-09", "1e3", "1E+3", "0o7", ".5", "5.", "123456789012", "2012-10-17", "007", "12:30")
    assert written[0] in "\"'" or text not in ambiguous


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({"groups": ["a", "b"]}, "groups: [a, b]\n"),
        ({"mfa": {"max_age": "1h"}}, "mfa: {max_age: 1h}\n"),
        ({"trust": [{"users": ["a"]}]}, "trust:\n  - users: [a]\n"),
        ({"trust": [{"users": ["a"], "mfa": "required"}]}, "trust:\n  - users: [a]\n    mfa: required\n"),
        ({"tags": {"a": "x" * 40, "b": "y" * 40}}, f"tags:\n  a: {'x' * 40}\n  b: {'y' * 40}\n"),
        ({"conditions": {"Bool": {"a:B": "true"}}}, 'conditions:\n  Bool:\n    a:B: "true"\n'),
        ({"document": {"Statement": [{"Action": ["a:B"]}]}}, "document:\n  Statement:\n    - Action:\n        - a:B\n"),
        ({"description": "one\ntwo"}, "description: |-\n  one\n  two\n"),
        ({"description": "It's {{ said }}"}, "description: It's {{{{ said }}\n"),
        ({"account": "012345678901"}, 'account: "012345678901"\n'),
        ({"alice": {}}, "alice: {}\n"),
    ],
)
def test_it_reads_as_a_person_would_have_written_it(value: dict[str, Any], written: str) -> None:
    assert as_yaml(value, 1) == written
