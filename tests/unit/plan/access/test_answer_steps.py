"""An evaluation step by step: each step says what the answer says, with the statements and their reasons."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.access_answers import AccessSide, AnswerSteps, EvaluationStep, Outcome, StepName
from reconciler.model.address import Address
from reconciler.model.entity import Entity, Policy, Role, User
from reconciler.plan.access.answer import answer_request, make_request_context
from reconciler.plan.access.answer_steps import explain_answer
from reconciler.plan.access.side_principals import principals_of_side
from tests.support.strategies import ACCOUNT, policy_arn
from tests.unit.plan.access.test_delta import DENY_ALL, MFA, OFFICE, ROOT, trust
from tests.unit.render.plans import allow, document, state

ALICE, APP = Address("user", "alice"), f"arn:aws:iam::{ACCOUNT}:role/app"
DATA = "arn:aws:s3:::data/key"
Keys = dict[str, tuple[str, ...]]


def alice(*statements: dict[str, Any], **more: Any) -> User:
    return User("alice", inline_policies={"own": document(*statements)} if statements else {}, **more)


def explain(entities: list[Entity], action: str, resource: str, keys: Keys | None = None) -> AnswerSteps:
    side = AccessSide("file", state(entities))
    principal = principals_of_side(side)[ALICE]
    answer = answer_request(side, principal, ALICE, action, resource, keys or {})
    return explain_answer(side, principal, ALICE, answer, make_request_context(keys or {}))


def step(steps: AnswerSteps, name: StepName) -> EvaluationStep:
    return next(one for one in steps.steps if one.name is name)


DENY = {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Sid": "No"}
LIMITED = alice(allow("s3:*"), permissions_boundary=policy_arn("limit"))
LIMIT = Policy("limit", document(allow("ec2:*")))
CASES: dict[str, tuple[list[Entity], str, str, dict[StepName, bool | None]]] = {
    "an Allow": ([alice(allow("s3:*"))], "s3:GetObject", DATA, {
        StepName.DENY: True, StepName.IDENTITY: True, StepName.BOUNDARY: True}),
    "a Deny": ([alice(allow("s3:*"), DENY)], "s3:GetObject", DATA, {
        StepName.DENY: False, StepName.IDENTITY: True, StepName.BOUNDARY: True}),
    "nothing": ([alice()], "s3:GetObject", DATA, {
        StepName.DENY: True, StepName.IDENTITY: False, StepName.BOUNDARY: True}),
    "a boundary": ([LIMITED, LIMIT], "s3:GetObject", DATA, {
        StepName.DENY: True, StepName.IDENTITY: True, StepName.BOUNDARY: False}),
    "a condition": ([alice({**allow("s3:*"), **OFFICE})], "s3:GetObject", DATA, {
        StepName.DENY: True, StepName.IDENTITY: None, StepName.BOUNDARY: True}),
    "a trust": ([alice(), Role("app", document(trust("user/alice")))], "sts:AssumeRole", APP, {
        StepName.DENY: True, StepName.IDENTITY: False, StepName.BOUNDARY: True, StepName.TRUST: True}),
    "a trust in another": ([alice(), Role("app", document(trust("user/bob")))], "sts:AssumeRole", APP, {
        StepName.DENY: True, StepName.IDENTITY: False, StepName.BOUNDARY: True, StepName.TRUST: False}),
    "a Deny of the trust": ([alice(), Role("app", document(trust("user/alice"), DENY_ALL))], "sts:AssumeRole", APP, {
        StepName.DENY: False, StepName.IDENTITY: False, StepName.BOUNDARY: True, StepName.TRUST: True}),
    "a trust with MFA": ([alice(), Role("app", document(trust("user/alice", **MFA)))], "sts:AssumeRole", APP, {
        StepName.DENY: True, StepName.IDENTITY: False, StepName.BOUNDARY: True, StepName.TRUST: None}),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_each_step_tells_whether_it_is_passed(name: str) -> None:
    entities, action, resource, passed = CASES[name]
    assert {one.name: one.passed for one in explain(entities, action, resource).steps} == passed


def test_a_statement_that_does_not_apply_says_why() -> None:
    other = {**allow("s3:GetObject"), "Resource": "arn:aws:s3:::logs/*", "Sid": "Other"}
    office = {**allow("s3:Get*"), **OFFICE, "Sid": "Office"}
    held = alice(other, office, allow("s3:GetObjectAcl"), allow("s3:G*", Sid="Yes"))
    keys = {"aws:SourceIp": ("198.51.100.7",)}
    told = step(explain([held], "s3:GetObject", DATA, keys), StepName.IDENTITY)
    assert [(one.statement.sid, one.applies, one.reasons) for one in told.statements] == [
        ("Yes", True, ()),
        ("Office", False, ("IpAddress aws:SourceIp 203.0.113.0/24 is not met",)),
        ("Other", False, ("it covers other resources",)),
    ]


def test_a_policy_of_unknown_content_may_apply() -> None:
    held = alice(policies=frozenset(["arn:aws:iam::aws:policy/job-function/Billing"]))
    told = step(explain([held], "s3:GetObject", DATA), StepName.IDENTITY)
    assert [(one.statement.policy, one.applies, one.reasons) for one in told.statements] == [
        ("aws:job-function/Billing", None, ("its content is not known",))
    ]


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ("user/alice", "it lets the principal in (itself); its own policies need not allow it"),
        (ROOT, "it lets the principal in (by its account)"),
        ("user/bob", "it does not let the principal in"),
    ],
)
def test_the_way_in_which_the_trust_names_the_principal_is_told(named: str, words: str) -> None:
    steps = explain([alice(), Role("app", document(trust(named)))], "sts:AssumeRole", APP)
    assert step(steps, StepName.TRUST).summary == words


def test_the_answer_is_that_of_the_single_question() -> None:
    assert explain([LIMITED, LIMIT], "s3:GetObject", DATA).answer.outcome is Outcome.DENIED
