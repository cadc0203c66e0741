"""Alias and password policy of the account, passwords of users and rules for their keys, over real HTTP."""

from __future__ import annotations

import re
import sys
from typing import Any

import pytest

from tests.support.account import Account
from tests.support.plans import (
    assert_made_as_planned,
    changes_of,
    codes_of,
    findings_of,
    log_lines_of,
    operations_of,
    read_log,
)

if sys.platform != "win32":
    from tests.unit.shell.pseudo import Pseudo

HEAD = "version: 1\nowner: platform\n"
SETTINGS = "account_settings:\n  alias: example-corp\n  password_policy: {minimum_length: 14, max_age: 90d}\n"
READS = ("ListAccountAliases", "GetAccountPasswordPolicy", "GetLoginProfile", "ListAccessKeys")


def user(rules: str, name: str = "alice") -> str:
    return f"users:\n  {name}: {{{rules}}}\n"


def password(account: Account, name: str = "alice") -> None:
    account.iam.create_login_profile(UserName=name, Password="Pass-w0rd!")


def has_password(account: Account, name: str = "alice") -> bool:
    try:
        account.iam.get_login_profile(UserName=name)
    except account.iam.exceptions.NoSuchEntityException:
        return False
    return True


# Alias and password policy


def test_settings_are_written_in_whole_and_after_everything_else(account: Account) -> None:
    account.write(HEAD + "users: {gone: }\n")
    account.apply()
    account.write(HEAD + SETTINGS + "users: {alice: }\n")
    account.clear_calls()
    plan = account.apply_and_read_plan()
    assert operations_of(plan) == [
        "CreateUser",
        "DeleteUser",
        "CreateAccountAlias",
        "UpdateAccountPasswordPolicy",
    ]
    assert_made_as_planned(account, plan)
    assert account.iam.list_account_aliases()["AccountAliases"] == ["example-corp"]
    policy = account.iam.get_account_password_policy()["PasswordPolicy"]
    assert (policy["MinimumPasswordLength"], policy["MaxPasswordAge"], policy["ExpirePasswords"]) == (14, 90, True)
    assert account.run_cli("plan", "roles.yaml", "--detailed-exitcode").code == 0


def test_what_the_file_no_longer_says_of_a_policy_is_switched_off(account: Account) -> None:
    account.write(
        HEAD + "account_settings: {password_policy: {max_age: 90d, reuse_prevention: 24, hard_expiry: true}}\n"
    )
    account.apply()
    account.write(HEAD + "account_settings: {password_policy: {}}\n")
    (change,) = account.apply_and_read_plan()["changes"]
    assert [field["path"] for field in change["fields"]] == ["hard_expiry", "max_age", "reuse_prevention"]
    assert change["calls"][0]["parameters"] == {
        "MinimumPasswordLength": 6,
        "RequireSymbols": False,
        "RequireNumbers": False,
        "RequireUppercaseCharacters": False,
        "RequireLowercaseCharacters": False,
        "AllowUsersToChangePassword": False,
        "HardExpiry": False,
    }
    assert changes_of(account.plan()) == {}


def test_a_new_alias_takes_the_place_of_the_old_one_in_one_call(account: Account) -> None:
    account.iam.create_account_alias(AccountAlias="before")
    account.write(HEAD + "account_settings: {alias: after}\n")
    plan = account.apply_and_read_plan()
    assert changes_of(plan) == {"account/alias": ("update", ["alias"])}
    assert operations_of(plan) == ["CreateAccountAlias"]
    assert account.iam.list_account_aliases()["AccountAliases"] == ["after"]


@pytest.mark.parametrize("prune", ["owned", "all"])
def test_settings_that_no_file_names_are_never_taken_away(account: Account, prune: str) -> None:
    account.write(HEAD + SETTINGS)
    account.apply()
    for rest in ("", "account_settings:\n", "account_settings: {alias: example-corp}\n"):
        account.write(f"{HEAD}settings: {{prune: {prune}}}\n{rest}")
        assert changes_of(account.plan()) == {}


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("users: {alice: }\n", []),
        ("account_settings: {alias: example-corp}\n", []),
        ("account_settings: {password_policy: {}}\n", ["GetAccountPasswordPolicy"]),
        (user("console: false"), ["GetLoginProfile"]),
        (user("console: true"), ["GetLoginProfile"]),
        (user("access_keys: {max_count: 1}"), ["ListAccessKeys"]),
        (user("console: true, access_keys: {max_age: 90d}"), ["GetLoginProfile", "ListAccessKeys"]),
    ],
)
def test_only_what_the_file_speaks_of_is_read_and_once(account: Account, text: str, read: list[str]) -> None:
    """But for the alias, which every plan shows."""
    for name in ("alice", "bob"):
        account.iam.create_user(UserName=name)
    account.write(HEAD + text)
    account.clear_calls()
    account.plan()
    assert sorted(line.split()[0] for line in read_log(account) if line.startswith(READS)) == sorted(
        [*read, "ListAccountAliases"]
    )


