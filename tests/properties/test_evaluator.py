"""Promises of the evaluator: a Deny never grants, knowledge never contradicts, spelling never matters."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from reconciler.access import (
    Context,
    Decision,
    PolicySource,
    Principal,
    Target,
    Verdict,
    can_assume,
    evaluate,
    group_equivalent_pairs,
)
from reconciler.policy.canonical import canonical
from tests.support.draws import sampled_from
from tests.support.examples import examples

A, B = "111122223333", "444455556666"
USER, ROLE = f"arn:aws:iam::{A}:user/alice", f"arn:aws:iam::{A}:role/app"
CALLER = f"arn:aws:iam::{A}:role/caller"
Raw = dict[str, Any]

KEYS: dict[str, list[str]] = {
    "aws:MultiFactorAuthPresent": ["true", "false"],
    "sts:ExternalId": ["a", "b*", "${aws:PrincipalTag/team}"],
    "aws:PrincipalTag/team": ["a", "b"],
}
OPERATORS = [
    "StringEquals",
    "StringNotLike",
    "BoolIfExists",
    "Null",
    "ForAllValues:StringLike",
    "ForAnyValue:StringNotEquals",
]


value_lists = {key: st.lists(st.sampled_from(values), max_size=2, unique=True) for key, values in KEYS.items()}


@st.composite
def conditions(draw: st.DrawFn) -> Raw:
    key = draw(sampled_from(sorted(KEYS)))
    values = draw(value_lists[key])
    operator = draw(sampled_from(OPERATORS))
    return {operator: {key: values}} if draw(sampled_from([False, True])) else {}


some_conditions, numbers_of_rules = conditions(), st.integers(1, 3)


@st.composite
def statements(draw: st.DrawFn) -> Raw:
    action = draw(sampled_from(["sts:AssumeRole", "sts:*", "*", "iam:*"]))
    resource = draw(sampled_from(["*", ROLE, "arn:aws:iam::*:role/${aws:PrincipalTag/team}", f"{ROLE}?"]))
    return {
        "Effect": draw(sampled_from(["Allow", "Allow", "Deny"])),
        draw(sampled_from(["Action", "Action", "NotAction"])): [action],
        draw(sampled_from(["Resource", "Resource", "NotResource"])): [resource],
        "Condition": draw(some_conditions),
    }


@st.composite
def trusts(draw: st.DrawFn) -> list[Raw]:
    names = [USER, CALLER, A, B, "*", f"arn:aws:sts::{A}:assumed-role/caller/s"]
    return [
        {
            "Effect": draw(sampled_from(["Allow", "Allow", "Deny"])),
            draw(sampled_from(["Principal"] * 4 + ["NotPrincipal"])): {"AWS": [draw(sampled_from(names))]},
            "Action": "sts:AssumeRole",
            "Condition": draw(some_conditions),
        }
        for _ in range(draw(numbers_of_rules))
    ]


def source(label: str, listed: list[Raw]) -> PolicySource:
    return PolicySource(label, canonical({"Version": "2012-10-17", "Statement": listed}))


UNSEEN = PolicySource("unseen", None)
statement_lists = st.lists(statements(), min_size=0, max_size=3)


@st.composite
def callers(draw: st.DrawFn) -> Principal:
    policies = (source("own", draw(statement_lists)), *draw(sampled_from([(), (UNSEEN,)])))
    boundary = draw(st.sampled_from([None, source("boundary", draw(statement_lists))]))
    arn, kind = draw(sampled_from([(USER, "user"), (CALLER, "role"), (f"arn:aws:iam::{B}:user/eve", "user")]))
    return Principal(arn, kind, arn.split(":")[4], policies, boundary)


def contexts() -> st.SearchStrategy[dict[str, str | None]]:
    return st.fixed_dictionaries({}, optional={key: st.sampled_from([None, "a", "b", "true", "false"]) for key in KEYS})


def context(values: dict[str, str | None]) -> Context:
    known = {key: value for key, value in values.items() if value is not None}
    return Context.of(known, absent=[key for key, value in values.items() if value is None])


def verdicts(caller: Principal, trust: list[Raw], values: dict[str, str | None]) -> tuple[Verdict, Verdict]:
    target = Target(ROLE, canonical({"Version": "2012-10-17", "Statement": trust}))
    known = context(values)
    return evaluate(caller, "sts:AssumeRole", ROLE, known), can_assume(caller, target, known)


@examples(300)
@given(callers(), trusts(), contexts())
def test_an_unconditional_deny_denies(caller: Principal, trust: list[Raw], values: dict[str, str | None]) -> None:
    deny = source("deny", [{"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": ROLE}])
    denied = Principal(caller.arn, caller.kind, caller.account, (*caller.policies, deny), caller.boundary)
    assert all(found.decision is Decision.DENY for found in verdicts(denied, trust, values))


@examples(300)
@given(callers(), trusts(), statements(), contexts())
def test_another_deny_never_gives(
    caller: Principal, trust: list[Raw], statement: Raw, values: dict[str, str | None]
) -> None:
    more = source("deny", [{**statement, "Effect": "Deny"}])
    narrower = Principal(caller.arn, caller.kind, caller.account, (*caller.policies, more), caller.boundary)
    order = [Decision.DENY, Decision.DEPENDS, Decision.ALLOW]
    for before, after in zip(verdicts(caller, trust, values), verdicts(narrower, trust, values), strict=True):
        assert order.index(after.decision) <= order.index(before.decision)


@examples(400)
@given(callers(), trusts(), contexts(), contexts())
def test_more_knowledge_never_contradicts(
    caller: Principal, trust: list[Raw], values: dict[str, str | None], more: dict[str, str | None]
) -> None:
    for before, after in zip(verdicts(caller, trust, values), verdicts(caller, trust, {**more, **values}), strict=True):
        if before.decision is not Decision.DEPENDS:
            assert after.decision is before.decision
        else:
            assert before.keys


@examples(200)
@given(callers(), trusts(), contexts(), st.randoms())
def test_spelling_and_order_never_matter(
    caller: Principal, trust: list[Raw], values: dict[str, str | None], random: Any
) -> None:
    rewritten = [
        {
            key: value[0]
            if isinstance(value, list) and len(value) == 1
            else value.upper()
            if key == "Action"
            else value
            for key, value in random.sample(list(statement.items()), len(statement))
        }
        for statement in random.sample(trust, len(trust))
    ]
    assert verdicts(caller, trust, values) == verdicts(caller, rewritten, values)


@examples(300)
@given(st.lists(callers(), min_size=1, max_size=4), trusts(), contexts())
def test_the_matrix_is_the_sum_of_its_pairs(
    listed: list[Principal], trust: list[Raw], values: dict[str, str | None]
) -> None:
    target = Target(ROLE, canonical({"Version": "2012-10-17", "Statement": trust}))
    known = context(values)
    asked = [(id(item), can_assume(item, target, known)) for item in listed]
    found = [
        (id(principal), can_assume(one.principals[0], one.roles[0], known))
        for one in group_equivalent_pairs(listed, [target])
        for principal in one.principals
    ]
    expected = {key: (item.decision, item.keys) for key, item in asked if not item.denied}
    assert len(found) == len(dict(found))
    assert {key: (item.decision, item.keys) for key, item in found if not item.denied} == expected
