"""The schema that editors use is the one that files are validated against, and it explains itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reconciler.desired.schema import build_schema

ROOT = Path(__file__).parents[2]
WRITTEN = ROOT / "schemas/reconcile.schema.json"


def test_the_schema_in_the_repository_is_the_one_of_the_code() -> None:
    assert json.loads(WRITTEN.read_text()) == build_schema(), "run `make schema`"


def test_the_schema_is_valid_draft_2020_12() -> None:
    assert build_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(build_schema())


def objects(fragment: Any, path: str = "$") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema of an object with properties of its own."""
    if isinstance(fragment, dict):
        if isinstance(fragment.get("properties"), dict):
            yield path, fragment
        for key, value in fragment.items():
            yield from objects(value, f"{path}.{key}")
    elif isinstance(fragment, list):
        for index, value in enumerate(fragment):
            yield from objects(value, f"{path}[{index}]")


OBJECTS = dict(objects(build_schema()))
DOCUMENTS = ("$.$defs.document", "$.$defs.inline_policy")


@pytest.mark.parametrize("path", [path for path in OBJECTS if path not in DOCUMENTS])
def test_no_object_takes_unknown_keys(path: str) -> None:
    """But a policy document, whose grammar is AWS's and is checked by `policy/grammar.py`."""
    assert OBJECTS[path].get("additionalProperties") is False


@pytest.mark.parametrize("path", [path for path in OBJECTS if not path.endswith(".mfa")])
def test_every_object_has_a_title(path: str) -> None:
    assert OBJECTS[path].get("title")


def test_every_property_says_what_it_is_for() -> None:
    definitions = build_schema()["$defs"]
    silent = [
        f"{path}.{key}"
        for path, fragment in OBJECTS.items()
        for key, value in fragment["properties"].items()
        if path not in DOCUMENTS
        and not value.get("description")
        and not definitions.get(str(value.get("$ref")).rpartition("/")[2], {}).get("description")
    ]
    assert silent == []


@pytest.mark.parametrize("name", sorted(build_schema()["$defs"]))
def test_every_reference_leads_somewhere_and_everything_shared_is_used(name: str) -> None:
    assert f'"#/$defs/{name}"' in json.dumps(build_schema())


def test_every_example_is_valid() -> None:
    def examples(fragment: Any) -> Iterator[tuple[Any, Any]]:
        if isinstance(fragment, dict):
            listed = fragment.get("examples")
            if isinstance(listed, list):
                yield from ((fragment, example) for example in listed)
            for value in fragment.values():
                yield from examples(value)

    found = list(examples(build_schema()))
    assert len(found) > 10
    for fragment, example in found:
        validator = Draft202012Validator({**fragment, "$defs": build_schema()["$defs"]})
        assert validator.is_valid(example), (fragment, example)
