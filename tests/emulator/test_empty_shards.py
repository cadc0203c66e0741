"""Shards without an account or a change leave results, a report misses those that never ran, and none is done twice."""

from __future__ import annotations

import pytest

from tests.support.account import Account
from tests.support.many_accounts import statuses_of

FILE = """\
version: 1
owner: platform
organization:
  role: reconciler
  accounts:
    dev: {id: "222222222222"}
    test: {id: "444444444444"}
    prod: {id: "333333333333", wave: 2}
roles:
  app: {trust: [{services: [ec2.amazonaws.com]}]}
"""


@pytest.fixture
def organization(account: Account) -> Account:
    account.write(FILE, "org.yaml")
    return account


def test_a_shard_without_accounts_plans_nothing_and_ends_well(organization: Account) -> None:
    result = organization.run_cli("plan", "org.yaml", "--shard", "4/4", "--out", "plans")
    assert (result.code, result.err) == (0, "")
    assert "Plan: 0 accounts, 0 to change." in result.out


@pytest.mark.parametrize("command", ["report", "apply"])
def test_a_shard_that_would_have_no_account_may_be_left_out(organization: Account, command: str) -> None:
    """As the matrix of `accounts` leaves it out."""
    for part in (("1", "1/4"), ("1", "2/4"), ("2", "1/4")):
        assert organization.run_cli("plan", "org.yaml", "--wave", part[0], "--shard", part[1], "--out", "p").code == 0
    result = organization.run_cli(command, "p")
    assert result.code == 0, result.out + result.err
    assert "No results" not in result.out


def test_a_shard_that_would_have_an_account_is_missed(organization: Account) -> None:
    for part in (("1", "2/4"), ("2", "1/4")):
        organization.run_cli("plan", "org.yaml", "--wave", part[0], "--shard", part[1], "--out", "p")
    assert "No results: wave 1, 1/4.\n" in organization.run_cli("report", "p").out


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_the_accounts_of_a_wave_without_results_are_named(command: str, organization: Account) -> None:
    part = ("--wave", "1", "--shard", "1/2", "--out", "p", *(("--yes",) if command == "apply" else ()))
    assert organization.run_cli(command, "org.yaml", *part).code == 0
    report = organization.run_cli("report", "p", "--format", "json")
    assert (report.code, report.json["missing_parts"]) == (1, ["wave 2", "wave 1, 2/2"])
    assert statuses_of(report.json) == {"dev": "changed", "test": "not-started", "prod": "not-started"}
    organization.run_cli("plan", "org.yaml", "--account", "dev", "--wave", "1", "--out", "chosen")
    report = organization.run_cli("report", "chosen", "--format", "json")
    assert (report.code, list(statuses_of(report.json))) == (0, ["dev"])


def test_an_account_that_left_a_wave_before_it_was_planned_is_not_missed(organization: Account) -> None:
    organization.write(FILE.replace("accounts:", 'accounts:\n    left: {id: "555555555555", wave: 2}'), "org.yaml")
    organization.run_cli("plan", "org.yaml", "--wave", "1", "--out", "p")
    organization.write(FILE, "org.yaml")
    organization.run_cli("plan", "org.yaml", "--wave", "2", "--out", "p")
    report = organization.run_cli("report", "p", "--format", "json")
    assert (report.code, list(statuses_of(report.json))) == (0, ["dev", "test", "prod"])
    assert organization.run_cli("apply", "p").code == 0


def test_an_apply_without_a_change_is_no_missing_part(organization: Account) -> None:
    organization.run_cli("apply", "org.yaml", "--account", "dev", "--yes")
    for index in ("1/2", "2/2"):
        assert organization.run_cli("plan", "org.yaml", "--shard", index, "--out", "p").code == 0
    for part in (("1", "1/2"), ("1", "2/2"), ("2", "1/2")):
        assert organization.run_cli("apply", "p", "--wave", part[0], "--shard", part[1]).code == 0
    report = organization.run_cli("report", "p")
    assert (report.code, report.out.splitlines()[-1]) == (0, "Applied: 3 accounts, 2 changed, 1 in step.")


def test_applies_of_waves_that_were_planned_alone_tell_all_accounts(organization: Account) -> None:
    for wave in ("1", "2"):
        organization.run_cli("plan", "org.yaml", "--wave", wave, "--out", "p")
    for wave in ("1", "2"):
        assert organization.run_cli("apply", "p", "--wave", wave).code == 0
    assert organization.run_cli("report", "p").out.splitlines()[-1] == "Applied: 3 accounts, 3 changed."


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        (
            ('{"dev": 10, "prod": 5}', '{"test": 10, "prod": 5}'),
            "More than one part of the run has results of dev (222",
        ),
        (('{"dev": 10}', '{"dev": 9, "prod": 9}'), "No part of the run has results of test (444"),
    ],
)
def test_shards_with_other_sizes_are_not_applied(sizes: tuple[str, str], said: str, organization: Account) -> None:
    """An account would be left out, or be done by two machines."""
    for index, text in zip(("1/2", "2/2"), sizes, strict=True):
        organization.write(text, "sizes.json")
        part = ("--shard", index, "--sizes", "sizes.json", "--out", "p")
        assert organization.run_cli("plan", "org.yaml", *part).code == 0
    result = organization.run_cli("apply", "p")
    assert (result.code, result.out) == (1, "")
    assert said in result.err
    assert "Run all of them again with the same --sizes, in an empty folder." in result.err
    assert organization.run_cli("report", "p").code == 1


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_a_report_shows_no_plan_that_is_gone_or_was_edited(organization: Account, form: str) -> None:
    organization.run_cli("plan", "org.yaml", "--out", "p")
    plan = organization.folder / "p/dev.json"
    plan.write_text(plan.read_text().replace("role/app", "role/apq"))
    result = organization.run_cli("report", "p", "--format", form)
    assert (result.code, "The plan p/dev.json was edited" in result.err) == (1, True), result.out
    plan.unlink()
    result = organization.run_cli("report", "p", "--format", form)
    assert (result.code, "Its plan file p/dev.json is missing." in result.out) == (1, True), result.out
