"""The order of calls where it decides whether an apply works at all: circles of trust, quotas, moves, boundaries."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.account import Account
from tests.support.plans import assert_made_as_planned, changes_of, codes_of, findings_of, log_lines_of, operations_of

ACCOUNT = "123456789012"
HEAD = "version: 1\nowner: platform\n"
DOCUMENT = '{Statement: [{Effect: Allow, Action: "sns:Publish", Resource: "*"}]}'


def applied_as_planned(account: Account) -> Any:
    """The plan, after an apply that made exactly its calls, and left nothing to do."""
    account.clear_calls()
    plan = account.apply_and_read_plan()
    assert_made_as_planned(account, plan)
    assert changes_of(account.plan()) == {}
    return plan


def trusted_by(account: Account, role: str) -> list[str]:
    statements = account.iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]["Statement"]
    found: list[str] = []
    for statement in statements:
        assert statement["Effect"] == "Allow"
        named = statement["Principal"]["AWS"]
        found += named if isinstance(named, list) else [named]
    return sorted(arn.rpartition("/")[2] for arn in found)


def role_file(trusts: dict[str, list[str]]) -> str:
    return (
        HEAD
        + "roles:\n"
        + "".join(f"  {name}: {{trust: [{{roles: [{', '.join(trusted)}]}}]}}\n" for name, trusted in trusts.items())
    )


CIRCLES: dict[str, dict[str, list[str]]] = {
    "two roles that trust each other": {"a": ["b"], "b": ["a"]},
    "a role that trusts itself": {"a": ["a"]},
    "three roles in a circle": {"a": ["b"], "b": ["c"], "c": ["a"]},
    "a circle and a role that trusts into it": {"a": ["b"], "b": ["a"], "outer": ["a", "b"]},
    "a circle that trusts a role outside it": {"z": ["z"], "a": ["b", "z"], "b": ["a"]},
    "two circles that share a role": {"a": ["b", "c"], "b": ["a"], "c": ["a"]},
    "a chain whose order is not that of the names": {"a": ["b"], "b": ["c"], "c": ["c"]},
}


@pytest.mark.parametrize("what", CIRCLES)
def test_roles_that_trust_each_other_are_created_and_deleted_in_one_apply_each(account: Account, what: str) -> None:
    trusts = CIRCLES[what]
    account.write(role_file(trusts))
    applied_as_planned(account)
    assert {name: trusted_by(account, name) for name in trusts} == {n: sorted(t) for n, t in trusts.items()}
    account.write(HEAD)
    assert operations_of(applied_as_planned(account)) == ["DeleteRole"] * len(trusts)
    assert account.iam.list_roles()["Roles"] == []


def test_a_role_of_a_circle_is_never_open_before_it_has_its_trust(account: Account) -> None:
    account.write(role_file(CIRCLES["two roles that trust each other"]))
    plan = account.plan()
    created = [
        json.loads(call["parameters"]["AssumeRolePolicyDocument"])
        for change in plan["changes"]
        for call in change["calls"]
        if call["operation"] == "CreateRole"
    ]
    assert [statement["Effect"] for document in created for statement in document["Statement"]] == ["Deny", "Deny"]


def test_a_chain_of_trust_is_created_from_its_end_without_placeholders(account: Account) -> None:
    account.write(
        HEAD + "users: {zoe: {}}\nroles:\n  a: {trust: [{roles: [b]}]}\n  b: {trust: [{roles: [c]}]}\n"
        "  c: {trust: [{users: [zoe]}]}\n"
    )
    plan = applied_as_planned(account)
    assert log_lines_of(plan) == ["CreateUser zoe", "CreateRole c", "CreateRole b", "CreateRole a"]


def test_a_circle_that_is_closed_later_is_an_update(account: Account) -> None:
    account.write(HEAD + "roles:\n  a: {trust: [{services: [ec2.amazonaws.com]}]}\n  b: {trust: [{roles: [a]}]}\n")
    account.apply()
    account.write(role_file({"a": ["b"], "b": ["a"]}))
    assert operations_of(applied_as_planned(account)) == ["UpdateAssumeRolePolicy"]


# Quotas


def policies(names: list[str]) -> str:
    return "policies:\n" + "".join(f"  {name}: {{document: {DOCUMENT}}}\n" for name in names)


OLD, NEW = [f"old{index}" for index in range(10)], [f"new{index}" for index in range(10)]
MOST = {"user": 10, "group": 10, "role": 20}
HOLDERS = {
    "user": ("users: {{app: {{policies: [{listed}]}}}}\n", "AttachUserPolicy", "DetachUserPolicy"),
    "group": ("groups: {{app: {{policies: [{listed}]}}}}\n", "AttachGroupPolicy", "DetachGroupPolicy"),
    "role": (
        "roles: {{app: {{trust: [{{services: [ec2.amazonaws.com]}}], policies: [{listed}]}}}}\n",
        "AttachRolePolicy",
        "DetachRolePolicy",
    ),
}


@pytest.mark.parametrize("kind", HOLDERS)
def test_at_the_attachment_quota_one_goes_before_its_replacement_and_the_plan_says_so(
    account: Account, kind: str
) -> None:
    text, attach, detach = HOLDERS[kind]
    old = [f"old{index}" for index in range(MOST[kind])]
    account.write(HEAD + policies([*old, "new0"]) + text.format(listed=", ".join(old)))
    account.apply()
    account.write(HEAD + policies([*old, "new0"]) + text.format(listed=", ".join([*old[1:], "new0"])))
    plan = applied_as_planned(account)
    assert operations_of(plan) == [detach, attach]
    assert codes_of(plan, "info") == ["quota-order"]
    assert "quota" in findings_of(plan, "info")[0]["message"]
    assert "old0" in findings_of(plan, "info")[0]["message"]
    assert findings_of(plan, "info")[0]["address"] == f"{kind}/app"


@pytest.mark.parametrize("number", [10, 15, 19])
def test_a_role_has_room_for_twenty_so_that_nothing_is_detached_early(account: Account, number: int) -> None:
    text, attach, detach = HOLDERS["role"]
    old = [f"old{index}" for index in range(number)]
    account.write(HEAD + policies([*old, "new0"]) + text.format(listed=", ".join(old)))
    account.apply()
    account.write(HEAD + policies([*old, "new0"]) + text.format(listed=", ".join([*old[1:], "new0"])))
    plan = applied_as_planned(account)
    assert operations_of(plan) == [attach, detach]
    assert not codes_of(plan, "info") and not codes_of(plan, "warning")


def test_below_the_quota_the_replacement_is_on_first_and_nothing_is_said(account: Account) -> None:
    text, attach, detach = HOLDERS["user"]
    account.write(HEAD + policies(["old0", "new0"]) + text.format(listed="old0"))
    account.apply()
    account.write(HEAD + policies(["old0", "new0"]) + text.format(listed="new0"))
    plan = applied_as_planned(account)
    assert (operations_of(plan), codes_of(plan, "info")) == ([attach, detach], [])


def test_all_ten_attachments_are_swapped_at_the_quota(account: Account) -> None:
    text, attach, _ = HOLDERS["user"]
    account.write(HEAD + policies([*OLD, *NEW]) + text.format(listed=", ".join(OLD)))
    account.apply()
    account.write(HEAD + policies([*OLD, *NEW]) + text.format(listed=", ".join(NEW)))
    assert operations_of(applied_as_planned(account)).count(attach) == 10


def test_with_one_place_left_only_as_many_go_first_as_must(account: Account) -> None:
    """Nine old, nine new: all but one of the new ones need the place of an old one."""
    text, _, detach = HOLDERS["user"]
    account.write(HEAD + policies([*OLD, *NEW]) + text.format(listed=", ".join(OLD[:9])))
    account.apply()
    account.write(HEAD + policies([*OLD, *NEW]) + text.format(listed=", ".join(NEW[:9])))
    plan = applied_as_planned(account)
    assert operations_of(plan)[-1] == detach
    (note,) = findings_of(plan, "info")
    forced = [index for index, name in enumerate(operations_of(plan), 1) if name == detach][:-1]
    assert len(forced) == 8
    assert set(forced) <= set(note["calls"])
    assert "policy/old0, policy/old1, policy/old2 and 5 more" in note["message"]


def test_at_the_quota_of_groups_per_user_one_is_left_before_another_is_joined(account: Account) -> None:
    groups = "groups: {" + ", ".join(f"g{index:02}: {{}}" for index in range(11)) + "}\n"
    member = "users: {{alice: {{groups: [{listed}]}}}}\n"
    account.write(HEAD + groups + member.format(listed=", ".join(f"g{index:02}" for index in range(10))))
    account.apply()
    account.write(HEAD + groups + member.format(listed=", ".join(f"g{index:02}" for index in range(1, 11))))
    plan = applied_as_planned(account)
    assert operations_of(plan) == ["RemoveUserFromGroup", "AddUserToGroup"]
    assert codes_of(plan, "info") == ["quota-order"]


def test_if_inline_policies_do_not_fit_beside_each_other_the_old_one_goes_first(account: Account) -> None:
    def write(name: str, letter: str) -> None:
        resource = f"arn:aws:s3:::{letter * 1500}"
        document = json.dumps({"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": resource}]})
        account.write(HEAD + f"users: {{alice: {{inline_policies: {{{name}: {document}}}}}}}\n")

    write("old", "a")
    account.apply()
    write("new", "b")
    plan = applied_as_planned(account)
    assert operations_of(plan) == ["DeleteUserPolicy", "PutUserPolicy"]
    assert codes_of(plan, "info") == ["quota-order"]


def test_of_five_versions_the_oldest_that_is_not_in_force_goes_first(account: Account) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:policy/p"
    for index in range(7):
        account.write(HEAD + f"policies: {{p: {{document: {DOCUMENT.replace('Publish', f'Act{index}')}}}}}\n")
        plan = account.apply_and_read_plan()
        if index >= 5:
            assert log_lines_of(plan) == [f"DeletePolicyVersion {arn} v{index - 4}", f"CreatePolicyVersion {arn}"]
    kept = {version["VersionId"] for version in account.iam.list_policy_versions(PolicyArn=arn)["Versions"]}
    assert kept == {"v3", "v4", "v5", "v6", "v7"}


def test_the_oldest_version_stays_if_it_is_the_one_in_force(account: Account) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:policy/p"
    account.write(HEAD + f"policies: {{p: {{document: {DOCUMENT}}}}}\n")
    account.apply()
    for index in range(4):
        other = {"Effect": "Allow", "Action": f"sns:Act{index}", "Resource": "*"}
        text = json.dumps({"Version": "2012-10-17", "Statement": [other]})
        account.iam.create_policy_version(PolicyArn=arn, PolicyDocument=text, SetAsDefault=False)
    assert changes_of(account.plan()) == {}
    account.write(HEAD + f"policies: {{p: {{document: {DOCUMENT.replace('Publish', 'Subscribe')}}}}}\n")
    assert log_lines_of(applied_as_planned(account)) == [f"DeletePolicyVersion {arn} v2", f"CreatePolicyVersion {arn}"]


# Moves and boundaries


def test_a_user_that_moves_keeps_the_roles_that_trust_it(account: Account) -> None:
    account.write(HEAD + "users: {alice: {}}\nroles: {app: {trust: [{users: [alice]}]}}\n")
    account.apply()
    account.write(HEAD + "users: {alice: {path: /eng/}}\nroles: {app: {trust: [{users: [alice]}]}}\n")
    plan = applied_as_planned(account)
    assert changes_of(plan) == {"user/alice": ("update", ["path"])}
    assert operations_of(plan) == ["UpdateUser"]


def test_a_user_that_moves_and_a_new_role_that_trusts_it_go_together(account: Account) -> None:
    account.write(HEAD + "users: {alice: {}}\n")
    account.apply()
    account.write(HEAD + "users: {alice: {path: /eng/}}\nroles: {app: {trust: [{users: [alice]}]}}\n")
    assert operations_of(applied_as_planned(account)) == ["UpdateUser", "CreateRole"]


def test_a_group_that_moves_keeps_its_members_and_policies(account: Account) -> None:
    text = policies(["p"]) + "users: {alice: {groups: [team]}}\ngroups: {team: {policies: [p], path: /}}\n"
    account.write(HEAD + text)
    account.apply()
    account.write(HEAD + text.replace("path: /", "path: /platform/"))
    plan = applied_as_planned(account)
    assert (changes_of(plan), operations_of(plan)) == ({"group/team": ("update", ["path"])}, ["UpdateGroup"])


def test_a_policy_that_is_a_boundary_is_created_before_who_is_bounded(account: Account) -> None:
    account.write(
        HEAD
        + f"policies: {{zzz: {{document: {DOCUMENT}}}}}\nusers: {{alice: {{permissions_boundary: zzz}}}}\n"
        + "roles: {app: {trust: [{services: [ec2.amazonaws.com]}], permissions_boundary: zzz}}\n"
    )
    plan = applied_as_planned(account)
    arn = f"arn:aws:iam::{ACCOUNT}:policy/zzz"
    assert log_lines_of(plan) == ["CreatePolicy zzz", f"CreateRole app {arn}", f"CreateUser alice {arn}"]


def test_a_new_boundary_is_on_before_new_rights(account: Account) -> None:
    account.write(HEAD + policies(["p", "fence"]) + "users: {alice: {}}\n")
    account.apply()
    account.write(HEAD + policies(["p", "fence"]) + "users: {alice: {policies: [p], permissions_boundary: fence}}\n")
    assert operations_of(applied_as_planned(account)) == ["PutUserPermissionsBoundary", "AttachUserPolicy"]


def test_a_boundary_is_replaced_without_a_moment_without_one(account: Account) -> None:
    account.write(HEAD + policies(["one", "two"]) + "users: {alice: {permissions_boundary: one}}\n")
    account.apply()
    account.write(HEAD + policies(["two"]) + "users: {alice: {permissions_boundary: two}}\n")
    assert operations_of(applied_as_planned(account)) == ["PutUserPermissionsBoundary", "DeletePolicy"]


def test_a_policy_is_replaced_without_a_moment_without_one(account: Account) -> None:
    account.write(HEAD + policies(["one"]) + "users: {alice: {policies: [one]}}\n")
    account.apply()
    account.write(HEAD + policies(["two"]) + "users: {alice: {policies: [two]}}\n")
    plan = applied_as_planned(account)
    assert operations_of(plan) == ["CreatePolicy", "AttachUserPolicy", "DetachUserPolicy", "DeletePolicy"]


def test_an_instance_profile_gets_another_role_and_the_old_one_goes(account: Account) -> None:
    trust = "trust: [{services: [ec2.amazonaws.com]}]"
    account.write(HEAD + f"roles: {{one: {{{trust}, instance_profile: machines}}}}\n")
    account.apply()
    account.write(HEAD + f"roles: {{two: {{{trust}, instance_profile: machines}}}}\n")
    plan = applied_as_planned(account)
    assert operations_of(plan) == [
        "CreateRole",
        "RemoveRoleFromInstanceProfile",
        "AddRoleToInstanceProfile",
        "DeleteRole",
    ]


def test_a_role_that_trusts_what_goes_lets_go_first(account: Account) -> None:
    account.write(HEAD + "users: {alice: {}, bob: {}}\nroles: {app: {trust: [{users: [alice, bob]}]}}\n")
    account.apply()
    account.write(HEAD + "users: {bob: {}}\nroles: {app: {trust: [{users: [bob]}]}}\n")
    assert log_lines_of(applied_as_planned(account)) == ["UpdateAssumeRolePolicy app", "DeleteUser alice"]
