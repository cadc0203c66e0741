"""JSON names single pairs up to a number, then groups; a saved plan reads either back as it was."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.plan import AccessDelta
from reconciler.model.role_access import AccessGroup, AccessTerms, gather_groups
from reconciler.plan.saved.access_section import read_access
from reconciler.plan.saved.strict_json import MalformedPlan
from reconciler.render.access_json import MAX_PAIRS, access_to_dict

MFA = AccessTerms(True, ("aws:sourceip",), frozenset(["IpAddress aws:sourceip 10.0.0.0/8"]))


def delta(users: int, roles: int) -> AccessDelta:
    principals, targets = (
        [f"{kind}/n{index:05}" for index in range(n)] for kind, n in (("user", users), ("role", roles))
    )
    group = AccessGroup(tuple(principals), tuple(targets), MFA)
    changed = AccessGroup(("user/x",), ("role/y",), MFA, AccessTerms())
    return AccessDelta((group,), (AccessGroup(("user/x",), ("role/z",)),), (changed,))


@pytest.mark.parametrize(("users", "gathered"), [(10, False), (99, False), (100, True), (5_000, True)])
def test_past_ten_thousand_pairs_groups_say_what_the_pairs_would(users: int, gathered: bool) -> None:
    made = access_to_dict(delta(users, 100), widens=True)
    assert made["pairs_gathered"] is gathered
    assert len(made["gained"]) == (0 if gathered else users * 100)
    assert bool(made["groups"]) is gathered
    assert MAX_PAIRS == 10_000


def test_a_group_has_principals_roles_and_terms() -> None:
    gained, lost, changed = access_to_dict(delta(200, 100), widens=True)["groups"]
    assert (len(gained["principals"]), len(gained["roles"])) == (200, 100)
    assert (gained["change"], gained["mfa"], gained["conditions"]) == ("gained", True, ["aws:sourceip"])
    assert lost == {"change": "lost", "principals": ["user/x"], "roles": ["role/z"], "mfa": False}
    assert changed["before"] == {"mfa": False}


@pytest.mark.parametrize("users", [1, 10, 200])
def test_a_saved_plan_reads_it_back_as_it_was(users: int) -> None:
    made = delta(users, 100)
    read = read_access({"access": access_to_dict(made, widens=True)})
    assert read == AccessDelta(*map(gather_groups, (made.gained_groups, made.lost_groups, made.changed_groups)))


def spoil(**values: Any) -> dict[str, Any]:
    document = access_to_dict(delta(200, 100), widens=True)
    document["groups"][0].update(values)
    return {"access": document}


@pytest.mark.parametrize(
    "values", [{"change": "kept"}, {"change": "changed"}, {"mfa": 1}, {"principals": "user/a"}, {"extra": 1}]
)
def test_a_spoiled_group_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(MalformedPlan):
        read_access(spoil(**values))
