"""Assertions as a guard of a plan: who broke one before, what a flag allows, what means nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from reconciler.model.address import Address
from reconciler.model.assertions import Assertion
from reconciler.model.desired import Declaration
from reconciler.model.entity import Entity
from reconciler.model.guardrails import GuardrailPolicy, Guardrails
from reconciler.model.plan import Plan
from reconciler.model.problem import Level, Place
from reconciler.plan.assertions.check import check_files
from reconciler.plan.build import build_plan
from reconciler.plan.options import PlanOptions
from tests.support.assertions import (
    NAMES,
    allow,
    arn,
    can,
    cannot,
    check,
    deny,
    make_desired,
    make_state,
    only_by,
    role,
    trust,
    user,
    write,
)

NO_IAM = replace(cannot("iam:*"), name="no-iam", why="SOC2")
ALLOWED = PlanOptions(allow_assertions=frozenset(["no-iam"]))
HARMLESS, GRANTED = user("bob"), user("bob", allow("iam:*"))


def plan(
    live: Sequence[Entity], wanted: Sequence[Entity], assertion: Assertion, options: PlanOptions | None = None
) -> Plan:
    desired = make_desired(wanted, assertion)
    desired = replace(desired, settings=replace(desired.settings, prune="none"))
    return build_plan(desired, make_state(live), options or PlanOptions(), NAMES)


def test_a_plan_that_breaks_an_assertion_is_unsafe() -> None:
    made = plan([HARMLESS], [GRANTED], NO_IAM)
    (finding,) = [one for one in made.findings if one.code.startswith("assertion")]
    assert not made.is_safe
    assert (finding.level, finding.code, str(finding.address)) == (Level.ERROR, "assertion-failed", "user/bob")
    assert finding.flag == "--allow-assertion no-iam"
    assert "SOC2" in finding.detail
    assert "before this plan" not in finding.message


def test_a_plan_that_mends_an_assertion_is_safe() -> None:
    assert plan([GRANTED], [HARMLESS], NO_IAM).is_safe


def test_a_breach_that_was_there_before_is_told_apart() -> None:
    made = plan([GRANTED], [GRANTED, user("eve", allow("iam:*"))], NO_IAM)
    before = {
        str(one.address): "before this plan" in one.detail for one in made.findings if one.code == "assertion-failed"
    }
    assert before == {"user/bob": True, "user/eve": False}


def test_who_is_in_no_file_counts_too() -> None:
    made = plan([GRANTED], [user("eve")], NO_IAM)
    assert [str(one.address) for one in made.findings if one.code == "assertion-failed"] == ["user/bob"]


def test_a_flag_allows_one_assertion_and_leaves_a_finding() -> None:
    made = plan([HARMLESS], [GRANTED], NO_IAM, ALLOWED)
    (finding,) = [one for one in made.findings if one.code.startswith("assertion")]
    assert made.is_safe
    assert (finding.level, finding.code, finding.flag) == (Level.WARNING, "assertion-allowed", "")
    assert finding.summary.startswith(
        "Assertion no-iam fails, but --allow-assertion allows it this once: user/bob can iam:"
    )


def test_a_flag_that_names_no_assertion_is_an_error_with_a_guess() -> None:
    made = plan([HARMLESS], [HARMLESS], replace(NO_IAM, name="no-iamm"), ALLOWED)
    (finding,) = made.findings
    assert (finding.code, finding.hint) == ("unknown-assertion", "Did you mean 'no-iamm'?")


def test_files_without_assertions_ask_nothing() -> None:
    assert check([GRANTED]) == []


ADMIN = role("admin", [trust("user/bob")])

UNUSED: dict[str, tuple[Assertion, list[str]]] = {
    "who": (cannot("iam:*", "role/x*"), ["'role/x*' in `who`"]),
    "a group without members": (cannot("iam:*", "group/dev"), ["'group/dev' in `who`"]),
    "except": (cannot("iam:*", outside=["user/*", "role/x*"]), ["'role/x*' in `except`"]),
    "on": (cannot("iam:*", on="role/x*", outside=["user/*"]), ["'role/x*' in `on`"]),
    "on an ARN, which may come": (cannot("iam:*", on=arn("user/x"), outside=["user/*"]), []),
    "a bucket where objects are meant": (
        can("s3:GetObject", "role/admin", on="arn:aws:s3:::x"),
        ["none of its actions works on 'arn:aws:s3:::x'"],
    ),
    "one of two resources": (
        cannot(["s3:GetObject", "s3:PutObject"], on=["arn:aws:s3:::x", "arn:aws:s3:::x/*"]),
        ["none of its actions works on 'arn:aws:s3:::x'"],
    ),
    "a user that is to be assumed": (
        cannot("sts:AssumeRole", on="user/bob"),
        ["none of its actions works on 'user/bob'"],
    ),
    "role": (only_by("role/x*", "user/bob"), ["'role/x*' in `role`"]),
    "assumable_only_by": (only_by("role/admin", "user/bob", "user/x*"), ["'user/x*' in `assumable_only_by`"]),
    "outside the account": (only_by("role/admin", "user/bob", "ec2.amazonaws.com", "210987654321"), []),
    "can": (can("iam:*", "role/x*"), ["'role/x*' in `who`"]),
}


@pytest.mark.parametrize("name", UNUSED)
def test_a_pattern_that_means_nobody_is_told(name: str) -> None:
    assertion, expected = UNUSED[name]
    made = plan([HARMLESS, ADMIN], [HARMLESS], assertion)
    found = [one for one in made.findings if one.code == "assertion-unused"]
    assert [one.level for one in found] == [Level.WARNING] * len(expected)
    for finding, text in zip(found, expected, strict=True):
        assert text in finding.summary


def test_files_alone_do_not_show_whom_an_exception_means() -> None:
    assert check([HARMLESS], cannot("iam:*", outside=["role/AWSReservedSSO_*"])) == []


def test_a_policy_of_aws_on_the_way_is_named_with_the_line_of_the_role_that_has_it() -> None:
    admin = role("admin", [trust("user/bob")], policies=frozenset(["arn:aws:iam::aws:policy/AdministratorAccess"]))
    desired = make_desired([HARMLESS, admin], cannot("iam:*", "user/*", through_roles=True))
    places = {
        Address.parse("user/bob"): Place("roles.yaml", 3, 1),
        Address.parse("role/admin"): Place("roles.yaml", 9, 1),
    }
    declarations = {address: Declaration(place) for address, place in places.items()}
    (problem,) = check_files(replace(desired, declarations=declarations), NAMES)
    assert "by way of user/bob → role/admin by trust of role/admin" in problem.summary
    assert "aws:AdministratorAccess (roles.yaml:9)" in problem.summary


STOPPING = Guardrails(((GuardrailPolicy("SCP", "org/root.json", write(allow("*"), deny("iam:*"))),),))


def test_a_guardrail_of_the_file_satisfies_no_assertion_and_can_break_one() -> None:
    """A pull request brings both along: the grant, and the policy that is said to stop it."""
    for assertion, codes in ((NO_IAM, {"assertion-failed"}), (can("iam:GetRole"), {"assertion-failed"})):
        desired = make_desired([GRANTED], assertion)
        bound = replace(desired, state=replace(desired.state, guardrails=STOPPING))
        assert {one.code for one in check_files(bound, NAMES)} == codes
    assert check_files(make_desired([GRANTED], can("iam:GetRole")), NAMES) == []
