"""A file may have a thousand assertions about a thousand principals: what several of them need is computed once."""

from __future__ import annotations

from collections import Counter

import pytest

from reconciler.access import request_parts
from reconciler.plan.assertions import account
from reconciler.plan.assertions.role_requests import decide_entry
from tests.support.assertions import NAMES, allow, can, cannot, check, only_by, role, trust, user


def count_searches() -> int:
    return request_parts._search_resource_atoms.cache_info().misses


def test_what_lies_outside_an_assertion_divides_none_of_its_requests() -> None:
    """Each user has a bucket of its own besides the one that the assertion is about."""
    users = [
        user(f"u{number}", allow("s3:GetObject", [f"arn:aws:s3:::home-{number}/*", "arn:aws:s3:::team/*"]))
        for number in range(40)
    ]
    before = count_searches()
    problems = check(users, cannot("s3:GetObject", on="arn:aws:s3:::team/*"))
    assert len(problems) == 40
    assert count_searches() - before <= 2


def test_the_kinds_of_resources_of_an_action_are_searched_one_by_one_and_once() -> None:
    """Requests of ec2:RunInstances name resources of 18 kinds. Side by side, they divide each other without end."""
    searches = []
    for name in ("bob", "eve"):
        before = count_searches()
        problems = check([user(name, allow("ec2:RunInstances", "*"))], cannot("ec2:RunInstances"))
        assert [problem.code for problem in problems] == ["assertion-failed"]
        searches.append(count_searches() - before)
    assert searches[0] <= len(NAMES.resources_of("ec2", "runinstances"))
    assert searches[1] == 0


def test_patterns_that_divide_too_finely_are_searched_once() -> None:
    patterns = frozenset(f"arn:aws:s3:::\ue000{one}\ue000{other}\ue000" for one in "abcdef" for other in "ghijkl")
    before = count_searches()
    for _ in range(3):
        with pytest.raises(request_parts.TooManyAtomsError):
            request_parts.find_atoms_within(patterns)
    assert count_searches() - before == 1


def test_a_step_on_the_way_to_a_role_is_described_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two assertions follow the same ways of twenty users, by surely working ways and by others."""
    asked = Counter[str]()

    def count_entry(principal: object, *others: object) -> object:
        asked[principal.arn] += 1  # type: ignore[attr-defined]
        return decide_entry(principal, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(account, "decide_entry", count_entry)
    users = [user(f"u{number}") for number in range(20)]
    names = [f"user/{one.name}" for one in users]
    roles = [role("ci", [trust(*names)]), role("admin", [trust("role/ci")])]
    assertion = only_by("role/admin", "role/ci", through_roles=True)
    assert len(check([*users, *roles], assertion, assertion)) == 2
    assert len(asked) == 20
    assert set(asked.values()) == {1}


def test_no_action_names_too_many_kinds_of_resources_to_be_decided() -> None:
    """guardduty:TagResource names resources of 20 kinds."""
    actions = ["apigateway:GET", "connect:TagResource", "ec2:RunInstances", "guardduty:TagResource", "wafv2:*"]
    grant = user("bob", allow("*"))
    assert [problem.code for problem in check([grant], *map(cannot, actions))] == ["assertion-failed"] * len(actions)
    assert check([grant], *map(can, actions)) == []
