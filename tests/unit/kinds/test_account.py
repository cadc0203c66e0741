"""Settings of the account: read as AWS tells them, declared in days, written in one call each."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.kinds.account import ALIAS, PASSWORD_POLICY, AccountAlias, AccountKind, AccountSetting, PasswordPolicy
from reconciler.kinds.plan_context import PlanContext
from reconciler.kinds.raw_account import RawAccount
from reconciler.model.live import State
from reconciler.model.plan import Phase, Step
from reconciler.plan.saved.codec import decode_entity, encode_entity
from tests.support.files import HEAD, Folder

KIND = AccountKind()
NOBODY = State("123456789012", "aws", {})
PLANNING = PlanContext(NOBODY, NOBODY)
BARE = PasswordPolicy("password-policy")
FULL = PasswordPolicy("password-policy", 14, True, True, True, True, True, 90, 24, True)


@pytest.fixture
def folder(tmp_path: Any) -> Folder:
    return Folder(tmp_path)


def declare_body(folder: Folder, body: str) -> dict[str, Any]:
    desired = folder.declare_text(f"{HEAD}account_settings:\n  {body}\n")
    assert not desired.problems, desired.problems
    return {str(address): entity for address, entity in desired.state.entities.items()}


@pytest.mark.parametrize(
    ("written", "days"), [("90d", 90), ("1d", 1), ("1095d", 1095), ("24h", 1), (86400, 1), ("'7776000'", 90)]
)
def test_max_age_is_any_duration_of_whole_days(folder: Folder, written: object, days: int) -> None:
    found = declare_body(folder, f"password_policy: {{max_age: {written}}}")
    assert found == {"account/password-policy": PasswordPolicy("password-policy", max_age=days)}


def test_every_key_is_read(folder: Folder) -> None:
    body = (
        "{minimum_length: 14, require_symbols: true, require_numbers: true, require_uppercase: true, "
        "require_lowercase: true, allow_users_to_change: true, max_age: 90d, reuse_prevention: 24, hard_expiry: true}"
    )
    assert declare_body(folder, f"password_policy: {body}") == {"account/password-policy": FULL}
    assert declare_body(folder, "password_policy: {}") == {"account/password-policy": BARE}
    assert declare_body(folder, "alias: a-1") == {"account/alias": AccountAlias("alias", "a-1")}


def test_each_setting_may_stand_in_a_file_of_its_own(folder: Folder) -> None:
    folder.write("one.yaml", f"{HEAD}account_settings: {{alias: abc}}\n")
    folder.write("two.yaml", "version: 1\naccount_settings: {password_policy: {}}\n")
    folder.write("three.yaml", "version: 1\naccount_settings: {alias: abd}\n")
    assert set(folder.read_files("one.yaml", "two.yaml").state.entities) == {ALIAS, PASSWORD_POLICY}
    (twice,) = folder.read_files("one.yaml", "three.yaml").problems
    assert (twice.code, folder.format_problem(twice)) == ("conflict", "three.yaml:2:20 conflict")


def test_variables_work_in_the_alias(folder: Folder) -> None:
    assert declare_body(folder, 'alias: "corp-{{ account_id }}"') == {
        "account/alias": AccountAlias("alias", "corp-123456789012")
    }


def call(steps: list[Step]) -> tuple[str, dict[str, object]]:
    (step,) = steps
    assert step.phase is Phase.ACCOUNT
    return step.call.operation, dict(step.call.parameters)


ALL = {
    "MinimumPasswordLength": 14,
    "RequireSymbols": True,
    "RequireNumbers": True,
    "RequireUppercaseCharacters": True,
    "RequireLowercaseCharacters": True,
    "AllowUsersToChangePassword": True,
    "MaxPasswordAge": 90,
    "PasswordReusePrevention": 24,
    "HardExpiry": True,
}


@pytest.mark.parametrize("before", [BARE, PasswordPolicy("password-policy", 14, True, True, True, True, True, 90, 23)])
def test_a_change_of_a_policy_says_all_of_it(before: PasswordPolicy) -> None:
    assert call(KIND.update(before, FULL, PLANNING)) == ("UpdateAccountPasswordPolicy", ALL)
    assert call(KIND.create(FULL, PLANNING)) == ("UpdateAccountPasswordPolicy", ALL)


def test_what_undoes_a_setting_removes_it() -> None:
    assert call(KIND.delete(FULL, PLANNING)) == ("DeleteAccountPasswordPolicy", {})
    assert call(KIND.delete(AccountAlias("alias", "abc"), PLANNING)) == ("DeleteAccountAlias", {"AccountAlias": "abc"})


@pytest.mark.parametrize("setting", [BARE, FULL, AccountAlias("alias", "abc")])
def test_a_setting_comes_back_from_a_saved_plan_as_it_was(setting: AccountSetting) -> None:
    assert decode_entity("account", encode_entity(setting), "aws") == setting


def test_what_aws_shows_is_read_and_what_it_leaves_out_is_off() -> None:
    told = {**ALL, "ExpirePasswords": True}
    raw = RawAccount("123456789012", "aws", {"PasswordPolicy": [told], "AccountAliases": ["abc"]})  # type: ignore[list-item]
    assert list(KIND.read(raw)) == [AccountAlias("alias", "abc"), FULL]
    less = {"MinimumPasswordLength": 6, "RequireSymbols": False, "ExpirePasswords": False}
    assert list(KIND.read(RawAccount("123456789012", "aws", {"PasswordPolicy": [less]}))) == [BARE]
