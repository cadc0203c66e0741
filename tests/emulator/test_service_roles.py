"""Roles that AWS's services put into an account, over real HTTP: plans list them, exports leave them out and say so.

And groups that no plan will prune, since only their path can tell whose they are.
"""

from __future__ import annotations

import json

from tests.support.account import Account
from tests.support.plans import changes_of, codes_of, findings_of

HEAD = "version: 1\nowner: platform\n"
ALL = HEAD + "settings: {prune: all, max_delete_percent: 100"
ROLE = "OrganizationAccountAccessRole"


def trust(principal: object) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


REASON = "AWS Organizations, lets account 210987654321 in"


def with_service_role(account: Account) -> None:
    management = trust({"AWS": "arn:aws:iam::210987654321:root"})
    account.iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=management)
    account.iam.create_role(RoleName="left", AssumeRolePolicyDocument=trust({"Service": "ec2.amazonaws.com"}))


def test_each_plan_lists_what_it_leaves_to_a_service_and_a_saved_one_applies(account: Account) -> None:
    with_service_role(account)
    account.write(ALL + "}\n")
    plan = account.plan()
    assert changes_of(plan) == {"role/left": ("delete", ["max_session_duration", "path", "trust_policy"])}
    assert plan["left_alone"] == [{"address": f"role/{ROLE}", "reason": REASON}]
    out = account.run_cli("plan", "roles.yaml", "--out", "plan.json").out
    assert f"  role/{ROLE}  ({REASON})" in out
    assert account.run_cli("apply", "plan.json").code == 0
    plan = account.plan()
    assert (plan["changes"], len(plan["left_alone"])) == ([], 1)
    assert "No changes." in account.run_cli("plan", "roles.yaml").out


def test_prune_also_deletes_it(account: Account) -> None:
    with_service_role(account)
    account.write(f"{ALL}, prune_also: [role/{ROLE}]}}\n")
    plan = account.apply_and_read_plan()
    assert set(changes_of(plan)) == {"role/left", f"role/{ROLE}"}
    assert "left_alone" not in plan


def test_a_pattern_of_prune_also_is_an_address(account: Account) -> None:
    account.write(f"{ALL}, prune_also: [{ROLE}]}}\n")
    result = account.run_cli("validate", "roles.yaml")
    assert (result.code, f"role/{ROLE}" in result.err) == (1, True)


def test_an_export_leaves_it_out_with_the_reason_and_takes_it_by_its_name(account: Account) -> None:
    with_service_role(account)
    out = account.run_cli("export", "--owner", "platform").out
    assert f"# role/{ROLE}: AWS Organizations created it, and every plan leaves it alone" in out
    assert f"\n  {ROLE}:" not in out
    account.write(out)
    assert set(changes_of(account.plan())) == {"role/left"}
    assert f"\n  {ROLE}:" in account.run_cli("export", "--only", f"role/{ROLE}").out


def test_a_group_outside_the_owners_path_is_told_with_the_line_to_write(account: Account) -> None:
    account.write(HEAD + "groups:\n  devs: {}\n  ops: {path: /platform/}\n  qa: {path: /people/}\n")
    (finding,) = findings_of(account.plan(), "info")
    assert (finding["code"], finding["addresses"]) == ("group-without-owner", ["group/devs", "group/qa"])
    assert "`path: /platform/`" in finding["message"]
    account.apply()
    assert codes_of(account.plan(), "info") == []


def test_a_single_group_has_its_place_and_nobody_is_told_without_an_owner_or_pruning(account: Account) -> None:
    account.write(HEAD + "groups:\n  devs: {}\n")
    (finding,) = findings_of(account.plan(), "info")
    assert (finding["address"], finding["line"]) == ("group/devs", 4)
    account.write(HEAD + "settings: {prune: none}\ngroups:\n  devs: {}\n")
    assert codes_of(account.plan(), "info") == []
    account.write("version: 1\nsettings: {prune: none}\ngroups:\n  devs: {}\n")
    assert codes_of(account.plan(), "info") == []
