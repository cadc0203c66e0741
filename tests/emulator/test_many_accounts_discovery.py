"""Accounts that AWS Organizations lists are planned beside those that the file declares."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from reconciler.sandbox.server import Sandbox
from tests.support.account import Account
from tests.support.many_accounts import HOME, addresses_of, plan_many, read_plans, statuses_of, write_organization

FILE = """\
version: 1
organization:
  role: reconciler
  defaults: {files: [base.yaml], vars: {region: eu-west-1}, wave: 2}
  discover: {DISCOVER}
"""


@pytest.fixture(scope="module")
def account(_accounts: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """One account for all tests, which write nothing there: emptying it takes AWS's policies from memory."""
    lent: Account = _accounts.lend_account(Sandbox, tmp_path_factory.mktemp("company"))
    yield lent
    lent.reset()


@pytest.fixture(scope="module")
def company(account: Account) -> dict[str, str]:
    """An organization, root > Workloads > Prod, with accounts: name → id. `shop` is in Prod, `lab` in the root."""
    client = account.make_client("organizations")
    client.create_organization(FeatureSet="ALL")
    root = client.list_roots()["Roots"][0]["Id"]
    top = client.create_organizational_unit(ParentId=root, Name="Workloads")["OrganizationalUnit"]["Id"]
    prod = client.create_organizational_unit(ParentId=top, Name="Prod")["OrganizationalUnit"]["Id"]
    made = {"root": root, "Workloads": top, "home": HOME}
    for name in ("shop", "lab"):
        tags = [{"Key": "n", "Value": name}]
        created = client.create_account(AccountName=name, Email=f"{name}@example.com", Tags=tags)
        made[name] = created["CreateAccountStatus"]["AccountId"]
    client.move_account(AccountId=made["shop"], SourceParentId=root, DestinationParentId=prod)
    return made


def write(account: Account, discover: str, more: str = "") -> None:
    write_organization(account, FILE.replace("{DISCOVER}", discover) + more)


def test_accounts_below_a_unit_are_planned(account: Account, company: dict[str, str]) -> None:
    write(account, f"{{ou: {company['Workloads']}}}")
    planned = read_plans(account)
    assert {name: (one["account"], one["wave"]) for name, one in planned.items()} == {"shop": (company["shop"], 2)}
    assert addresses_of(planned["shop"]["plan"]) == ["user/ann"]


def test_declared_accounts_keep_their_names_and_files(account: Account, company: dict[str, str]) -> None:
    write(account, "{}", f'  accounts: {{store: {{id: "{company["shop"]}", files: [prod.yaml], wave: 1}}}}\n')
    result = account.run_cli("accounts", "org.yaml", "--format", "json")
    listed = {one["name"]: one["account"] for one in result.json["accounts"]}
    assert listed.pop("store") == company["shop"]
    assert sorted(listed.values()) == sorted([HOME, company["lab"]])
    planned = read_plans(account, "--account", "store", "--account", "lab")
    assert addresses_of(planned["store"]["plan"]) == ["user/ann", "user/bob"]
    assert addresses_of(planned["lab"]["plan"]) == ["user/ann"]


def test_accounts_are_chosen_by_their_tags_and_entries_may_name_them(account: Account, company: dict[str, str]) -> None:
    write(account, "{tags: {n: lab}}")
    account.write("version: 1\nowner: a\nusers: {ann: {accounts: [lab]}, eve: {accounts: [shop]}}\n", "base.yaml")
    result = plan_many(account, "--format", "json")
    assert (result.code, statuses_of(result.json)) == (1, {"lab": "failed"})
    assert "'shop' matches no account of the organization." in result.json["accounts"][0]["error"]["message"]
    assert account.run_cli("validate", "org.yaml").code == 0  # AWS is not asked, so `shop` may be there


def test_nothing_is_planned_if_the_accounts_are_not_known(account: Account, company: dict[str, str]) -> None:
    write(account, "{ou: ou-ab12-nobody111}", f'  accounts: {{home: {{id: "{HOME}"}}}}\n')
    account.clear_calls()
    result = plan_many(account)
    assert (result.code, result.out) == (1, "")
    assert "org.yaml:5:3: error: AWS Organizations does not know one of the units ou-ab12-nobody111." in result.err
    assert set(account.count_calls()) == {"GetCallerIdentity", "ListAccountsForParent"}


def test_a_tag_that_no_account_has_leaves_no_account(account: Account, company: dict[str, str]) -> None:
    write(account, "{tags: {n: nobody}}")
    result = plan_many(account)
    assert (result.code, result.out) == (1, "")
    assert "The organization has no account." in result.err
