"""The same finding about many entities is one line; few are not touched, and JSON keeps each."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.address import Address
from reconciler.model.entity import User
from reconciler.model.problem import Level, Place, Problem
from reconciler.plan.digest.detail import Detail
from reconciler.plan.digest.gathered_findings import gather_findings
from reconciler.plan.saved.saved_plan import read_saved_plan, to_saved_section
from reconciler.plan.saved.shown_plan import restore_plan
from reconciler.render.plan_json import plan_to_dict
from tests.unit.render.plans import MINE, plan

USERS = [User(f"user-{index:03}", tags=MINE) for index in range(300)]
PLAN = plan([], list(USERS))


def make_finding(index: int, code: str = "user-without-mfa-device", level: Level = Level.WARNING) -> Problem:
    address = Address("user", f"user-{index:03}")
    return Problem(level, code, f"{address} is short of something.", hint="Mend it.", address=address)


def with_findings(*findings: Problem) -> list[Problem]:
    return gather_findings(replace(PLAN, findings=findings), Detail.AUTO)


def test_users_without_a_device_are_one_line_with_the_command_that_lists_them() -> None:
    (made,) = with_findings(*map(make_finding, range(42)))
    assert made.summary == "42 of 300 users have no MFA device: user-000, user-001, user-002 …."
    assert made.hint == "`reconcile mfa status` lists them."
    assert len(made.addresses) == 42


def test_another_finding_shows_its_first_and_counts_the_rest() -> None:
    (made,) = with_findings(*(make_finding(index, "access-key-old") for index in range(5)))
    assert made.summary == "user/user-000 is short of something."
    assert made.hint.startswith("Mend it. And 4 more of this kind (access-key-old): user/user-001, ")


def test_three_findings_are_three_lines() -> None:
    assert with_findings(*map(make_finding, range(3))) == list(map(make_finding, range(3)))


def test_errors_keep_a_line_each_and_come_last() -> None:
    errors = [make_finding(index, "lockout", Level.ERROR) for index in range(9)]
    assert with_findings(*errors, *map(make_finding, range(4)))[1:] == errors


def test_full_and_json_keep_every_finding() -> None:
    made = replace(PLAN, findings=tuple(map(make_finding, range(42))))
    assert len(gather_findings(made, Detail.FULL)) == len(plan_to_dict(made)["findings"]) == 42


def test_an_assertion_that_fails_in_many_ways_is_one_finding_and_others_stay_apart() -> None:
    def fail_assertion(index: int, line: int) -> Problem:
        flag = "--allow-assertion no-iam"
        return replace(
            make_finding(index, "assertion-failed", Level.ERROR), place=Place("roles.yaml", line, 5), flag=flag
        )

    many, few = [fail_assertion(index, 7) for index in range(40)], [fail_assertion(index, 8) for index in range(3)]
    first, *others = with_findings(*many, *few)
    assert first.summary == many[0].summary
    assert "The same assertion has 39 more findings, for 39 users (user-001, user-002, user-003 …)" in first.hint
    assert (first.flag, len(first.addresses)) == ("--allow-assertion no-iam", 40)
    assert others == few


def test_slips_of_a_file_are_one_finding_that_names_the_files() -> None:
    slips = [
        Problem(
            Level.WARNING, "unknown-action", f"Action {line} is unknown.", "", "", Place(f"{line % 3}.json", line, 1)
        )
        for line in range(1, 2001)
    ]
    (made,) = with_findings(*slips)
    assert made.summary == "Action 1 is unknown."
    assert made.hint == "And 1,999 more of this kind (unknown-action) in 2.json, 0.json and 1.json; --full lists them."


def test_what_depends_is_told_for_each_assertion_and_counted_if_they_are_many() -> None:
    def leave_undecided(line: int) -> Problem:
        return Problem(Level.WARNING, "assertion-depends", f"Assertion {line}.", "", "", Place("a.yaml", line, 1))

    few, many = [leave_undecided(line) for line in range(20)], [leave_undecided(line) for line in range(1000)]
    assert with_findings(*few) == few
    assert len(with_findings(*many)) == 1


def test_a_saved_plan_counts_as_the_plan_did() -> None:
    made = replace(PLAN, findings=tuple(map(make_finding, range(42))))
    document = {**plan_to_dict(made), "saved": to_saved_section(made)}
    shown = restore_plan(document, read_saved_plan(document))
    assert gather_findings(shown, Detail.AUTO) == gather_findings(made, Detail.AUTO)
