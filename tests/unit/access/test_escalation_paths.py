"""Every path of pathfinding.cloud, and each of ours, is found by its actions on everything, and not by one less."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.access import Principal, find_powers, load_paths
from reconciler.access.escalation_paths import EscalationPath, Grade
from tests.unit.access.test_powers import IAM, A, deny, says, source

LISTED = [path for path in load_paths() if not path.id.startswith("reconcile-")]
OWN = [path for path in load_paths() if path.id.startswith("reconcile-")]
KINDS = ("user", "role")


def found_by(kind: str, *statements: dict[str, Any], **more: Any) -> dict[str, str]:
    """The ids of the paths that a principal has, with allow or depends."""
    principal = Principal(f"{IAM}:{kind}/x", kind, A, (source(*statements),), **more)
    return {power.path.id: str(power.verdict.decision) for power in find_powers(principal, grades=Grade) if power.path}


def belongs(path: EscalationPath, kind: str) -> bool:
    return path.is_broad_for(kind)


def pairs(paths: list[EscalationPath]) -> list[Any]:
    return [pytest.param(path, kind, id=f"{path.id}-{kind}") for path in paths for kind in KINDS if belongs(path, kind)]


def test_the_list_has_every_path_of_its_source_once() -> None:
    assert len(LISTED) == 65
    assert len({path.id for path in load_paths()}) == len(load_paths())
    only = {path.id: path.only for path in LISTED if path.only}
    assert {kind: sorted(key for key, value in only.items() if value == kind) for kind in KINDS} == {
        "user": ["iam-007", "iam-008", "iam-010", "iam-011"],
        "role": ["iam-005", "iam-009"],
    }


@pytest.mark.parametrize(("path", "kind"), pairs([*LISTED, *OWN]))
def test_a_path_is_found_by_its_actions_on_everything(path: EscalationPath, kind: str) -> None:
    assert found_by(kind, says("Allow", list(path.actions)))[path.id] == "allow"


@pytest.mark.parametrize(("path", "kind"), pairs([*LISTED, *OWN]))
def test_a_path_is_not_found_with_one_action_less(path: EscalationPath, kind: str) -> None:
    for action in path.actions:
        rest = [other for other in path.actions if other != action]
        assert path.id not in (found_by(kind, says("Allow", rest)) if rest else {})
        assert path.id not in found_by(kind, says("Allow", list(path.actions)), deny(action))


@pytest.mark.parametrize(
    ("path", "kind"), [(path, kind) for path in load_paths() for kind in KINDS if not belongs(path, kind)]
)
def test_a_path_that_a_principal_cannot_have_is_not_found(path: EscalationPath, kind: str) -> None:
    assert path.id not in found_by(kind, says("Allow", list(path.actions)))


@pytest.mark.parametrize(("path", "kind"), pairs(LISTED))
def test_a_boundary_removes_a_path_and_a_condition_makes_it_depend(path: EscalationPath, kind: str) -> None:
    actions = list(path.actions)
    assert path.id not in found_by(kind, says("Allow", actions), boundary=source(says("Allow", "s3:*")))
    under_mfa = says("Allow", actions, Bool={"aws:MultiFactorAuthAge": "1"}, IpAddress={"aws:SourceIp": "10.0.0.0/8"})
    from_office = says("Allow", actions, IpAddress={"aws:SourceIp": "10.0.0.0/8"})
    assert found_by(kind, from_office)[path.id] == "depends"
    assert (path.id in found_by(kind, under_mfa)) == (kind == "user"), "a role never has MFA"


@pytest.mark.parametrize("kind", KINDS)
def test_everything_gives_every_path(kind: str) -> None:
    assert set(found_by(kind, says("Allow"))) == {path.id for path in load_paths() if belongs(path, kind)}


LAMBDA = "arn:aws:lambda:{}:" + A + ":function:{}"
CODE = "lambda:UpdateFunctionCode"
EXISTING: dict[str, tuple[str, bool]] = {
    "every function": (LAMBDA.format("*", "*"), True),
    "every function of any account": ("arn:aws:lambda:*:*:function:*", True),
    "everything of the service": ("arn:aws:lambda:*", True),
    "every function of a region": (LAMBDA.format("eu-west-1", "*"), True),
    "one function": (LAMBDA.format("eu-west-1", "deploy"), False),
    "functions of a prefix": (LAMBDA.format("*", "team-*"), False),
    "every function of another account": ("arn:aws:lambda:*:999988887777:function:*", False),
    "every layer": (f"arn:aws:lambda:*:{A}:layer:*", False),
}


@pytest.mark.parametrize(("resource", "expected"), EXISTING.values(), ids=EXISTING.keys())
def test_what_already_has_a_role_counts_if_all_of_it_is_allowed(resource: str, expected: bool) -> None:
    assert ("lambda-003" in found_by("user", says("Allow", CODE, resource))) == expected


CREATING: dict[str, tuple[list[dict[str, Any]], bool]] = {
    "any function": ([says("Allow", "lambda:*")], True),
    "functions of a prefix": ([says("Allow", "lambda:*", LAMBDA.format("*", "team-*"))], True),
    "one function": ([says("Allow", "lambda:*", LAMBDA.format("eu-west-1", "mine"))], True),
    "a layer": ([says("Allow", "lambda:*", f"arn:aws:lambda:*:{A}:layer:mine")], False),
    "one that is denied": (
        [says("Allow", "lambda:*", LAMBDA.format("*", "mine")), deny("lambda:*", LAMBDA.format("*", "*"))],
        False,
    ),
}


@pytest.mark.parametrize(("statements", "expected"), CREATING.values(), ids=CREATING.keys())
def test_passing_any_role_to_something_new_counts_whatever_its_name(
    statements: list[dict[str, Any]], expected: bool
) -> None:
    assert ("lambda-001" in found_by("user", says("Allow", "iam:PassRole"), *statements)) == expected


def test_passing_roles_to_one_service_is_no_path_through_another() -> None:
    only_lambda = says("Allow", "iam:PassRole", StringEquals={"iam:PassedToService": "lambda.amazonaws.com"})
    start = says("Allow", ["lambda:CreateFunction", "lambda:InvokeFunction", "ec2:RunInstances"])
    assert found_by("user", only_lambda, start) == {"lambda-001": "allow"}


def test_a_path_over_oneself_names_oneself() -> None:
    own = says("Allow", "iam:PutUserPolicy", f"{IAM}:user/${{aws:username}}")
    alice = Principal(f"{IAM}:user/alice", "user", A, (source(own),))
    (power,) = find_powers(alice)
    assert (power.name, power.own_targets) == ("iam:PutUserPolicy", (alice.arn,))
    (power,) = find_powers(Principal(alice.arn, "user", A, (source(says("Allow", "iam:PutUserPolicy")),)))
    assert power.own_targets == ()


@pytest.mark.parametrize("path", load_paths(), ids=lambda path: path.id)
def test_a_path_says_in_words_what_it_does(path: EscalationPath) -> None:
    assert path.reason.startswith("can ") and not path.reason.endswith(".")
    assert path.resource_word == "thing" or "{target}" in path.reason or path.broad == "self"
    assert path.passes_role == bool(path.services)
