"""Choose the tests that run on a second emulator as well, and list its known differences from AWS.

ministack shares no code with moto, so a result of both is not a mistake of one emulator. A test runs on ministack if it
is named here and uses the fixture `start`, directly or through `account`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.support.emulators import start_ministack, start_moto
from tests.support.ministack import PYTHON

MISSING = "ministack, the second emulator, is not installed: `make test` does that"
INSTALLED = PYTHON.exists()
NEEDS_MINISTACK = pytest.mark.skipif(not INSTALLED, reason=MISSING)

EVERY_TEST: tuple[str, ...] = ()
RUNS: Mapping[str, tuple[str, ...]] = {
    "emulator/test_drift.py": EVERY_TEST,
    "emulator/test_same_meaning.py": EVERY_TEST,
    "emulator/test_export.py": (
        "test_a_plan_on_an_export_is_empty",
        "test_an_account_made_by_hand_exports_and_plans_empty",
    ),
    "emulator/test_deletes.py": (
        "test_a_group_is_emptied_before_it_is_deleted",
        "test_a_role_is_emptied_before_it_is_deleted",
        "test_a_policy_is_detached_and_its_versions_are_deleted_before_it_goes",
        "test_a_whole_stack_that_uses_itself_goes_in_one_apply",
    ),
    "emulator/test_saved_plans.py": (
        "test_a_saved_plan_is_applied_without_asking_and_leaves_nothing_to_do",
        "test_a_plan_that_creates_and_one_that_deletes_are_applied",
        "test_a_plan_is_applied_once",
        "test_what_a_plan_would_create_must_not_exist_by_now",
        "test_what_a_plan_would_delete_must_still_be_there",
    ),
    "docs/test_examples.py": EVERY_TEST,
}
LEFT_OUT = re.compile(
    r"trust|tag|owner|client_id|thumbprint|user/.*boundary"  # the strict layer keeps these by itself
    r"|_Sid_|a_deny_|a_condition_|a_statement_|an_action_taken|a_policy_of_AWS|role/app_(gained|lost)_an|at_once"
)
"""Cases of drift that the emulator does not influence, or that repeat another case."""

NO_SET_DEFAULT = "it has no SetDefaultPolicyVersion"
NO_UPDATE = "it has neither UpdateUser nor UpdateGroup"
NO_EMPTY_DESCRIPTION = "an empty description in UpdateRole is none to it, so the one before stays"
_DRIFT = "test_drift_is_one_change_and_one_apply_mends_it"
GAPS: Mapping[str, Mapping[str, str]] = {
    "emulator/test_drift.py": {
        f"{_DRIFT}[another_version_made_the_default]": NO_SET_DEFAULT,
        f"{_DRIFT}[a_user_moved]": NO_UPDATE,
        f"{_DRIFT}[a_group_moved]": NO_UPDATE,
        f"{_DRIFT}[the_description_of_a_role_emptied]": NO_EMPTY_DESCRIPTION,
        f"{_DRIFT}[a_role_given_a_description]": NO_EMPTY_DESCRIPTION,
        "test_a_renamed_user_is_a_new_name_and_one_of_ours_that_is_gone": NO_UPDATE,
    },
}
"""File → test, as pytest names them → the reason that ministack cannot behave as AWS."""


def parametrize_emulators(metafunc: pytest.Metafunc) -> None:
    """Run the test on moto and, if it is named here, on ministack."""
    names = RUNS.get(_key_of(metafunc.definition.path))
    if names is None or "start" not in metafunc.fixturenames or (names and metafunc.function.__name__ not in names):
        return
    both = [pytest.param(start_moto, id="moto"), pytest.param(start_ministack, id="ministack", marks=NEEDS_MINISTACK)]
    metafunc.parametrize("start", both, indirect=True, scope="module")


def drop_irrelevant(items: list[pytest.Item]) -> None:
    """Remove cases that say nothing about ministack."""
    drift = "emulator/test_drift.py"
    items[:] = [
        i for i in items if not (_key_of(i.path) == drift and "[ministack-" in i.name and LEFT_OUT.search(i.name))
    ]


def mark_gaps(items: Sequence[pytest.Item], whole: bool) -> None:
    """Mark tests that ministack is known to fail. One that passes is a failure too, so that the table stays correct.

    whole: all tests were collected, so an entry that matches none is a mistake.
    """
    found: dict[str, set[str]] = {}
    for item in items:
        key, name = _key_of(item.path), item.name.replace("[ministack]", "").replace("[ministack-", "[")
        if key in GAPS and name != item.name:
            found.setdefault(key, set()).add(name)
            if name in GAPS[key]:
                item.add_marker(pytest.mark.xfail(reason=GAPS[key][name], strict=True))
    for key, names in found.items() if whole else ():
        if stale := GAPS[key].keys() - names:
            raise pytest.UsageError(
                f"tests/support/second_emulator.py: no such test in {key}: {', '.join(sorted(stale))}"
            )


def _key_of(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"
