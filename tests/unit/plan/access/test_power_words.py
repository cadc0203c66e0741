"""Powers in lines of text: short for many ways, and for many principals with the same ones."""

from __future__ import annotations

from reconciler.model.plan import PrincipalPower
from reconciler.plan.access.power_words import describe_powers


def way(principal: str, power: str = "iam:CreateAccessKey", **more: object) -> PrincipalPower:
    return PrincipalPower(principal, power, "escalation", **{"path": "iam-002", **more})  # type: ignore[arg-type]


def chain(principal: str, *targets: str) -> PrincipalPower:
    reason = " → ".join([principal, *targets])
    return way(principal, f"sts:AssumeRole on {targets[0]}", path="sts-001", targets=targets, reason=reason)


def lines(*powers: PrincipalPower) -> list[str]:
    return [text for _, text in describe_powers(powers, "gain")]


def test_a_way_on_everything_is_its_actions_and_its_id() -> None:
    assert lines(way("user/a")) == ["user/a gains ways to administrator power: iam:CreateAccessKey (iam-002)"]


def test_a_way_over_somebody_is_told_in_words() -> None:
    keys = way("user/a", targets=("user/b",), reason="can create access keys for user/b")
    assert lines(keys, chain("user/a", "role/ci", "role/admin")) == [
        "user/a gains ways to administrator power: can create access keys for user/b (iam-002); "
        "user/a → role/ci → role/admin (sts-001)"
    ]


def test_an_administrator_and_a_row_of_an_earlier_version_have_no_id() -> None:
    administrator = PrincipalPower("role/r", "iam:* on *", "administrator", "reconcile-admin-002", ("iam:*",))
    assert lines(administrator) == ["role/r gains administrator power: iam:* on *"]
    assert lines(PrincipalPower("user/a", "iam:PutUserPolicy", "escalation")) == [
        "user/a gains ways to administrator power: iam:PutUserPolicy"
    ]


def test_three_principals_have_a_line_each_and_four_share_one() -> None:
    rows = [chain(f"user/u{number}", "role/admin") for number in range(4)]
    assert lines(*rows[:3]) == [
        f"user/u{number} gains ways to administrator power: user/u{number} → role/admin (sts-001)"
        for number in range(3)
    ]
    assert lines(*rows) == [
        "4 principals (user/u0, user/u1, user/u2 …) gain ways to administrator power: → role/admin (sts-001)"
    ]


def test_principals_with_other_ways_share_no_line() -> None:
    rows = [chain(f"user/u{number}", f"role/r{number}") for number in range(5)]
    assert len(lines(*rows)) == 5


def test_more_than_ten_ways_are_counted() -> None:
    rows = [way("user/a", f"iam:Action{number:02}") for number in range(14)]
    (line,) = lines(*rows)
    assert line.endswith("iam:Action09 (iam-002); and 4 more")
    assert "iam:Action10" not in line


def test_a_way_over_somebody_comes_before_one_on_everything() -> None:
    (line,) = lines(way("user/a"), chain("user/a", "role/admin"))
    assert line.endswith("user/a → role/admin (sts-001); iam:CreateAccessKey (iam-002)")
