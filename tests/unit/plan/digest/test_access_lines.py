"""Access is told once for all who gain the same, and of a long list the gravest lines are kept."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.model.address import Address
from reconciler.model.plan import AccessDelta, PrincipalPower
from reconciler.model.risk import Risk, RiskCode, RiskReason
from reconciler.model.role_access import AccessGroup, AccessTerms
from reconciler.plan.digest.access_lines import list_access_lines
from reconciler.plan.digest.detail import Detail
from reconciler.plan.digest.tones import Tone
from tests.unit.render.plans import plan

EMPTY = plan([], [])
MFA = AccessTerms(mfa=True)


def people(number: int) -> tuple[str, ...]:
    return tuple(f"user/u{index:04}" for index in range(number))


def roles(number: int) -> tuple[str, ...]:
    return tuple(f"role/app-{index:02}" for index in range(number))


def test_principals_that_gain_the_same_roles_are_one_line_with_counts_and_examples() -> None:
    made = replace(EMPTY, access=AccessDelta(gained_groups=(AccessGroup(people(812), roles(14), MFA),)))
    (line,) = list_access_lines(made, Detail.AUTO).roles
    assert line.text == ("812 users (u0000, u0001, u0002 …) may assume 14 roles (app-00, app-01, app-02 …), with MFA")
    assert (line.sign, line.tone) == ("+", Tone.WIDENS)


def test_a_single_pair_is_named_in_full() -> None:
    made = replace(EMPTY, access=AccessDelta(lost_groups=(AccessGroup(("user/a",), ("role/b",)),)))
    (line,) = list_access_lines(made, Detail.AUTO).roles
    assert (line.text, line.tone) == ("user/a may no longer assume role/b", Tone.SAFE)


def test_stricter_terms_are_safe_and_looser_ones_widen() -> None:
    group = AccessGroup(("user/a",), ("role/b",), MFA, AccessTerms())
    loosened = replace(group, terms=AccessTerms(), before=MFA)
    made = replace(EMPTY, access=AccessDelta(changed_groups=(group, loosened)))
    lines = list_access_lines(made, Detail.AUTO).roles
    assert [line.tone for line in lines] == [Tone.SAFE, Tone.WIDENS]
    assert lines[0].text == "user/a may assume role/b now, with MFA (before: without condition)"


AGE = "NumericLessThan aws:multifactorauthage 3600"
OFFICE, HOME = "IpAddress aws:sourceip 192.0.2.0/24", "IpAddress aws:sourceip 198.51.100.0/24"
END = "unless DateGreaterThan aws:currenttime 2030-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        ([OFFICE, AGE], [OFFICE], "no longer only if NumericLessThan aws:MultiFactorAuthAge 3600 (1h)"),
        ([OFFICE], [OFFICE, AGE], "now only if NumericLessThan aws:MultiFactorAuthAge 3600 (1h)"),
        ([OFFICE, HOME], [OFFICE], "no longer if IpAddress aws:SourceIp 198.51.100.0/24"),
        ([OFFICE], [OFFICE, HOME], "now also if IpAddress aws:SourceIp 198.51.100.0/24"),
        (
            [OFFICE],
            [HOME],
            "now if IpAddress aws:SourceIp 198.51.100.0/24 (before: if IpAddress aws:SourceIp 192.0.2.0/24)",
        ),
        ([END], [], "now also if DateGreaterThan aws:CurrentTime 2030-01-01T00:00:00Z"),
        ([], [END], "no longer if DateGreaterThan aws:CurrentTime 2030-01-01T00:00:00Z"),
    ],
    ids=["gone", "new", "an alternative gone", "a new alternative", "another value", "a Deny gone", "a new Deny"],
)
def test_conditions_of_an_access_change_in_the_words_of_permissions(
    before: list[str], after: list[str], text: str
) -> None:
    terms = [AccessTerms(terms=frozenset(one)) for one in (after, before)]
    made = replace(EMPTY, access=AccessDelta(changed_groups=(AccessGroup(("user/a",), ("role/b",), *terms),)))
    (line,) = list_access_lines(made, Detail.AUTO).roles
    assert line.text == f"user/a may assume role/b: {text}"


def test_looser_terms_on_a_role_with_a_high_risk_are_dangerous() -> None:
    """MFA comes off a trust: the role, its risk and the line about it have one colour."""
    stricter = AccessGroup(("user/a",), ("role/b",), MFA, AccessTerms())
    loosened = replace(stricter, terms=AccessTerms(), before=MFA)
    reason = RiskReason(RiskCode.TRUST_CONDITION_REMOVED, Address("role", "b"), "role/b no longer demands MFA")
    access = AccessDelta(changed_groups=(loosened, stricter, replace(loosened, roles=("role/c",))))
    made = replace(EMPTY, access=access, risk=Risk((reason,)))
    lines = list_access_lines(made, Detail.AUTO).roles
    assert [line.tone for line in lines] == [Tone.DANGER, Tone.SAFE, Tone.WIDENS]


def test_of_many_lines_the_gravest_are_kept_and_the_rest_counted() -> None:
    lost = tuple(AccessGroup((f"user/u{index}",), (f"role/r{index}",)) for index in range(40))
    powers = (PrincipalPower("user/z", "* on *", "administrator"),)
    made = replace(EMPTY, access=AccessDelta(lost_groups=lost, powers_gained=powers))
    shown = list_access_lines(made, Detail.AUTO)
    assert shown.roles[-1].text == "user/z gains administrator power: * on *"
    assert (len(shown.roles), shown.roles_left_out) == (20, 21)
    assert list_access_lines(made, Detail.FULL).roles_left_out == 0
