"""Settings of the account, as the IAM API Reference has them: password policy and alias."""

from __future__ import annotations

from typing import Any

import pytest
from strict_account import refusal


def test_a_password_policy_is_never_changed_in_part(fresh: Any) -> None:
    fresh.update_account_password_policy(RequireSymbols=True, MaxPasswordAge=90, PasswordReusePrevention=5)
    fresh.update_account_password_policy(MinimumPasswordLength=8)
    shown = fresh.get_account_password_policy()["PasswordPolicy"]
    assert shown == {
        "MinimumPasswordLength": 8,
        "RequireSymbols": False,
        "RequireNumbers": False,
        "RequireUppercaseCharacters": False,
        "RequireLowercaseCharacters": False,
        "AllowUsersToChangePassword": False,
        "ExpirePasswords": False,
    }


def test_an_account_without_a_password_policy_has_none_to_show(fresh: Any) -> None:
    assert refusal(fresh.get_account_password_policy)[:2] == (404, "NoSuchEntity")


@pytest.mark.parametrize(
    ("name", "value"), [("MinimumPasswordLength", 129), ("MaxPasswordAge", 1096), ("PasswordReusePrevention", 25)]
)
def test_a_value_out_of_range_is_refused(iam: Any, name: str, value: int) -> None:
    status, code, message = refusal(iam.update_account_password_policy, **{name: value})
    assert (status, code) == (400, "ValidationError")
    assert f"Value at '{name[0].lower()}{name[1:]}' failed to satisfy constraint: Member must have value" in message


@pytest.mark.parametrize("alias", ["Example", "a--b", "-ab", "ab-", "123456789012", "a_b"])
def test_what_is_no_alias_is_refused(iam: Any, alias: str) -> None:
    assert refusal(iam.create_account_alias, AccountAlias=alias)[:2] == (400, "ValidationError")


def test_a_new_alias_overwrites_the_previous_one_which_is_then_unknown(fresh: Any) -> None:
    fresh.create_account_alias(AccountAlias="first")
    fresh.create_account_alias(AccountAlias="second")
    assert fresh.list_account_aliases()["AccountAliases"] == ["second"]
    assert refusal(fresh.delete_account_alias, AccountAlias="first")[:2] == (404, "NoSuchEntity")
    fresh.delete_account_alias(AccountAlias="second")
    assert fresh.list_account_aliases()["AccountAliases"] == []
