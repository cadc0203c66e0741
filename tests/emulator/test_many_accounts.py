"""One file plans many accounts: each with its own files, variables and role, and one that fails stops no other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reconciler.desired import compose
from reconciler.sandbox.server import Sandbox
from tests.support.account import Account, Result
from tests.support.faults import FaultLayer, refuse_with, shorten_retries, throttle
from tests.support.many_accounts import (
    BASE,
    DEV,
    HOME,
    ORGANIZATION,
    PROD,
    addresses_of,
    apply_many,
    plan_many,
    read_plans,
    statuses_of,
    write_organization,
)
from tests.support.plans import list_writes

denied = refuse_with("AccessDenied", "User is not authorized to perform: sts:AssumeRole", 403)


def entry_of(account: str, role: str = "reconciler") -> str:
    """Return the log line of the call that enters an account."""
    return f"AssumeRole arn:aws:iam::{account}:role/{role}"


@pytest.fixture
def account(faulty: Sandbox, front: FaultLayer, tmp_path: Path) -> Iterator[Account]:
    lent = Account(faulty, tmp_path)
    yield lent
    front.clear()
    lent.reset()


# What is planned


def test_each_account_gets_its_files_and_its_variables(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    composed: list[str] = []
    compose_yaml = compose.compose_yaml
    monkeypatch.setattr(
        compose, "compose_yaml", lambda data, name: composed.append(Path(name).name) or compose_yaml(data, name)
    )
    write_organization(account)
    planned = read_plans(account)
    assert {name: (one["account"], one["wave"], one["status"]) for name, one in planned.items()} == {
        "home": (HOME, 1, "changed"),
        "dev": (DEV, 1, "changed"),
        "prod": (PROD, 2, "changed"),
    }
    assert {name: addresses_of(one["plan"]) for name, one in planned.items()} == {
        "home": ["user/ann"],
        "dev": ["user/ann"],
        "prod": ["user/ann", "user/bob"],
    }
    assert {name: one["plan"]["account"] for name, one in planned.items()} == {
        "home": HOME,
        "dev": DEV,
        "prod": PROD,
    }
    texts = {name: json.dumps(one["plan"]["changes"]) for name, one in planned.items()}
    assert {name for name, text in texts.items() if "eu-north-1" in text} == {"dev"}
    assert sorted(composed) == ["base.yaml", "org.yaml", "prod.yaml"]  # each is parsed once, for all accounts
    assert {line.partition(" ")[0] for line in list_writes(account)} == {"AssumeRole"}


def test_the_same_changes_are_told_once(account: Account) -> None:
    write_organization(account, ORGANIZATION.replace("vars: {region: eu-north-1}, ", "").replace("[prod.yaml]", "[]"))
    result = plan_many(account)
    assert result.code == 0
    assert "2 accounts, the same changes: 1 to create; risk none\n  dev, prod\n" in result.out
    assert result.out.count("+ user/ann\n") == 2  # dev and prod share their warning; the caller's own has none
    assert result.out.endswith("\nPlan: 3 accounts, 3 to change.\n")
    assert "arn:aws:sts::ACCOUNT:assumed-role/reconciler/root" in result.out
    assert DEV not in result.out and PROD not in result.out
    comment = plan_many(account, "--format", "markdown").out
    assert "arn:aws:sts::ACCOUNT:assumed-role/reconciler/root" in comment
    assert DEV not in comment and PROD not in comment
    assert comment.startswith("**Plan: 3 accounts, 3 to change.**\n")
    assert comment.count("<details>") == 2
    assert "2 accounts, the same changes: 1 to create; risk none</summary>\n\n`dev`, `prod`\n" in comment


def test_entries_are_for_the_accounts_that_they_name(account: Account) -> None:
    users = f"users:\n  ann: {{accounts: ['{PROD}']}}\n  bob: {{except: [h*]}}\n  cem: {{accounts: [d?v]}}\n"
    write_organization(account, base=f"version: 1\nowner: platform\n{users}", prod="version: 1\n")
    planned = read_plans(account)
    assert {name: addresses_of(one["plan"]) for name, one in planned.items()} == {
        "home": [],
        "dev": ["user/bob", "user/cem"],
        "prod": ["user/ann", "user/bob"],
    }
    assert {name: one["status"] for name, one in planned.items()} == {
        "home": "in-step",
        "dev": "changed",
        "prod": "changed",
    }


def test_the_callers_own_account_needs_no_role_and_no_call_to_enter(account: Account, front: FaultLayer) -> None:
    write_organization(account, ORGANIZATION.replace("  role: reconciler\n", ""))
    result = plan_many(account, "--account", "home")
    assert (result.code, result.err) == (0, "")
    assert "AssumeRole" not in account.count_calls()
    result = plan_many(account, "--format", "json")
    assert (result.code, statuses_of(result.json)) == (1, {"home": "changed", "dev": "failed", "prod": "failed"})
    assert [one["error"]["code"] for one in result.json["accounts"][1:]] == ["no-member-role"] * 2


def test_a_role_on_the_way_is_entered_once_for_all(account: Account, front: FaultLayer) -> None:
    hub = "arn:aws:iam::444444444444:role/hub"
    text = ORGANIZATION.replace("  role: reconciler\n", "  role: reconciler\n  via: hub\n")
    write_organization(account, f"{text}aliases: {{hub: {{role: '{hub}'}}}}\n")
    assert plan_many(account).code == 0
    entered = [record.line for record in front.records if record.action == "AssumeRole"]
    assert sorted(entered) == sorted([f"AssumeRole {hub}", entry_of(DEV), entry_of(PROD)])


def test_the_session_is_asked_for_as_the_section_says(account: Account, front: FaultLayer) -> None:
    text = ORGANIZATION.replace(
        "  role: reconciler\n", "  role: ci/reconciler\n  session_name: nightly\n  session_tags: {team: 7}\n"
    )
    write_organization(account, text)
    assert plan_many(account, "--account", "dev").code == 0
    (entered,) = [record.parameters for record in front.records if record.action == "AssumeRole"]
    assert entered["RoleArn"] == f"arn:aws:iam::{DEV}:role/ci/reconciler"
    assert (entered["RoleSessionName"], entered["ExternalId"]) == ("nightly", "example-org-7f3a")
    assert (entered["Tags.member.1.Key"], entered["Tags.member.1.Value"]) == ("team", "7")


# Which accounts


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (("--account", "prod"), ["prod"]),
        (("--account", "[dh]*"), ["home", "dev"]),
        (("--account", DEV, "--account", "prod"), ["dev", "prod"]),
        (("--wave", "1"), ["home", "dev"]),
        (("--wave", "1", "--account", "*d*"), ["dev"]),
        (("--shard", "1/2"), ["home", "prod"]),
        (("--shard", "2/2"), ["dev"]),
        (("--wave", "2", "--shard", "2/2"), []),
    ],
)
def test_a_run_can_be_of_some_accounts(options: tuple[str, ...], names: list[str], account: Account) -> None:
    write_organization(account)
    result = account.run_cli("accounts", "org.yaml", "--format", "json", *options)
    assert [one["name"] for one in result.json["accounts"]] == names
    assert account.count_calls() == {}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--account", "prd"), "--account 'prd' matches no account. Did you mean 'prod'?"),
        (("--account", "prod", "--account", "qa*"), "--account 'qa*' matches no account."),
        (
            ("--account", "prod", "--wave", "1"),
            "No account of --account prod is in wave 1. The waves of these accounts are: 2.",
        ),
        (("--wave", "7"), "No account is in wave 7. The waves are: 1, 2."),
        (("--shard", "3/2"), "there is no shard 3 of 2"),
        (("--shard", "auto"), "auto needs one of CI_NODE_INDEX"),
        (("--shards", "2"), "--shards N goes with --shard auto."),
        (("--sizes", "none.json"), "cannot read none.json"),
        (("--max-parallel", "0"), "--max-parallel"),
        (("--format", "aws-cli"), "--format aws-cli is for one account."),
        (("--out", "org.yaml"), "org.yaml cannot be a folder"),
    ],
)
def test_a_choice_that_means_no_account_is_an_error(options: tuple[str, ...], said: str, account: Account) -> None:
    write_organization(account)
    result = plan_many(account, *options)
    assert (result.code, result.out) == (1, "")
    assert said in " ".join(result.err.split())
    assert set(account.count_calls()) <= {"GetCallerIdentity"}


@pytest.mark.parametrize(
    "words",
    [
        ("plan", "base.yaml", "--account", "prod"),
        ("plan", "base.yaml", "--wave", "1"),
        ("plan", "base.yaml", "--shard", "1/2"),
        ("plan", "base.yaml", "--max-parallel", "2"),
        ("apply", "base.yaml", "--yes", "--account", "prod"),
        ("apply", "base.yaml", "--yes", "--out", "plans"),
        ("validate", "base.yaml", "--account", "prod"),
    ],
)
def test_a_file_of_one_account_takes_no_option_of_many(words: tuple[str, ...], account: Account) -> None:
    account.write("version: 1\nowner: platform\n", "base.yaml")
    result = account.run_cli(*words)
    assert result.code == 1
    assert "is for files with `organization:`, and these describe one account." in " ".join(result.err.split())
    assert account.count_calls() == {}


@pytest.mark.parametrize(
    "words",
    [
        ("plan", "wrapper.yaml"),
        ("apply", "wrapper.yaml", "--yes"),
        ("validate", "wrapper.yaml"),
        ("access", "graph", "--file", "org.yaml"),
        ("access", "show", "user/ann", "--file", "org.yaml"),
        ("assume", "ro", "--file", "org.yaml", "--print"),
    ],
)
def test_a_file_of_many_that_is_read_for_one_is_refused(words: tuple[str, ...], account: Account) -> None:
    write_organization(account)
    account.write("version: 1\ninclude: [org.yaml]\n", "wrapper.yaml")
    result = account.run_cli(*words)
    assert (result.code, result.out) == (1, "")
    assert "This file describes the accounts of an organization" in result.err
    assert list_writes(account) == []


# Accounts that fail


def break_file(account: Account, front: FaultLayer) -> None:
    account.write("version: 1\nusers: {bob: {pth: /}}\n", "prod.yaml")


def miss_variable(account: Account, front: FaultLayer) -> None:
    account.write("version: 1\nusers: {bob: {tags: {stage: '{{ stage }}'}}}\n", "prod.yaml")


def name_another(account: Account, front: FaultLayer) -> None:
    account.write(f'version: 1\naccount: "{DEV}"\n', "prod.yaml")


def refuse_role(account: Account, front: FaultLayer) -> None:
    front.break_call(entry_of(PROD), denied)


def throttle_role(account: Account, front: FaultLayer) -> None:
    front.break_call(entry_of(PROD), throttle, times=1000)


def break_sts(account: Account, front: FaultLayer) -> None:
    front.break_call(entry_of(PROD), refuse_with("InternalFailure", "broken", 500), times=1000)


def expire_keys(account: Account, front: FaultLayer) -> None:
    front.break_call(entry_of(PROD), refuse_with("RegionDisabledException", "STS is not activated", 403), times=1000)


@pytest.mark.parametrize(
    ("spoil", "code", "said"),
    [
        (break_file, "unknown-key", "pth"),
        (miss_variable, "unknown-variable", "stage"),
        (name_another, "wrong-account", DEV),
        (refuse_role, "assume-refused", "example-org-7f3a"),
        (throttle_role, "", "Throttling"),
        (break_sts, "", "InternalFailure"),
        (expire_keys, "", "RegionDisabledException"),
    ],
)
def test_an_account_that_fails_is_named_and_the_others_are_planned(
    spoil: Callable[[Account, FaultLayer], None],
    code: str,
    said: str,
    account: Account,
    front: FaultLayer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shorten_retries(monkeypatch)
    write_organization(account)
    spoil(account, front)
    result = plan_many(account, "--format", "json", "--detailed-exitcode")
    assert (result.code, statuses_of(result.json)) == (1, {"home": "changed", "dev": "changed", "prod": "failed"})
    failed = result.json["accounts"][2]
    assert "plan" not in failed
    assert failed["error"] == failed["problems"][0]
    assert not code or failed["error"]["code"] == code
    assert said in json.dumps(failed["problems"])
    assert result.json["summary"] == {"in-step": 0, "changed": 2, "unsafe": 0, "failed": 1, "not-started": 0}


def test_a_failed_account_stands_in_the_text_and_in_the_comment(account: Account, front: FaultLayer) -> None:
    refuse_role(account, front)
    write_organization(account)
    text = plan_many(account)
    assert text.code == 1
    assert f"\nprod ({PROD}): failed\nerror: " in text.out
    assert text.out.endswith("\nPlan: 3 accounts, 2 to change, 1 failed.\n")
    refuse_role(account, front)
    comment = plan_many(account, "--format", "markdown")
    assert comment.code == 1
    assert f"<details><summary>❌ prod ({PROD}): failed</summary>\n\n`prod`\n- " in comment.out


def test_a_file_that_is_wrong_for_all_fails_all_and_is_told_once(account: Account) -> None:
    write_organization(account, base="version: 1\nusers: {ann: {pth: /}}\n", prod="version: 1\n")
    result = plan_many(account)
    assert result.code == 1
    assert result.out.count("base.yaml:2:") == 1
    assert "3 accounts: failed\n  home, dev, prod\n" in result.out


@pytest.mark.parametrize("written", ["prd.yaml", "'prd/*.yaml'", "/etc/passwd"])
def test_a_file_that_is_missing_fails_its_own_account_only(written: str, account: Account) -> None:
    write_organization(account, ORGANIZATION.replace("prod.yaml", written))
    result = plan_many(account, "--format", "json")
    assert (result.code, statuses_of(result.json)) == (1, {"home": "changed", "dev": "changed", "prod": "failed"})
    error = result.json["accounts"][2]["error"]
    assert (Path(error["file"]).name, error["line"]) == ("org.yaml", 9)
    assert account.run_cli("accounts", "org.yaml").code == 0
    validated = account.run_cli("validate", "org.yaml")
    assert (validated.code, "org.yaml:9:" in validated.err, "(in prod)" in validated.err) == (1, True, True)
    assert account.run_cli("validate", "org.yaml", "--account", "dev").code == 0
    access = account.run_cli("access", "show", "user/ann", "--file", "org.yaml", "--account", "prod")
    assert (access.code, "org.yaml:9:" in access.err) == (1, True)
    applied = apply_many(account)
    assert (applied.code, "2 changed, 1 failed" in applied.err) == (1, True)


def test_a_file_of_the_defaults_that_is_missing_fails_all_and_is_told_once(account: Account) -> None:
    write_organization(account, ORGANIZATION.replace("[base.yaml]", "[bse.yaml]"))
    result = plan_many(account)
    assert (result.code, result.out.count("Did you mean 'base.yaml'?")) == (1, 1)
    assert "3 accounts: failed\n  home, dev, prod\n" in result.out
    assert set(account.count_calls()) <= {"GetCallerIdentity"}


def test_an_unsafe_plan_exits_3_and_a_failure_outweighs_it(account: Account, front: FaultLayer) -> None:
    write_organization(account, base=f"{BASE}settings: {{max_deletes: 0}}\n", prod="version: 1\n")
    assert apply_many(account, "--account", "dev").code == 0
    account.write(BASE.replace("users: {ann", "users: {eve") + "settings: {max_deletes: 0}\n", "base.yaml")
    result = plan_many(account, "--format", "json", "--detailed-exitcode")
    assert (result.code, statuses_of(result.json)) == (3, {"home": "changed", "dev": "unsafe", "prod": "changed"})
    refuse_role(account, front)
    result = plan_many(account, "--format", "json")
    assert (result.code, statuses_of(result.json)) == (1, {"home": "changed", "dev": "unsafe", "prod": "failed"})
    applied = apply_many(account)
    assert (applied.code, "Applied: 3 accounts" in applied.err) == (1, True)
    assert "prod (333333333333): not started" in applied.err


def test_a_variable_that_no_account_knows_is_an_error_and_one_that_some_know_is_none(account: Account) -> None:
    write_organization(account, prod="version: 1\nusers: {bob: {tags: {stage: '{{ stage }}'}}}\n")
    assert plan_many(account, "--var", "stage=live").code == 0
    result = plan_many(account, "--var", "stage=live", "--var", "stge=live")
    assert result.code == 1
    assert "stge" in result.out
    assert read_plans(account, "--var", "stage=live")["prod"]["status"] == "changed"
    assert "stge" in account.run_cli("validate", "org.yaml", "--var", "stage=live", "--var", "stge=live").err
    for_dev = ("validate", "org.yaml", "--account", "dev", "--var", "stage=live")  # only prod uses it
    assert account.run_cli(*for_dev).code == 0
    assert "--var stge" in account.run_cli(*for_dev, "--var", "stge=live").err
    for part in (("--account", "dev"), ("--shard", "1/3")):
        assert plan_many(account, *part, "--var", "stage=live").code == 0
        assert "--var stge" in plan_many(account, *part, "--var", "stage=live", "--var", "stge=live").out


TYPOS = {
    "of a file": ("stge", "Did you mean 'stage'?"),
    "of another account": ("onlyy", "Did you mean 'only'?"),
    "of `vars` of an account": ("regionn", "Did you mean 'region'?"),
    "of nothing": ("zzzzzz", "Leave it out, or declare it under `vars:`."),
}


@pytest.mark.parametrize(("name", "hint"), TYPOS.values(), ids=TYPOS.keys())
def test_a_misspelt_variable_is_answered_with_the_likely_one_of_any_account(
    name: str, hint: str, account: Account
) -> None:
    base = BASE.replace("users:", "vars: {stage: live}\nusers:")
    write_organization(account, base=base, prod="version: 1\nvars: {only: prod}\nusers: {bob: {}}\n")
    for command in ("plan", "validate", "accounts"):
        for options in ((), () if command == "validate" else ("--wave", "1")):
            result = account.run_cli(command, "org.yaml", "--var", f"{name}=x", *options)
            assert_unknown(result, name, hint)
    access = ("access", "show", "user/ann", "--file", "org.yaml", "--account", "dev")
    assert_unknown(account.run_cli(*access, "--var", f"{name}=x"), name, hint)
    assert account.run_cli(*access, "--var", "only=x").code == 0


def assert_unknown(result: Result, name: str, hint: str) -> None:
    said = " ".join((result.out + result.err).split())
    assert (result.code, f"--var {name}: no file declares or uses it. {hint}" in said) == (1, True)


ASSERTED = """\
version: 1
users: {bob: {policies: ["aws:IAMFullAccess"]}}
assert: [{name: no-iam, who: user/bob, cannot: "iam:*"}]
"""


@pytest.mark.parametrize("options", [(), ("--account", "dev"), ("--shard", "1/3"), ("--wave", "2")], ids=" ".join)
def test_an_assertion_that_one_account_has_may_be_allowed_for_all(options: tuple[str, ...], account: Account) -> None:
    write_organization(account, prod=ASSERTED)
    flag = ("--allow-assertion", "no-iam")
    planned = plan_many(account, "--format", "json", *options, *flag)
    assert (planned.code, set(statuses_of(planned.json).values())) == (0, {"changed"})
    assert apply_many(account, *options, *flag).code == 0


@pytest.mark.parametrize("options", [(), ("--account", "dev")], ids=" ".join)
def test_saved_plans_take_the_flag_that_one_account_needs(options: tuple[str, ...], account: Account) -> None:
    write_organization(account, prod=ASSERTED)
    flag = ("--allow-assertion", "no-iam")
    assert plan_many(account, "--out", "plans", *options, *flag).code == 0
    assert account.run_cli("apply", "plans", *flag).code == 0


def test_an_assertion_that_no_account_has_is_an_error_of_the_run(account: Account) -> None:
    write_organization(account, prod=ASSERTED)
    flags = ("--allow-assertion", "no-iam", "--allow-assertion", "no-iamm")
    said = "--allow-assertion no-iamm: no assertion has this name. Did you mean 'no-iam'?"
    for options in ((), ("--account", "dev")):
        planned = plan_many(account, "--format", "json", *options, *flags)
        (problem,) = planned.json["problems"]
        assert (planned.code, problem["code"], problem["message"]) == (1, "unknown-assertion", said)
        assert set(statuses_of(planned.json).values()) == {"changed"}
        assert account.run_cli("validate", "org.yaml", *options, *flags[:2]).code == 0
        validated = account.run_cli("validate", "org.yaml", *options, *flags)
        assert (validated.code, said in " ".join(validated.err.split())) == (1, True)
    refused = apply_many(account, *flags)
    assert (refused.code, "Nothing was written to any account." in refused.err) == (1, True)
    assert account.iam.list_users()["Users"] == []


# Without AWS


def test_validate_checks_every_account_and_says_which_has_a_problem(account: Account) -> None:
    write_organization(account)
    result = account.run_cli("validate", "org.yaml")
    assert (result.code, result.out) == (0, "Valid: 3 accounts, 4 entities, 0 aliases.\n")
    account.write("version: 1\nusers: {bob: {pth: /}}\n", "prod.yaml")
    result = account.run_cli("validate", "org.yaml")
    assert (result.code, "(in prod)" in result.err, "prod.yaml:2:" in result.err) == (1, True, True)
    assert account.run_cli("validate", "org.yaml", "--account", "dev").code == 0
    account.write("version: 1\nusers: {ann: {pth: /}}\n", "base.yaml")
    result = account.run_cli("validate", "org.yaml", "--account", "dev", "--account", "home", "--format", "json")
    messages = [one["message"] for one in result.json["problems"]]
    assert "pth" in messages[0]
    assert not any("(in " in message for message in messages)
    assert account.count_calls() == {}


def test_accounts_are_listed_for_people_and_for_pipelines(account: Account) -> None:
    write_organization(account)

    def list_as(*options: str) -> Result:
        result = account.run_cli("accounts", "org.yaml", *options)
        assert result.code == 0
        return result

    assert list_as().out.splitlines() == [
        f"home  {HOME}  wave 1  base.yaml",
        f"dev   {DEV}  wave 1  base.yaml",
        f"prod  {PROD}  wave 2  base.yaml prod.yaml",
    ]
    assert list_as("--format", "json", "--account", "dev").json == {
        "accounts": [
            {
                "name": "dev",
                "account": DEV,
                "wave": 1,
                "canary": False,
                "files": ["base.yaml"],
                "vars": {"region": "eu-north-1"},
            }
        ]
    }
    assert list_as("--format", "github-matrix").json == {
        "include": [
            {"name": "home", "account": HOME, "wave": 1},
            {"name": "dev", "account": DEV, "wave": 1},
            {"name": "prod", "account": PROD, "wave": 2},
        ]
    }
    assert list_as("--format", "github-matrix", "--shards", "2").json == {
        "include": [{"wave": 1, "shard": "1/2"}, {"wave": 1, "shard": "2/2"}, {"wave": 2, "shard": "1/2"}]
    }
    assert 'RECONCILE_SHARD: "2/2"\n        RECONCILE_WAVE: "1"\n' in list_as("--format", "gitlab", "--shards", "2").out
    account.write("version: 1\nowner: a\n")
    assert "The file has no `organization:`." in account.run_cli("accounts", "roles.yaml").err


@pytest.mark.parametrize(("form", "most"), [("github-matrix", 256), ("gitlab", 200)])
def test_a_matrix_that_the_engine_does_not_take_is_an_error(form: str, most: int, account: Account) -> None:
    accounts = "\n".join(f'    a{number}: {{id: "{number:012}"}}' for number in range(1, most + 2))
    account.write(f"version: 1\norganization:\n  accounts:\n{accounts}\n", "org.yaml")
    result = account.run_cli("accounts", "org.yaml", "--format", form)
    assert (result.code, result.out) == (1, "")
    assert f"takes {most} jobs of a matrix, and these are {most + 1}. Pass --shards N." in " ".join(result.err.split())
    assert account.run_cli("accounts", "org.yaml", "--format", form, "--shards", "8").code == 0
    result = account.run_cli("accounts", "org.yaml", "--format", form, "--shards", f"{most + 1}")
    assert "Pass a smaller --shards, or --wave N." in " ".join(result.err.split())


def test_two_shards_make_the_calls_of_one_run(account: Account) -> None:
    write_organization(account)
    account.clear_calls()
    plan_many(account)
    whole = account.count_calls()
    account.clear_calls()
    plan_many(account, "--shard", "1/2")
    plan_many(account, "--shard", "2/2")
    halves = account.count_calls()
    assert halves.pop("GetCallerIdentity") == 2 * whole.pop("GetCallerIdentity")
    assert halves == whole


@pytest.mark.parametrize("arguments", [("assume", "--list", "-f"), ("access",), ("profiles",), ("mfa", "status", "-f")])
def test_a_file_of_many_accounts_is_refused_for_that_alone_if_one_is_meant(
    arguments: tuple[str, ...], account: Account
) -> None:
    """Its owner and half of its entities may stand in files that only the accounts have."""
    account.write(f"{ORGANIZATION}aliases: {{ann: {{role: app, source_profile: ann}}}}\n", "org.yaml")
    result = account.run_cli(*arguments, "org.yaml")
    assert (result.code, result.out) == (1, "")
    assert "This file describes the accounts of an organization" in result.err
    assert result.err.count("error:") == 1


@pytest.mark.parametrize(
    ("declared", "said"), [("", "0 accounts"), (f"accounts: {{discovered: {{id: '{DEV}'}}}}", "1 account")]
)
def test_accounts_that_only_aws_knows_are_not_counted_as_checked(declared: str, said: str, account: Account) -> None:
    account.write(f"version: 1\nowner: x\norganization:\n  role: r\n  discover: {{}}\n  {declared}\n", "org.yaml")
    result = account.run_cli("validate", "org.yaml")
    assert (result.code, result.out) == (0, f"Valid: {said} and those of `discover`, 0 entities, 0 aliases.\n")


def test_what_a_plan_says_of_an_account_in_step_is_told_in_every_format(account: Account) -> None:
    """Here that a right ends soon; the other accounts have nothing to tell."""
    write_organization(account)
    soon = f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%d}"
    account.write(f"version: 1\nusers: {{bob: {{expires: {soon}}}}}\n", "prod.yaml")
    assert apply_many(account).code == 0
    text = plan_many(account, "--out", "plans")
    told = text.out.index(f"prod ({PROD}): in step")
    assert (text.code, text.out.endswith("\nPlan: 3 accounts, 0 to change, 3 in step.\n")) == (0, True)
    assert "bob" in text.out[told:] and told < text.out.index("2 accounts: in step\n")
    (plan,) = [one["plan"] for one in plan_many(account, "--format", "json").json["accounts"] if one["name"] == "prod"]
    assert plan["findings"]
    assert "bob" in plan_many(account, "--format", "markdown").out
    assert account.run_cli("report", "plans").out == text.out


def test_unmanaged_entities_are_listed_by_account(account: Account) -> None:
    write_organization(account)
    assert apply_many(account).code == 0
    account.iam.create_user(UserName="by-hand")
    for options in ((), ("--format", "markdown")):
        shown = plan_many(account, "--unmanaged", *options).out
        assert shown.count("user/by-hand") == 1
    assert "by-hand" not in plan_many(account).out
