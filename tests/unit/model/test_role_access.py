"""Groups of access say what their pairs say, in fewer words, and never cost as much as the pairs."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.plan import AccessDelta
from reconciler.model.role_access import (
    AccessGroup,
    AccessTerms,
    RoleAccess,
    compare_groups,
    gather_by_principals,
    gather_groups,
    group_pairs,
    list_sorted_pairs,
)

MFA = AccessTerms(mfa=True)
TERMS = [AccessTerms(), MFA, AccessTerms(False, ("aws:sourceip",), frozenset(["IpAddress aws:sourceip 10.0.0.0/8"]))]


def pair(principal: str, role: str, terms: AccessTerms = TERMS[0]) -> RoleAccess:
    return RoleAccess(principal, role, terms.mfa, terms.conditions, terms.terms)


def test_principals_with_the_same_roles_on_the_same_terms_are_one_group() -> None:
    pairs = [pair(user, role, MFA) for user, role in product(["user/b", "user/a"], ["role/y", "role/x"])]
    assert group_pairs(pairs) == (AccessGroup(("user/a", "user/b"), ("role/x", "role/y"), MFA),)


def test_other_terms_are_another_group() -> None:
    assert len(group_pairs([pair("user/a", "role/x"), pair("user/b", "role/x", MFA)])) == 2


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ({("user/a", "role/x"), ("user/a", "role/y"), ("user/b", "role/x")}, 2),
        ({(f"user/{i}", "role/all") for i in range(9)} | {("user/1", "role/x"), ("user/2", "role/y")}, 3),
        ({("user/all", f"role/{i}") for i in range(9)} | {("user/x", "role/1"), ("user/y", "role/2")}, 3),
    ],
)
def test_the_way_with_fewer_groups_is_taken(pairs: set[tuple[str, str]], expected: int) -> None:
    assert len(group_pairs(pair(*one) for one in pairs)) == expected


NAMES = st.sampled_from(["user/a", "user/b", "user/c", "role/d", "service:x"])
ROLES = st.sampled_from(["role/x", "role/y", "role/z"])
ACCESS = st.dictionaries(st.tuples(NAMES, ROLES), st.sampled_from(TERMS))


@given(ACCESS, ACCESS)
def test_groups_say_exactly_what_the_pairs_say(
    before: dict[tuple[str, str], AccessTerms], after: dict[tuple[str, str], AccessTerms]
) -> None:
    was, now = ([pair(*names, terms) for names, terms in side.items()] for side in (before, after))
    delta = AccessDelta(*compare_groups(group_pairs(was), group_pairs(now)))
    gained, lost = after.keys() - before.keys(), before.keys() - after.keys()
    changed = {names for names in after.keys() & before.keys() if after[names] != before[names]}
    assert [(one.principal, one.role) for one in delta.gained] == sorted(gained)
    assert [(one.principal, one.role) for one in delta.lost] == sorted(lost)
    assert [(new.principal, new.role) for _, new in delta.changed] == sorted(changed)
    assert all(old == pair(old.principal, old.role, before[old.principal, old.role]) for old, _ in delta.changed)
    assert delta.pair_count == len(gained) + len(lost) + len(changed)


@given(ACCESS)
def test_the_same_pairs_give_the_same_groups_however_they_came(access: dict[tuple[str, str], AccessTerms]) -> None:
    groups = group_pairs(pair(*names, terms) for names, terms in access.items())
    assert group_pairs(list_sorted_pairs(groups)) == gather_groups(groups) == groups


def test_groups_of_a_large_account_do_not_grow_with_the_product() -> None:
    users = tuple(f"user/{number:05}" for number in range(5_000))
    roles = tuple(f"role/{number:05}" for number in range(10_000))
    delta = AccessDelta(*compare_groups([], [AccessGroup(users, roles, MFA)]))
    assert (len(delta.gained_groups), delta.pair_count) == (1, 50_000_000)


def test_roles_with_the_same_principals_are_told_together_whatever_the_terms() -> None:
    groups = [
        AccessGroup(("user/bob",), ("role/a", "role/b", "role/c")),
        AccessGroup(("user/alice",), ("role/a", "role/b"), MFA),
    ]
    assert list(gather_by_principals(groups)) == [
        (["user/alice", "user/bob"], ["role/a", "role/b"]),
        (["user/bob"], ["role/c"]),
    ]