def test_one_setting_can_be_targeted(account: Account) -> None:
    account.write(HEAD + SETTINGS + "users: {alice: }\n")
    assert set(changes_of(account.plan("roles.yaml", "--target", "account/alias"))) == {"account/alias"}


def test_settings_can_be_ignored(account: Account) -> None:
    account.write(HEAD + SETTINGS + "settings: {ignore: ['account/*']}\n")
    plan = account.plan()
    assert changes_of(plan) == {}
    assert codes_of(plan, "warning") == ["ignored", "ignored"]


def test_a_saved_plan_of_settings_is_applied_or_stale(account: Account) -> None:
    account.write(HEAD + SETTINGS)
    for name in ("good.json", "stale.json"):
        account.plan("roles.yaml", "--out", name)
    account.iam.create_account_alias(AccountAlias="someone-was-here")
    result = account.run_cli("apply", "stale.json")
    assert result.code == 1
    assert "account/alias did not exist when the plan was made" in result.err
    account.iam.delete_account_alias(AccountAlias="someone-was-here")
    assert account.run_cli("apply", "good.json").code == 0
    assert changes_of(account.plan()) == {}


@pytest.mark.parametrize(
    ("operation", "address"),
    [("ListAccountAliases", "account/alias"), ("GetAccountPasswordPolicy", "account/password-policy")],
)
def test_a_setting_that_may_not_be_read_is_refused_and_the_other_is_not(
    account: Account, denied_operations: set[str], operation: str, address: str
) -> None:
    denied_operations.add(operation)
    account.write(HEAD + SETTINGS)
    plan = account.plan()
    assert [(item["code"], item["address"]) for item in findings_of(plan)] == [("unread-kind", address)]


# The alias in a plan


def test_a_plan_names_the_alias_that_the_account_has(account: Account) -> None:
    account.write(HEAD)
    assert account.plan()["account_alias"] is None
    account.iam.create_account_alias(AccountAlias="acme-prod")
    for text in ("", "account_settings: {alias: acme-new}\n"):
        account.write(HEAD + text)
        plan = account.plan()
        assert plan["account_alias"] == "acme-prod"
        assert codes_of(plan) == []


def test_a_plan_goes_on_without_an_alias_if_nobody_may_read_it(account: Account, denied_operations: set[str]) -> None:
    account.iam.create_account_alias(AccountAlias="acme-prod")
    denied_operations.add("ListAccountAliases")
    account.write(HEAD + user(""))
    plan = account.plan("roles.yaml", "--out", "plan.json")
    assert (plan["account_alias"], findings_of(plan), plan["safe"]) == (None, [], True)
    assert account.run_cli("apply", "plan.json").code == 0


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(("alias", "shown"), [(None, "123456789012"), ("acme-prod", "123456789012 (acme-prod)")])
def test_the_question_of_apply_names_the_alias(account: Account, alias: str | None, shown: str) -> None:
    if alias:
        account.iam.create_account_alias(AccountAlias=alias)
    command = [sys.executable, "-m", "reconciler", "apply", str(account.write(HEAD + user("")))]
    with Pseudo(command, account.environment) as terminal:
        terminal.expect(rf"Apply this call to account {re.escape(shown)}: 1 to create\?\s+Type 'yes' to continue: ")
        terminal.send("no\n")
        assert terminal.code() == 1


# Passwords


def test_console_false_takes_a_password_away_and_nothing_else(account: Account) -> None:
    account.write(HEAD + user("console: false"))
    account.apply()
    password(account)
    plan = account.apply_and_read_plan()
    assert changes_of(plan) == {"user/alice": ("update", ["console"])}
    assert log_lines_of(plan) == ["DeleteLoginProfile alice"]
    assert not has_password(account)
    assert changes_of(account.plan()) == {}


@pytest.mark.parametrize("rules", ["", "console: true", "console: false, ignore_changes: [console]"])
def test_a_password_is_otherwise_left_alone(account: Account, rules: str) -> None:
    account.write(HEAD + user(rules))
    account.apply()
    password(account)
    assert changes_of(account.plan()) == {}
    account.apply()
    assert has_password(account)


