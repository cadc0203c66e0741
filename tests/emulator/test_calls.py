"""Calls that go over the wire: a plan only reads, an apply makes exactly the calls that its plan listed, and the number
of reads does not grow with users and roles."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.account import Account
from tests.support.plans import (
    assert_made_as_planned,
    calls_of,
    changes_of,
    is_read,
    list_writes,
    operations_of,
    read_log,
)

ACCOUNT = "123456789012"
HEAD = "version: 1\nowner: platform\n"
ALLOW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sns:Publish", "Resource": "*"}]}
AWS_POLICY = "arn:aws:iam::aws:policy/ReadOnlyAccess"

RICH = (
    HEAD
    + """\
policies:
  used: {tags: {team: a}, document: {Statement: [{Effect: Allow, Action: "sns:Publish", Resource: "*"}]}}
  fence: {document: {Statement: [{Effect: Allow, Action: "*", Resource: "*"}]}}
groups:
  people:
    path: /platform/
    policies: [used]
    inline_policies: {own: {Statement: [{Effect: Allow, Action: "sqs:*", Resource: "*"}]}}
users:
  alice: {path: /people/, groups: [people], policies: [used], permissions_boundary: fence, mfa: required, tags: {a: b}}
  bob: {inline_policies: {own: {Statement: [{Effect: Allow, Action: "sqs:*", Resource: "*"}]}}}
roles:
  app:
    description: The application
    max_session_duration: 2h
    trust: [{users: [alice], mfa: required}, {services: [ec2.amazonaws.com]}]
    policies: [used, "aws:ReadOnlyAccess"]
    permissions_boundary: fence
    instance_profile: true
  next: {trust: [{roles: [app, next]}]}
