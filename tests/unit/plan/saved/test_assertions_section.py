"""The assertions of a plan file come back as they were, and each wrong value is refused by its path."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from reconciler.plan.saved.assertions_section import read_assertions, to_assertions_section
from reconciler.plan.saved.mismatches import find_mismatches
from reconciler.plan.saved.read_scope import needs_whole_account
from reconciler.plan.saved.saved_plan import desired_of, read_saved_plan
from reconciler.plan.saved.strict_json import MalformedPlan
from tests.support.assertions import can, cannot, only_by
from tests.unit.plan.saved.test_saved_plan import DOCUMENT

ASSERTIONS = (
    cannot("iam:*", "user/*", outside=["user/root"], with_mfa=False, through_roles=True, why="SOC2"),
    can(["s3:GetObject", "s3:PutObject"], ["group/a", "role/b"], on=["arn:aws:s3:::x/*"], with_mfa=True),
    only_by("role/admin"),
)


def write() -> list[dict[str, Any]]:
    written: list[dict[str, Any]] = json.loads(json.dumps(to_assertions_section(ASSERTIONS)))
    return written


def test_assertions_come_back_as_they_were() -> None:
    assert read_assertions({"assertions": write()}) == ASSERTIONS


def test_a_plan_of_a_version_without_assertions_has_none() -> None:
    assert read_assertions({}) == ()


WRONG: dict[str, Any] = {
    "name": 1,
    "form": "may",
    "file": None,
    "line": -1,
    "column": "x",
    "who": "user/a",
    "outside": [1],
    "actions": {},
    "resources": None,
    "with_mfa": "yes",
    "through_roles": 0,
    "why": [],
}


@pytest.mark.parametrize("key", WRONG)
def test_a_wrong_value_is_refused_by_its_path(key: str) -> None:
    written = write()
    written[1][key] = WRONG[key]
    with pytest.raises(MalformedPlan, match=rf"saved\.assertions\[1\]\.{key}"):
        read_assertions({"assertions": written})


@pytest.mark.parametrize("key", WRONG)
def test_a_missing_key_is_refused(key: str) -> None:
    written = write()
    del written[0][key]
    with pytest.raises(MalformedPlan, match=f"lacks '{key}'"):
        read_assertions({"assertions": written})


def test_an_apply_reads_the_whole_account_for_them() -> None:
    saved = replace(read_saved_plan(DOCUMENT), moves=(), renames={})
    assert not needs_whole_account(saved)
    with_some = replace(saved, assertions=ASSERTIONS)
    assert needs_whole_account(with_some)
    assert desired_of(with_some).assertions == ASSERTIONS


def test_other_assertions_are_not_those_of_the_files() -> None:
    saved = replace(read_saved_plan(DOCUMENT), assertions=ASSERTIONS)
    (problem,) = find_mismatches(replace(saved, assertions=ASSERTIONS[1:]), saved)
    assert problem.summary == "assert: the plan and the files have different assertions."
    renamed = replace(saved, assertions=tuple(replace(one, name="other") for one in ASSERTIONS))
    assert list(find_mismatches(renamed, saved)) == []
