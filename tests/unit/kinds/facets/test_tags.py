"""Tags before and after in, calls out, in the order that IAM asks for."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.kinds.facets.tags import TagFacet
from reconciler.model.address import Address
from tests.support.steps import in_order

USER = Address("user", "u")
TAGS: dict[str, tuple[bool, dict[str, str], dict[str, str], list[tuple[str, Any]]]] = {
    "nothing changed": (True, {"a": "1"}, {"a": "1"}, []),
    "one added": (True, {}, {"a": "1"}, [("TagUser", [{"Key": "a", "Value": "1"}])]),
    "only what changed is sent": (
        True,
        {"a": "1", "b": "1"},
        {"a": "2", "b": "1"},
        [("TagUser", [{"Key": "a", "Value": "2"}])],
    ),
    "one removed": (True, {"a": "1"}, {}, [("UntagUser", ["a"])]),
    "given before taken": (
        True,
        {"a": "1"},
        {"b": "1"},
        [("TagUser", [{"Key": "b", "Value": "1"}]), ("UntagUser", ["a"])],
    ),
    "another letter case, where case is ignored, goes first": (
        True,
        {"Team": "1"},
        {"team": "1"},
        [("UntagUser", ["Team"]), ("TagUser", [{"Key": "team", "Value": "1"}])],
    ),
    "another letter case, where case counts": (
        False,
        {"Team": "1"},
        {"team": "1"},
        [("TagUser", [{"Key": "team", "Value": "1"}]), ("UntagUser", ["Team"])],
    ),
    "past the quota of 50 what goes goes first": (
        False,
        {f"k{index}": "" for index in range(50)},
        {**{f"k{index}": "" for index in range(49)}, "new": ""},
        [("UntagUser", ["k49"]), ("TagUser", [{"Key": "new", "Value": ""}])],
    ),
}


@pytest.mark.parametrize(("ignores_case", "before", "after", "expected"), TAGS.values(), ids=TAGS.keys())
def test_tags(ignores_case: bool, before: dict[str, str], after: dict[str, str], expected: list[Any]) -> None:
    steps = in_order(TagFacet("User", ignores_case).plan_changes(USER, {"UserName": "u"}, before, after))
    assert [
        (step.call.operation, step.call.parameters.get("Tags", step.call.parameters.get("TagKeys"))) for step in steps
    ] == expected
    assert all(step.call.parameters["UserName"] == "u" for step in steps)
