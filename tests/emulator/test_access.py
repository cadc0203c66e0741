"""`reconcile access` against an emulated account: the live one, and the two sides of a plan file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.sandbox.server import Sandbox
from tests.support.account import Account

FILE = """\
version: 1
owner: platform
users:
  alice: {}
  bob: {}
roles:
  reader: {trust: [{users: [alice]}]}
  guarded: {trust: [{users: [alice], mfa: required}]}
"""


@pytest.fixture
def account(sandbox: Sandbox, tmp_path: Path) -> Iterator[Account]:
    lent = Account(sandbox, tmp_path)
    lent.write(FILE)
    yield lent
    lent.reset()


def test_the_live_account_gives_the_same_list_as_its_file(account: Account) -> None:
    account.run_cli("apply", "roles.yaml", "--yes")
    live = account.run_cli("access", "--live")
    assert (live.code, live.out) == (0, account.run_cli("access", "roles.yaml").out)


def test_a_plan_file_is_asked_on_both_sides_without_credentials(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.run_cli("apply", "roles.yaml", "--yes")
    account.write(FILE.replace("guarded: {trust: [{users: [alice], mfa", "guarded: {trust: [{users: [alice, bob], mfa"))
    account.run_cli("plan", "roles.yaml", "--out", "plan.json")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    told = account.run_cli("access", "--plan", "plan.json")
    assert told.code == 0
    assert "The plan file has only what the plan changes (1)" in told.err
    document = json.loads(account.run_cli("access", "--plan", "plan.json", "--format", "json").out)
    assert document["source"] == "plan"
    before, after = (document[side]["access"] for side in ("before", "after"))
    assert [one["principals"] for one in before[0]["assumable_by"]] == [["user/alice"]]
    assert [one["principals"] for one in after[0]["assumable_by"]] == [["user/alice"], ["user/bob"]]


BOUND = """\
version: 1
owner: platform
policies:
  limit: {document: {Statement: [{Effect: Allow, Action: ["s3:*", "sqs:*"], Resource: "*"}]}}
  read: {document: {Statement: [{Effect: Allow, Action: "s3:Get*", Resource: "arn:aws:s3:::data/*"}]}}
groups:
  crew: {policies: [read]}
users:
  alice:
    groups: [crew]
    permissions_boundary: limit
    inline_policies:
      own:
        Statement:
          - {Effect: Allow, Action: ["ec2:*", "sqs:SendMessage"], Resource: "*"}
          - {Effect: Deny, Action: "s3:*", Resource: "arn:aws:s3:::data/payroll/*"}
          - Effect: Allow
            Action: sqs:DeleteQueue
            Resource: "*"
            Condition: {StringEquals: {"aws:RequestedRegion": eu-west-1}}
"""
QUESTIONS = [
    ("s3:GetObject", "arn:aws:s3:::data/key", {}, "allowed"),
    ("s3:GetObject", "arn:aws:s3:::data/payroll/key", {}, "explicitDeny"),
    ("s3:PutObject", "arn:aws:s3:::data/key", {}, "implicitDeny"),
    ("ec2:RunInstances", "*", {}, "implicitDeny"),
    ("sqs:SendMessage", "arn:aws:sqs:eu-west-1:123456789012:q", {}, "allowed"),
    ("sqs:DeleteQueue", "arn:aws:sqs:eu-west-1:123456789012:q", {"aws:RequestedRegion": "eu-west-1"}, "allowed"),
    ("sqs:DeleteQueue", "arn:aws:sqs:us-east-1:123456789012:q", {"aws:RequestedRegion": "us-east-1"}, "implicitDeny"),
]


def test_the_simulator_of_the_sandbox_answers_as_access_can_does(account: Account) -> None:
    account.write(BOUND)
    account.run_cli("apply", "roles.yaml", "--yes")
    source = f"arn:aws:iam::{account.sandbox.account}:user/alice"
    for action, resource, keys, decision in QUESTIONS:
        entries = [
            {"ContextKeyName": key, "ContextKeyType": "string", "ContextKeyValues": [value]}
            for key, value in keys.items()
        ]
        answer = account.iam.simulate_principal_policy(
            PolicySourceArn=source, ActionNames=[action], ResourceArns=[resource], ContextEntries=entries
        )
        assert answer["EvaluationResults"][0]["EvalDecision"] == decision, action
        context = [option for key, value in keys.items() for option in ("--context", f"{key}={value}")]
        told = account.run_cli("access", "can", "user/alice", action, resource, *context, "--live")
        assert told.code == (0 if decision == "allowed" else 2), told.out
