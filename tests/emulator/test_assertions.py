"""Assertions on a live account: a plan that breaks one is shown, saved, refused, and allowed for once."""

from __future__ import annotations

import json

import pytest

from reconciler.plan.saved.fingerprint import compute_digest
from tests.support.account import Account
from tests.support.plans import codes_of, findings_of

FILE = """\
version: 1
owner: platform
users:
  alice: {policies: [POLICY]}
  admin: {policies: ["aws:AdministratorAccess"]}
settings: {prune: owned}
assert:
  - {name: no-iam, who: "user/*", cannot: "iam:*", except: [user/admin]}
"""
HARMLESS, BROKEN = FILE.replace("[POLICY]", "[]"), FILE.replace("POLICY", '"aws:IAMFullAccess"')
FLAG = ("--allow-assertion", "no-iam")


@pytest.fixture
def ready(account: Account) -> Account:
    account.write(HARMLESS)
    account.apply()
    return account


def test_a_plan_that_breaks_an_assertion_is_refused_and_allowed_for_once(ready: Account) -> None:
    ready.write(BROKEN)
    assert ready.run_cli("plan", "roles.yaml").code == 3
    refused = ready.run_cli("apply", "roles.yaml", "--yes")
    assert refused.code == 1
    assert "allow it with --allow-assertion no-iam." in refused.err + refused.out
    assert ready.iam.list_attached_user_policies(UserName="alice")["AttachedPolicies"] == []
    assert ready.run_cli("apply", "roles.yaml", "--yes", *FLAG).code == 0
    broken = ready.run_cli("plan", "roles.yaml", "--format", "json")
    assert broken.code == 3
    (finding,) = findings_of(broken.json)
    assert (finding["code"], finding["address"], finding["line"]) == ("assertion-failed", "user/alice", 8)
    assert "It was broken before this plan, too." in finding["message"]


def test_a_saved_plan_checks_its_assertions_again(ready: Account) -> None:
    ready.write(BROKEN)
    assert ready.run_cli("plan", "roles.yaml", "--out", "plan.json").code == 3
    assert ready.run_cli("show", "plan.json").code == 3
    assert ready.run_cli("apply", "plan.json").code == 1
    assert ready.run_cli("apply", "plan.json", *FLAG).code == 0


def test_who_breaks_an_assertion_since_a_plan_was_saved_is_found_by_the_apply(ready: Account) -> None:
    ready.write(HARMLESS.replace("admin: {", "admin: {tags: {a: b}, "))
    assert ready.run_cli("plan", "roles.yaml", "--out", "plan.json").code == 0
    ready.iam.create_user(UserName="by-hand")
    statement = {"Effect": "Allow", "Action": "iam:CreateUser", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    ready.iam.put_user_policy(UserName="by-hand", PolicyName="own", PolicyDocument=document)
    refused = ready.run_cli("apply", "plan.json")
    assert refused.code == 1
    assert "user/by-hand can iam:CreateUser on *" in refused.out
    assert ready.run_cli("apply", "plan.json", *FLAG).code == 0


def test_an_undo_keeps_the_assertions_of_its_apply(ready: Account) -> None:
    ready.write(BROKEN)
    assert ready.run_cli("apply", "roles.yaml", "--yes", "--journal", "one.jsonl", *FLAG).code == 0
    ready.write(HARMLESS)
    assert ready.run_cli("apply", "roles.yaml", "--yes", "--journal", "two.jsonl").code == 0
    back = ready.run_cli("undo", "two.jsonl", "--format", "json")
    assert (back.code, codes_of(back.json)) == (3, ["assertion-failed"])
    assert ready.run_cli("undo", "two.jsonl", *FLAG).code == 0
    assert ready.run_cli("undo", "one.jsonl").code == 0


def test_the_policies_of_aws_that_decide_are_read(ready: Account) -> None:
    ready.write(FILE.replace("POLICY", '"aws:AmazonSQSReadOnlyAccess"'))
    checked = ready.run_cli("validate", "roles.yaml", "--format", "json")
    assert [problem["code"] for problem in checked.json["problems"]] == ["assertion-depends"]
    ready.apply()
    planned = ready.run_cli("plan", "roles.yaml", "--format", "json")
    assert (planned.code, codes_of(planned.json, "warning")) == (0, [])


GUARDED = """\
version: 1
owner: platform
users:
  alice: {policies: ["aws:AmazonS3FullAccess"]}
guardrails: {scps: [[scp.json]]}
assert:
  - {name: reads, who: user/alice, can: "s3:GetObject", on: "arn:aws:s3:::data/*"}
"""
SCP = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}, '
    '{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}'
)


def strip_plan(account: Account, key: str, *, gloss_over: bool) -> None:
    """Remove a part of plan.json, and put its checksum right. gloss_over: also the findings, and call it safe."""
    path = account.folder / "plan.json"
    content = json.loads(path.read_text())
    del content["saved"][key]
    if gloss_over:
        content["saved"].pop("shown")
        content.update(findings=[], safe=True)
    content["integrity"] = compute_digest({key: value for key, value in content.items() if key != "integrity"})
    path.write_text(json.dumps(content))


@pytest.mark.parametrize("gloss_over", [False, True])
@pytest.mark.parametrize(("file", "key"), [(BROKEN, "assertions"), (GUARDED, "assertions"), (GUARDED, "guardrails")])
def test_a_plan_file_that_lost_its_assertions_or_guardrails_is_refused(
    ready: Account, file: str, key: str, *, gloss_over: bool
) -> None:
    """Without the files, only what contradicts itself is found out: SECURITY.md says what `--against` is for."""
    ready.write(SCP, "scp.json")
    ready.write(file)
    assert ready.run_cli("plan", "roles.yaml", "--out", "plan.json").code == 3
    strip_plan(ready, key, gloss_over=gloss_over)
    told = {"assertions": "assert: the plan and the files have", "guardrails": "guardrails: the plan was made with"}
    against = ready.run_cli("apply", "plan.json", "--against", "roles.yaml")
    assert (against.code, told[key] in against.err) == (1, True), against.err
    if not gloss_over:
        alone = ready.run_cli("apply", "plan.json")
        assert (alone.code, "nothing was written" in alone.err) == (1, True), alone.err
    assert ready.iam.list_attached_user_policies(UserName="alice")["AttachedPolicies"] == []