"""
)


def drift(iam: Any) -> None:
    """Something of every facet, changed by hand."""
    iam.create_policy_version(
        PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/used", PolicyDocument=json.dumps(ALLOW), SetAsDefault=True
    )
    iam.create_policy_version(
        PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/fence", PolicyDocument=json.dumps(ALLOW), SetAsDefault=True
    )
    iam.put_group_policy(GroupName="people", PolicyName="own", PolicyDocument=json.dumps(ALLOW))
    iam.remove_user_from_group(GroupName="people", UserName="alice")
    iam.update_user(UserName="alice", NewPath="/moved/")
    iam.tag_user(UserName="alice", Tags=[{"Key": "a", "Value": "c"}, {"Key": "stray", "Value": ""}])
    iam.delete_user_permissions_boundary(UserName="alice")
    iam.attach_user_policy(UserName="bob", PolicyArn=AWS_POLICY)
    iam.put_user_policy(UserName="bob", PolicyName="stray", PolicyDocument=json.dumps(ALLOW))
    iam.update_role(RoleName="app", Description="by hand", MaxSessionDuration=3600)
    iam.detach_role_policy(RoleName="app", PolicyArn=AWS_POLICY)
    iam.remove_role_from_instance_profile(InstanceProfileName="app", RoleName="app")
    iam.update_assume_role_policy(
        RoleName="next",
        PolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
                ],
            }
        ),
    )


def prepare_state(account: Account, state: str) -> None:
    """The account and the file in one of the states that a plan is made in."""
    account.write(RICH)
    if state != "creating":
        account.apply()
    if state == "updating":
        drift(account.iam)
    if state == "deleting":
        account.iam.create_access_key(UserName="bob")
        account.iam.create_login_profile(UserName="bob", Password="Pass-w0rd!")
        account.write(HEAD)


STATES = ("creating", "updating", "deleting", "unchanged")


@pytest.mark.parametrize("state", STATES)
def test_a_plan_makes_no_write_call(account: Account, state: str) -> None:
    prepare_state(account, state)
    for options in ([], ["--format", "json", "--target", "role/app"]):
        account.clear_calls()
        account.run_cli("plan", "roles.yaml", *options)
        called = read_log(account)
        assert called
        assert [line for line in called if not is_read(line)] == []
        assert not any(line.startswith("Generate") for line in called)


@pytest.mark.parametrize("state", STATES)
def test_an_apply_makes_exactly_the_calls_of_its_plan_in_that_order(account: Account, state: str) -> None:
    prepare_state(account, state)
    plan = account.plan()
    assert bool(changes_of(plan)) == (state != "unchanged")
    assert [call["seq"] for call in calls_of(plan)] == list(range(1, len(calls_of(plan)) + 1))
    account.clear_calls()
    account.apply("roles.yaml", "--allow-deletes")  # a password and a key go beside nine entities
    assert_made_as_planned(account, plan)


def test_the_same_account_and_file_give_the_same_plan(account: Account) -> None:
    prepare_state(account, "updating")
    assert account.plan() == account.plan()


def test_the_parameters_of_a_call_are_what_boto3_takes(account: Account) -> None:
    """Made by hand, the listed calls are an apply."""
    account.write(RICH)
    plan = account.plan()
    for call in calls_of(plan):
        account.iam._make_api_call(call["operation"], call["parameters"])
    assert changes_of(account.plan()) == {}


def test_an_edited_inline_policy_is_put_once_and_never_deleted_first(account: Account) -> None:
    account.write(RICH)
    account.apply()
    account.iam.put_group_policy(GroupName="people", PolicyName="own", PolicyDocument=json.dumps(ALLOW))
    assert operations_of(account.plan()) == ["PutGroupPolicy"]


def test_an_apply_that_changes_nothing_writes_nothing(account: Account) -> None:
    account.write(RICH)
    account.apply()
    account.clear_calls()
    account.apply()
    assert list_writes(account) == []


# The number of reads


def big(users: int, roles: int, policies: int, owner: str = "platform") -> str:
    """A file with so many of each, all tied together."""
    document = {"Statement": [{"Effect": "Allow", "Action": "sns:Publish", "Resource": "*"}]}
    return json.dumps(
        {
            "version": 1,
            "owner": owner,
            "groups": {"people": {}},
            "policies": {f"p{index}": {"document": document} for index in range(policies)},
            "users": {
                f"u{index}": {"groups": ["people"], "policies": [f"p{index % policies}"], "tags": {"n": str(index)}}
                for index in range(users)
            },
            "roles": {
                f"r{index}": {"trust": [{"users": [f"u{index % users}"]}], "policies": [f"p{index % policies}"]}
                for index in range(roles)
            },
        }
    )


def reads(account: Account) -> dict[str, int]:
    account.clear_calls()
    assert changes_of(account.plan()) == {}
    return account.count_calls()


def test_the_number_of_reads_does_not_grow_with_users_and_roles(account: Account) -> None:
    account.write(big(3, 4, 30))
    account.apply()
    few = reads(account)
    account.write(big(30, 40, 30))
    account.apply()
    many = reads(account)
    assert many == few
    assert "GetPolicy" not in many, "the tags of all policies come in one call"
    assert sum(many.values()) <= 10
    assert all(count == 1 for count in many.values())


def test_a_plan_of_one_change_reads_no_entity_by_itself(account: Account) -> None:
    account.write(big(6, 6, 2))
    account.apply()
    account.iam.tag_user(UserName="u0", Tags=[{"Key": "n", "Value": "x"}])
    account.clear_calls()
    account.plan()
    called = account.count_calls()
    assert "GetPolicy" not in called
    assert max(called.values()) == 1


def test_only_a_user_that_goes_is_asked_what_it_owns(account: Account) -> None:
    account.write(big(6, 1, 1))
    account.apply()
    account.write(big(5, 1, 1))
    account.clear_calls()
    account.plan()
    assert account.count_calls()["ListAccessKeys"] == 1
    assert [line for line in read_log(account) if line.startswith("ListAccessKeys")] == ["ListAccessKeys u5"]