def test_console_true_expects_a_password_and_reports_if_there_is_none(account: Account) -> None:
    account.write(HEAD + user("console: true"))
    assert codes_of(account.apply_and_read_plan(), "warning") == ["user-without-login-profile"]
    plan = account.plan()
    assert changes_of(plan) == {}
    assert [(item["code"], item["address"]) for item in findings_of(plan, "warning")] == [
        ("user-without-login-profile", "user/alice")
    ]
    password(account)
    assert findings_of(account.plan(), "warning") == []


def test_defaults_hold_for_every_user_that_says_nothing_else(account: Account) -> None:
    account.write(HEAD + "users: {alice: , bob: }\n")
    account.apply()
    for name in ("alice", "bob"):
        password(account, name)
    account.write(HEAD + "defaults: {console: false}\nusers: {alice: , bob: {console: true}}\n")
    assert log_lines_of(account.plan()) == ["DeleteLoginProfile alice"]


def test_a_saved_plan_is_stale_if_a_password_was_given_since(account: Account) -> None:
    account.write(HEAD + user("console: false"))
    account.apply()
    account.write(HEAD + user("console: false, tags: {a: b}"))
    account.plan("roles.yaml", "--out", "plan.json")
    password(account)
    result = account.run_cli("apply", "plan.json")
    assert result.code == 1
    assert "user/alice has changed since the plan was made: console." in result.err


def test_a_saved_plan_takes_a_password_away(account: Account) -> None:
    account.write(HEAD + user(""))
    account.apply()
    password(account)
    account.write(HEAD + user("console: false"))
    account.plan("roles.yaml", "--out", "plan.json")
    result = account.run_cli("apply", "plan.json")
    assert result.code == 0, result.err
    assert not has_password(account)


def test_a_saved_plan_asks_no_password_of_who_must_have_one(account: Account) -> None:
    account.write(HEAD + user("console: true"))
    account.apply()
    account.write(HEAD + user("console: true, tags: {a: b}"))
    account.plan("roles.yaml", "--out", "plan.json")
    password(account)
    assert account.run_cli("apply", "plan.json").code == 0
    assert has_password(account)


def test_a_password_that_may_not_be_seen_is_kept_and_reported(account: Account, denied_operations: set[str]) -> None:
    account.write(HEAD + "users: {alice: {console: false}, bob: {console: true}}\n")
    account.apply()
    password(account)
    denied_operations.add("GetLoginProfile")
    plan = account.plan()
    assert (changes_of(plan), plan["safe"]) == ({}, True)
    assert [(item["code"], item["address"]) for item in findings_of(plan, "warning")] == [("read-denied", "user/alice")]
    assert "iam:GetLoginProfile" in findings_of(plan, "info")[0]["message"]


# Access keys


def test_keys_beyond_the_rule_are_reported_and_never_touched(account: Account) -> None:
    account.iam.create_user(UserName="alice")
    made = [account.iam.create_access_key(UserName="alice")["AccessKey"] for _ in range(2)]
    account.iam.update_access_key(UserName="alice", AccessKeyId=made[1]["AccessKeyId"], Status="Inactive")
    account.write(HEAD + user("access_keys: {max_age: 0, max_count: 1}"))
    plan = account.plan()
    told = {(item["code"], item["address"]) for item in findings_of(plan, "warning")}
    assert told == {("access-key-old", "user/alice"), ("access-key-count", "user/alice")}
    messages = " ".join(item["message"] for item in findings_of(plan, "warning"))
    assert all(key["AccessKeyId"] in messages for key in made)
    assert "2 access keys (1 inactive)" in messages
    result = account.apply()
    assert all(key["SecretAccessKey"] not in result.out + result.err for key in made)
    assert len(account.iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]) == 2


def test_keys_within_the_rule_are_not_worth_a_word(account: Account) -> None:
    account.iam.create_user(UserName="alice")
    account.iam.create_access_key(UserName="alice")
    account.write(HEAD + user("access_keys: {max_age: 90d, max_count: 1}"))
    assert findings_of(account.plan(), "warning") == []


def test_keys_that_may_not_be_listed_are_a_note(account: Account, denied_operations: set[str]) -> None:
    account.iam.create_user(UserName="alice")
    denied_operations.add("ListAccessKeys")
    account.write(HEAD + user("access_keys: {max_count: 0}"))
    plan: Any = account.plan()
    assert plan["safe"]
    assert "iam:ListAccessKeys" in findings_of(plan, "info")[0]["message"]


def test_a_name_in_another_letter_case_is_refused_and_not_a_fault(account: Account) -> None:
    account.iam.create_user(UserName="Alice")
    account.write(HEAD + user("access_keys: {max_count: 0}, console: true"))
    assert codes_of(account.plan()) == ["name-case"]
