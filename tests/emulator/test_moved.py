"""`moved`, over real HTTP: users and groups keep what they have under a new name, roles and policies are replaced."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.account import Account
from tests.support.plans import calls_of, changes_of, codes_of, list_writes, operations_of

ACCOUNT = "123456789012"
HEAD = "version: 1\nowner: platform\n"

TEXT = """
policies:
  POLICY:
    document: {Statement: {Effect: Allow, Action: "s3:GetObject", Resource: "*"}}
groups:
  GROUP: {policies: [POLICY]}
users:
  USER: {groups: [GROUP], tags: {team: web}}
roles:
  ROLE:
    trust: [{services: [ec2.amazonaws.com]}]
    policies: [POLICY]
    instance_profile: machines
  other:
    trust: [{users: [USER]}, {roles: [ROLE]}]
    permissions_boundary: POLICY
"""
NAMES = ("USER", "GROUP", "ROLE", "POLICY")
MOVED = "moved:\n" + "".join(f"  {kind}/old-{kind}: {kind}/{kind}\n" for kind in map(str.lower, NAMES))


def text(prefix: str = "", *only: str) -> str:
    found = HEAD + TEXT
    for name in NAMES:
        found = found.replace(name, f"{prefix if name in only or not only else ''}{name.lower()}")
    return found


@pytest.fixture
def old(account: Account) -> Account:
    """An account with the old names; the file has the new ones."""
    account.write(text("old-"))
    account.apply()
    account.write(text() + MOVED)
    return account


def unique_ids(iam: Any) -> dict[str, str]:
    found = {f"user/{item['UserName']}": item["UserId"] for item in iam.list_users()["Users"]}
    return found | {f"group/{item['GroupName']}": item["GroupId"] for item in iam.list_groups()["Groups"]}


def test_one_apply_renames_and_replaces_and_is_then_at_rest(old: Account) -> None:
    before = unique_ids(old.iam)
    plan = old.plan()
    assert plan["safe"], plan["findings"]
    assert {address: action for address, (action, _) in changes_of(plan).items()} == {
        "policy/policy": "create",
        "policy/old-policy": "delete",
        "group/group": "update",
        "user/user": "update",
        "role/role": "create",
        "role/old-role": "delete",
        "role/other": "update",
        "instance-profile/machines": "update",
    }
    assert plan["summary"] == {"create": 2, "update": 4, "delete": 2, "adopt": 0}
    old.apply()
    again = old.plan()
    assert (again["changes"], codes_of(again, "info")) == ([], ["moved-already"] * 4)
    after = unique_ids(old.iam)
    assert after == {"user/user": before["user/old-user"], "group/group": before["group/old-group"]}
    assert (
        old.iam.get_instance_profile(InstanceProfileName="machines")["InstanceProfile"]["Roles"][0]["RoleName"]
        == "role"
    )
    old.write(text())
    assert old.plan()["changes"] == []


def test_a_rename_is_one_call_and_no_trust_is_written_for_it(account: Account) -> None:
    account.write(text("old-", "USER", "GROUP"))
    account.apply()
    account.write(text() + "moved: {user/old-user: user/user, group/old-group: group/group}\n")
    plan = account.apply_and_read_plan()
    assert changes_of(plan) == {"user/user": ("update", ["name"]), "group/group": ("update", ["name"])}
    fields = {change["address"]: change["fields"] for change in plan["changes"]}
    assert fields["user/user"] == [{"path": "name", "before": "old-user", "after": "user"}]
    assert [(call["operation"], call["parameters"]) for call in calls_of(plan)] == [
        ("UpdateGroup", {"GroupName": "old-group", "NewGroupName": "group"}),
        ("UpdateUser", {"UserName": "old-user", "NewUserName": "user"}),
    ]
    assert (plan["access"]["gained"], plan["access"]["lost"]) == ([], [])
    assert account.plan()["changes"] == []
    assert [group["GroupName"] for group in account.iam.list_groups_for_user(UserName="user")["Groups"]] == ["group"]


def test_the_old_role_and_policy_go_last_and_the_plan_says_what_replaces_them(old: Account) -> None:
    plan = old.plan()
    reasons = {change["address"]: change.get("reason") for change in plan["changes"]}
    assert reasons["role/role"] == "replaces role/old-role"
    assert reasons["policy/old-policy"] == "replaced by policy/policy"
    order = operations_of(plan)
    assert set(order[-2:]) == {"DeleteRole", "DeletePolicy"}
    assert order.index("UpdateAssumeRolePolicy") < order.index("DetachRolePolicy")
    assert "role/role  (replaces role/old-role)" in old.run_cli("plan", "roles.yaml").out


def test_a_saved_plan_renames_once_and_is_stale_after(old: Account) -> None:
    assert old.run_cli("plan", "roles.yaml", "--out", "plan.json").code == 0
    done = old.run_cli("apply", "plan.json")
    assert (done.code, "Live IAM matches the plan." in done.out) == (0, True), done.err
    old.clear_calls()
    again = old.run_cli("apply", "plan.json")
    assert (again.code, list_writes(old)) == (1, [])
    assert "user/old-user existed when the plan was made" in again.err


def test_a_name_taken_since_makes_a_saved_plan_stale(account: Account) -> None:
    account.write(HEAD + "users: {old: }\n")
    account.apply()
    account.write(HEAD + "users: {new: }\nmoved: {user/old: user/new}\n")
    assert account.run_cli("plan", "roles.yaml", "--out", "plan.json").code == 0
    account.iam.create_user(UserName="new")
    result = account.run_cli("apply", "plan.json")
    assert (result.code, "user/new did not exist" in result.err) == (1, True)


@pytest.mark.parametrize("target", ["user/user", "user/old-user"])
def test_a_target_is_renamed_by_either_name(old: Account, target: str) -> None:
    assert "name" in changes_of(old.plan("roles.yaml", "--target", target))["user/user"][1]


def test_a_replaced_target_takes_along_what_names_it_and_what_it_replaces(old: Account) -> None:
    plan = old.plan("roles.yaml", "--target", "role/role")
    assert {"role/role", "role/old-role", "role/other", "instance-profile/machines"} <= set(changes_of(plan))
    old.apply("roles.yaml", "--target", "role/role")
    assert old.plan()["safe"]


SITUATIONS = {
    "neither exists": ((), ["create"], []),
    "the new one exists": (("new",), [], []),
    "both exist": (("old", "new"), ["delete"], ["moved-both"]),
}


@pytest.mark.parametrize(("live", "actions", "refused"), SITUATIONS.values(), ids=SITUATIONS.keys())
@pytest.mark.parametrize("kind", ["user", "role"])
def test_what_exists_decides_what_a_line_means(
    account: Account, kind: str, live: tuple[str, ...], actions: list[str], refused: list[str]
) -> None:
    body = "{trust: [{services: [a.amazonaws.com]}]}" if kind == "role" else "{}"
    account.write(HEAD + f"{kind}s: {{{', '.join(f'{name}: {body}' for name in live)}}}\n")
    account.apply()
    account.write(HEAD + f"{kind}s: {{new: {body}}}\nmoved: {{{kind}/old: {kind}/new}}\n")
    plan = account.plan()
    assert [change["action"] for change in plan["changes"]] == actions
    assert codes_of(plan) == (refused if kind == "user" else [])  # a role of ours whose replacement is there goes


TRUST = json.dumps(
    {"Statement": [{"Effect": "Allow", "Principal": {"Service": "a.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
)
NEW_ROLE = HEAD + "roles: {new: {trust: [{services: [a.amazonaws.com]}]}}\nmoved: {role/old: role/new}\n"


@pytest.mark.parametrize(
    ("tags", "code", "said"),
    [
        ({}, "moved-not-owned", "First declare role/old and apply that, then move it."),
        ({"reconcile:owner": "web"}, "moved-not-owned", "--take-over"),
        ({"reconcile:owner": "platform", "reconcile:protect": "true"}, "protected", "protect: false"),
    ],
)
def test_a_role_that_may_not_be_deleted_is_not_replaced(
    account: Account, tags: dict[str, str], code: str, said: str
) -> None:
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    account.iam.create_role(RoleName="old", AssumeRolePolicyDocument=TRUST, Tags=listed)
    account.write(NEW_ROLE)
    plan = account.plan()
    assert codes_of(plan) == [code]
    assert said in next(item["message"] for item in plan["findings"] if item["level"] == "error")


def test_what_others_hold_is_not_taken_from_them(account: Account) -> None:
    body = '{document: {Statement: {Effect: Allow, Action: "s3:GetObject", Resource: "*"}}}'
    account.write(HEAD + f"policies: {{old: {body}}}\n")
    account.apply()
    account.iam.create_user(UserName="outside")
    account.iam.attach_user_policy(UserName="outside", PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/old")
    account.write(HEAD + f"policies: {{new: {body}}}\nmoved: {{policy/old: policy/new}}\n")
    plan = account.plan()
    assert codes_of(plan) == ["foreign-use"]
    account.clear_calls()
    assert account.run_cli("apply", "roles.yaml", "--yes").code == 1
    assert list_writes(account) == []


def test_an_untagged_user_is_renamed_and_adopted_and_another_owners_is_not(account: Account) -> None:
    account.iam.create_user(UserName="old")
    account.write(HEAD + "users: {new: }\nmoved: {user/old: user/new}\n")
    assert changes_of(account.plan())["user/new"] == ("adopt", ["name"])
    account.iam.tag_user(UserName="old", Tags=[{"Key": "reconcile:owner", "Value": "web"}])
    assert codes_of(account.plan()) == ["other-owner"]
    account.apply("roles.yaml", "--take-over")
    assert account.plan()["changes"] == []


def test_ignored_names_do_not_move(account: Account) -> None:
    account.iam.create_user(UserName="old")
    account.write(HEAD + "settings: {ignore: [user/old]}\nusers: {new: }\nmoved: {user/old: user/new}\n")
    assert codes_of(account.plan()) == ["moved-ignored"]


def test_a_protected_user_may_be_renamed_and_stays_protected(account: Account) -> None:
    account.write(HEAD + "users: {old: {protect: true}}\n")
    account.apply()
    account.write(HEAD + "users: {new: {protect: true, path: /eng/}}\nmoved: {user/old: user/new}\n")
    (call,) = calls_of(account.apply_and_read_plan())
    assert call["parameters"] == {"UserName": "old", "NewUserName": "new", "NewPath": "/eng/"}
    assert account.plan()["changes"] == []


def test_what_is_asked_of_a_renamed_user_is_asked_by_its_old_name(account: Account) -> None:
    """Its password and keys go with it: the rules for them are judged and carried out under the new name."""
    account.write(HEAD + "users: {old: {}}\n")
    account.apply()
    account.iam.create_login_profile(UserName="old", Password="aB3!xxxxxxxxxx")
    for _ in range(2):
        account.iam.create_access_key(UserName="old")
    moved = "moved: {user/old: user/new}\n"
    account.write(HEAD + "users: {new: {console: true, access_keys: {max_count: 1}}}\n" + moved)
    assert [item["code"] for item in account.plan()["findings"]] == ["access-key-count"]
    account.write(HEAD + "users: {new: {console: false}}\n" + moved)
    account.run_cli("plan", "roles.yaml", "--out", "plan.json")
    result = account.run_cli("apply", "plan.json")
    assert result.code == 0, result.out + result.err
    with pytest.raises(account.iam.exceptions.NoSuchEntityException):
        account.iam.get_login_profile(UserName="new")
    assert changes_of(account.plan()) == {}


def test_a_saved_plan_moves_a_user_and_deletes_a_role_that_trusts_it(account: Account) -> None:
    account.write(HEAD + "users: {u: {path: /x/}}\nroles: {old: {trust: [{users: [u]}]}}\n")
    account.apply()
    account.write(HEAD + "users: {u: {path: /y/}}\nroles: {}\n")
    account.run_cli("plan", "roles.yaml", "--out", "plan.json")
    result = account.run_cli("apply", "plan.json")
    assert result.code == 0, result.out + result.err
    assert changes_of(account.plan()) == {}
