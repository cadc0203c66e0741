"""Facets: before and after in, calls out, in the order that IAM asks for."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.kinds.facets.boundary import BoundaryFacet
from reconciler.kinds.facets.tags import TagFacet
from reconciler.kinds.instance_profile import InstanceProfileKind
from reconciler.kinds.plan_context import PlanContext
from reconciler.kinds.user import UserKind
from reconciler.model.address import Address
from reconciler.model.durations import parse_duration
from reconciler.model.entity import InstanceProfile, User
from reconciler.model.live import LiveDetails, MfaDevice, OwnedCredentials, State
from reconciler.model.plan import Phase, Step
from tests.support.steps import in_order
from tests.support.strategies import ACCOUNT, policy_arn

USER = Address("user", "u")


def nothing(facts: LiveDetails | None = None) -> PlanContext:
    empty = State(ACCOUNT, "aws", {}, facts or LiveDetails())
    return PlanContext(empty, empty)


def calls(steps: list[Step]) -> list[str]:
    return [step.call.operation for step in in_order(steps)]


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


BOUNDARIES: dict[str, tuple[str | None, str | None, list[tuple[str, Phase]]]] = {
    "none": (None, None, []),
    "the same": ("x", "x", []),
    "a new one restricts": (None, policy_arn("p"), [("PutUserPermissionsBoundary", Phase.RESTRICT)]),
    "another one restricts": (policy_arn("q"), policy_arn("p"), [("PutUserPermissionsBoundary", Phase.RESTRICT)]),
    "one that goes waits": (policy_arn("q"), None, [("DeleteUserPermissionsBoundary", Phase.RELEASE)]),
}


@pytest.mark.parametrize(("before", "after", "expected"), BOUNDARIES.values(), ids=BOUNDARIES.keys())
def test_boundaries(before: str | None, after: str | None, expected: list[tuple[str, Phase]]) -> None:
    steps = BoundaryFacet("User").plan_changes(USER, before, after, nothing())
    assert [(step.call.operation, step.phase) for step in steps] == expected


A, B = Address("role", "a"), Address("role", "b")
SWAPS: dict[str, tuple[Address | None, Address | None, list[str]]] = {
    "the same": (A, A, []),
    "a role comes": (None, A, ["AddRoleToInstanceProfile"]),
    "a role goes": (A, None, ["RemoveRoleFromInstanceProfile"]),
    "one for another": (A, B, ["RemoveRoleFromInstanceProfile", "AddRoleToInstanceProfile"]),
}


@pytest.mark.parametrize(("before", "after", "expected"), SWAPS.values(), ids=SWAPS.keys())
def test_an_instance_profile_holds_one_role(before: Address | None, after: Address | None, expected: list[str]) -> None:
    kind = InstanceProfileKind()
    steps = kind.update(InstanceProfile("i", role=before), InstanceProfile("i", role=after), nothing())
    assert calls(steps) == expected
    assert bool(steps and steps[0].forced_by) == (len(expected) == 2)


def test_all_that_a_user_owns_goes_before_the_user() -> None:
    virtual, hardware = MfaDevice(f"arn:aws:iam::{ACCOUNT}:mfa/u"), MfaDevice("GAHT12345678")
    owned = OwnedCredentials(True, ("A1", "A2"), ("C1",), ("K1",), ("S1",), (virtual, hardware))
    user = User("u", groups=frozenset([Address("group", "g")]), policies=frozenset(["arn:x"]))
    found = calls(UserKind().delete(user, nothing(LiveDetails(owned_credentials={USER: owned}))))
    assert found[-1] == "DeleteUser"
    assert sorted(found) == sorted(
        "DeleteAccessKey DeleteAccessKey DeleteLoginProfile DeleteSigningCertificate DeleteSSHPublicKey "
        "DeleteServiceSpecificCredential DeactivateMFADevice DeactivateMFADevice DeleteVirtualMFADevice "
        "DetachUserPolicy RemoveUserFromGroup DeleteUser".split()
    )
    assert found.index("DeactivateMFADevice") < found.index("DeleteVirtualMFADevice")


@pytest.mark.parametrize(
    ("written", "length"),
    [
        ("45m", 2700),
        ("1h", 3600),
        ("90d", 7776000),
        ("30s", 30),
        ("3600", 3600),
        (3600, 3600),
        (0, 0),
        ("1w", None),
        ("1.5h", None),
        ("h", None),
        ("", None),
        ("-1h", None),
        (True, None),
        (1.5, None),
        (None, None),
    ],
)
def test_a_duration_is_a_number_with_a_unit_or_seconds(written: object, length: int | None) -> None:
    assert parse_duration(written) == length
