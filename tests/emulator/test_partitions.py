"""An account of another partition: planned and applied with its own ARNs, and no others."""

from __future__ import annotations

import pytest

from tests.support.account import Account

TEXT = """\
version: 1
owner: platform
policies:
  p:
    document:
      Version: "2012-10-17"
      Statement: {Effect: Allow, Action: "s3:*", Resource: "arn:PARTITION:s3:::b"}
users: {ann: {policies: [p]}}
roles: {r: {trust: [{users: [ann]}, {accounts: ["210987654321"]}]}}
"""
REGIONS = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-eusc": "eusc-de-east-1", "aws-iso": "us-iso-east-1"}


@pytest.mark.parametrize("partition", REGIONS)
def test_a_plan_has_the_arns_of_the_accounts_partition_and_is_at_rest_once_applied(
    account: Account, partition: str
) -> None:
    region = {"AWS_REGION": REGIONS[partition], "AWS_DEFAULT_REGION": REGIONS[partition]}
    account.write(TEXT.replace("PARTITION", "{{ partition }}"))
    done = account.run_cli("apply", "roles.yaml", "--yes", **region)
    assert done.code == 0, done.out + done.err
    assert f"arn:{partition}:iam::210987654321:root may assume role/r" in done.out
    assert "No changes" in account.run_cli("plan", "roles.yaml", **region).out


@pytest.mark.parametrize(("written", "partition"), [("aws-cn", "aws"), ("aws", "aws-cn"), ("aws", "aws-eusc")])
@pytest.mark.parametrize("head", ["", 'account: "123456789012"\n'])
def test_an_arn_of_another_partition_is_refused_at_plan_and_nothing_is_written(
    account: Account, written: str, partition: str, head: str
) -> None:
    account.write(head + TEXT.replace("PARTITION", written))
    account.clear_calls()
    region = {"AWS_REGION": REGIONS[partition], "AWS_DEFAULT_REGION": REGIONS[partition]}
    done = account.run_cli("apply", "roles.yaml", "--yes", **region)
    assert done.code == 1 and f"is in the partition {written}, but the account is in {partition}" in done.err
    assert f"Write arn:{partition}:s3:::b" in done.err and "roles.yaml:" in done.err
    assert not [name for name in account.count_calls() if name.startswith(("Create", "Put", "Attach"))]
    assert account.run_cli("validate", "roles.yaml").code == 0


def test_a_saved_plan_and_its_undo_need_no_look_at_partitions(account: Account) -> None:
    account.write(TEXT.replace("PARTITION", "aws"))
    assert account.run_cli("plan", "roles.yaml", "--out", "plan.json").code == 0
    assert account.run_cli("apply", "plan.json", "--journal", "j.jsonl").code == 0
    assert account.run_cli("undo", "j.jsonl", "--out", "undo.json").code == 0
    undone = account.run_cli("apply", "undo.json", "--allow-deletes")
    assert undone.code == 0, undone.out + undone.err
