"""Policies of AWS that a principal gains or loses are read, and their content counts."""

from __future__ import annotations

from tests.support.account import Account

FILE = """\
version: 1
owner: me
roles:
  app:
    trust: [{{services: [ec2.amazonaws.com]}}]
    policies: [{policies}]
"""


def test_a_plan_tells_what_a_policy_of_aws_gives(account: Account) -> None:
    account.write(FILE.format(policies=""))
    account.apply()
    account.write(FILE.format(policies='"aws:AmazonS3ReadOnlyAccess"'))
    plan = account.plan()
    (row,) = [row for row in plan["permissions"]["gained"] if row["service"] == "s3"]
    assert (row["decided"], row["unread"], row["data"]) == (True, [], True)
    assert row["via"] == ["aws:AmazonS3ReadOnlyAccess"]
