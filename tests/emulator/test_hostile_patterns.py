"""Whoever may write one policy of the account cannot make everybody's plan hang."""

from __future__ import annotations

import json

import pytest

from tests.support.account import Account

HOSTILE = "*?" * 12 + "x"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [f"sts:{HOSTILE}", f"iam:{HOSTILE}"],
            "Resource": [f"arn:aws:iam::*:role/{HOSTILE}", f"arn:aws:sqs:{HOSTILE}:*:{HOSTILE}"],
            "Condition": {
                "StringLike": {"aws:username": HOSTILE},
                "ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::*:user/{HOSTILE}"},
            },
        },
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": f"arn:aws:iam::*:role/{HOSTILE}"},
        {"Effect": "Allow", "NotAction": f"iam:{HOSTILE}", "NotResource": f"arn:aws:iam::*:role/{HOSTILE}"},
    ],
}
FILE = f"""
version: 1
owner: platform
settings: {{ignore: ["role/{HOSTILE}"]}}
users: {{alice: }}
roles:
  {"a" * 60}: {{trust: [{{users: [alice]}}]}}
"""


@pytest.mark.parametrize("words", [["plan"], ["plan", "--unmanaged"], ["plan", "--target", f"role/{'a' * 60}"]])
def test_a_plan_ends_whatever_patterns_a_user_has(account: Account, words: list[str]) -> None:
    account.write(FILE)
    account.iam.create_user(UserName="m" * 64)
    account.iam.put_user_policy(UserName="m" * 64, PolicyName="p", PolicyDocument=json.dumps(POLICY))
    assert f"+ role/{'a' * 60}" in account.run_cli(words[0], "roles.yaml", *words[1:]).out


def test_an_export_ends_whatever_pattern_is_asked_for(account: Account) -> None:
    account.iam.create_user(UserName="m" * 64)
    account.iam.put_user_policy(UserName="m" * 64, PolicyName="p", PolicyDocument=json.dumps(POLICY))
    assert f"{'m' * 64}:" in account.run_cli("export", "--only", f"user/{'*?' * 12}m").out
    assert "matches nothing in the account" in account.run_cli("export", "--only", f"user/{HOSTILE}").err
