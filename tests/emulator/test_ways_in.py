"""Through real HTTP: who can come into an emergency role decides, and only then is anybody's sign-in asked about."""

from __future__ import annotations

import json

import pytest
import yaml

from tests.support.account import Account

HEAD = "version: 1\nowner: security\n"
CHAIN = """\
settings: {{break_glass: [role/emergency]}}
users: {{alice: {{}}, bob: {{}}}}
roles:
  entry:
    trust: [{{users: [{into_entry}]}}]
    inline_policies:
      go: {{Statement: {{Effect: Allow, Action: sts:AssumeRole, Resource: "*"}}}}
  emergency:
    trust: [{{roles: [entry]}}]
    policies: ["aws:AdministratorAccess"]
"""
SIGN_IN = {"GetLoginProfile", "ListAccessKeys", "ListMFADevices"}


@pytest.fixture
def chain(account: Account) -> Account:
    """An emergency role that alice, who has a key, reaches over another role."""
    account.write(HEAD + CHAIN.format(into_entry="alice"))
    account.apply()
    account.iam.create_access_key(UserName="alice")
    return account


def test_a_first_apply_puts_the_mark_on_and_the_second_plan_is_empty(chain: Account) -> None:
    tags = chain.iam.list_role_tags(RoleName="emergency")["Tags"]
    assert {"Key": "reconcile:break-glass", "Value": "true"} in tags
    assert "No changes" in chain.run_cli("plan", "roles.yaml").out


def test_handing_the_entry_to_who_cannot_sign_in_is_refused_and_to_who_can_is_not(chain: Account) -> None:
    chain.write(HEAD + CHAIN.format(into_entry="bob"))
    refused = chain.run_cli("apply", "roles.yaml", "--yes")
    assert refused.code == 1
    assert "locks out role/emergency" in refused.err + refused.out
    assert "user/alice assuming role/emergency by way of role/entry" in refused.err + refused.out
    chain.iam.create_access_key(UserName="bob")
    assert chain.run_cli("apply", "roles.yaml", "--yes").code == 0


def test_nobody_is_asked_how_they_sign_in_while_no_way_closes(chain: Account) -> None:
    chain.write(HEAD + CHAIN.format(into_entry="alice").replace("{alice: {}", "{alice: {tags: {a: b}}"))
    chain.clear_calls()
    assert chain.run_cli("plan", "roles.yaml").code == 0
    assert not SIGN_IN & chain.count_calls().keys()
    chain.write(HEAD + CHAIN.format(into_entry="bob"))
    chain.run_cli("plan", "roles.yaml")
    assert chain.count_calls().keys() >= SIGN_IN


def test_a_saved_plan_is_judged_by_who_can_sign_in_when_it_is_applied(chain: Account) -> None:
    key = chain.iam.create_access_key(UserName="bob")["AccessKey"]["AccessKeyId"]
    chain.write(HEAD + CHAIN.format(into_entry="bob"))
    assert chain.run_cli("plan", "roles.yaml", "--out", "plan.json").code == 0
    chain.iam.update_access_key(UserName="bob", AccessKeyId=key, Status="Inactive")
    refused = chain.run_cli("apply", "plan.json", "--yes")
    assert refused.code == 1
    assert "locks out role/emergency" in refused.err + refused.out
    assert chain.iam.get_role(RoleName="entry")["Role"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {
        "AWS": "arn:aws:iam::123456789012:user/alice"
    }


def test_dropping_the_name_keeps_the_mark_until_the_flag_takes_it_off(chain: Account) -> None:
    unnamed = HEAD + CHAIN.format(into_entry="alice").replace("[role/emergency]", "[]")
    chain.write(unnamed)
    kept = chain.run_cli("plan", "roles.yaml", "--format", "json")
    assert json.loads(kept.out)["changes"] == []
    assert [one["code"] for one in json.loads(kept.out)["findings"]] == ["break-glass-kept"]
    chain.write(unnamed.replace('    policies: ["aws:AdministratorAccess"]\n', ""))
    assert chain.run_cli("apply", "roles.yaml", "--yes").code == 1
    assert chain.run_cli("apply", "roles.yaml", "--yes", "--allow-lockout").code == 0
    assert "reconcile:break-glass" not in {tag["Key"] for tag in chain.iam.list_role_tags(RoleName="emergency")["Tags"]}


def test_what_is_exported_names_who_is_marked(chain: Account) -> None:
    written = chain.run_cli("export").out
    assert yaml.safe_load(written)["settings"]["break_glass"] == ["role/emergency"]
    chain.write(written, "export.yaml")
    assert "No changes" in chain.run_cli("plan", "export.yaml").out
