"""Secrets that a plan takes from real users count for `max_deletes`, in the plan and in the apply of a saved one."""

from __future__ import annotations

from tests.support.account import Account
from tests.support.people import enable_device
from tests.support.plans import codes_of, list_writes

HEAD = "version: 1\nowner: platform\n"


def test_the_password_key_and_device_of_a_leaver_count_beside_the_leaver(account: Account) -> None:
    account.write(HEAD + "users: {leaver: {}}\n")
    account.apply()
    account.iam.create_login_profile(UserName="leaver", Password="correct-Horse-7-battery")
    account.iam.create_access_key(UserName="leaver")
    enable_device(account.iam, "leaver")
    account.write(HEAD + "settings: {max_deletes: 4}\n")
    assert account.plan()["safe"]
    account.write(HEAD + "settings: {max_deletes: 3}\n")
    shown = account.run_cli("plan", "roles.yaml", "--out", "plan.json")
    assert shown.code == 3
    said = "4 deletions (1 entity; 3 passwords, keys and MFA devices) exceed max_deletes (3)"
    assert said in shown.out
    for against in ((), ("--against", "roles.yaml")):
        account.clear_calls()
        applied = account.run_cli("apply", "plan.json", *against)
        assert (applied.code, said in applied.out, list_writes(account)) == (1, True, [])
    assert account.run_cli("apply", "plan.json", "--against", "roles.yaml", "--allow-deletes").code == 0


def test_passwords_that_users_who_stay_lose_count_without_a_deletion(account: Account) -> None:
    account.write(HEAD + "users: {a: {}, b: {}}\n")
    account.apply()
    for name in ("a", "b"):
        account.iam.create_login_profile(UserName=name, Password="correct-Horse-7-battery")
    account.write(HEAD + "settings: {max_deletes: 1}\nusers: {a: {console: false}, b: {console: false}}\n")
    plan = account.plan()
    assert (plan["summary"]["delete"], codes_of(plan)) == (0, ["too-many-deletes"])
    account.run_cli("plan", "roles.yaml", "--out", "plan.json")
    refused = account.run_cli("apply", "plan.json")
    assert (refused.code, "(0 entities; 2 passwords, keys and MFA devices) exceed max_deletes (1)" in refused.out) == (
        1,
        True,
    )
    assert account.run_cli("apply", "plan.json", "--allow-deletes").code == 0
    assert account.plan()["changes"] == []
