"""`reconcile show`: a saved plan as it was reviewed, without a call to AWS, or a refusal that says why."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

import pytest

from reconciler.plan.saved.fingerprint import compute_digest
from tests.support.account import Account, Result

HEAD = "version: 1\nowner: platform\n"
BEFORE = HEAD + "users: {ann: {}, bob: {}}\nroles: {app: {trust: [{users: [ann]}]}}\n"
AFTER = HEAD + (
    "users: {ann: {tags: {team: a}}}\n"
    "roles:\n  app: {trust: [{users: [ann], mfa: required}], policies: [aws:AdministratorAccess]}\n"
)
FORMATS = ("text", "json", "markdown", "aws-cli", "github")


def show(account: Account, *arguments: str) -> Result:
    """Run `show` without credentials, and with an endpoint that nobody answers."""
    nobody = {name: "" for name in account.environment if name.startswith("AWS_")}
    nobody |= {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    account.clear_calls()
    result = account.run_cli("show", *arguments, **nobody)
    assert account.count_calls() == {}
    return result


@pytest.fixture
def reviewed_account(account: Account) -> Account:
    """An account with a plan of every action, which is unsafe."""
    account.write(BEFORE)
    account.apply()
    account.iam.create_user(UserName="by-hand", Tags=[{"Key": "reconcile:owner", "Value": "web"}])
    account.write(AFTER + "settings: {max_deletes: 0}\n")
    return account


@pytest.mark.parametrize("form", FORMATS)
def test_a_saved_plan_is_shown_as_it_was_reviewed(reviewed_account: Account, form: str) -> None:
    planned = reviewed_account.run_cli("plan", "roles.yaml", "--unmanaged", "--format", form, "--out", "plan.json")
    shown = show(reviewed_account, "plan.json", "--format", form)
    assert (shown.out, shown.err) == (planned.out, "")
    assert shown.code == planned.code == 3
    reviewed_account.run_cli("plan", "roles.yaml", "--allow-deletes", "--out", "safe.json")
    assert show(reviewed_account, "safe.json").code == 0


WITH_LINES = (
    HEAD
    + """\
users:
  ann:
    inline_policies:
      own:
        Statement:
          - {Effect: Allow, Action: "iam:CreateUser", Resource: "*"}
roles:
  open:
    trust:
      - {accounts: ["222222222222"]}
  ci: {trust: [{services: [ec2.amazonaws.com]}], policies: [aws:AdministratorAccess]}
"""
)
ASSERTION = "assert:\n  - {name: no-iam, who: 'user/*', cannot: 'iam:*'}\n"


def find_lines(text: str) -> list[str]:
    """Return the lines of a plan that name a line of the file, and the text of messages without their layout."""
    return [line for line in text.splitlines() if "roles.yaml:" in line]


@pytest.mark.parametrize(("more", "code", "number"), [("", 0, 3), (ASSERTION, 1, 4)], ids=["risk", "assertion"])
def test_an_apply_names_the_lines_of_the_file_as_the_saved_plan_does(
    account: Account, more: str, code: int, number: int
) -> None:
    account.write(WITH_LINES + more)
    account.run_cli("plan", "roles.yaml", "--out", "plan.json")
    shown = find_lines(show(account, "plan.json").out)
    (account.folder / "roles.yaml").unlink()
    applied = account.run_cli("apply", "plan.json")
    assert (applied.code, find_lines(applied.out)) == (code, shown)
    assert len(shown) >= number, shown


def test_a_saved_undo_is_shown_with_its_own_goal(account: Account) -> None:
    account.write(BEFORE)
    account.apply("roles.yaml", "--journal", "j.jsonl")
    planned = account.run_cli("undo", "j.jsonl", "--out", "undo.json")
    assert show(account, "undo.json").out == planned.out
    account.run_cli("apply", "undo.json")
    planned = account.run_cli("undo", "j.jsonl", "--out", "nothing.json")
    assert "Live IAM matches what was before the apply" in planned.out
    assert show(account, "nothing.json").out == planned.out


def test_a_plan_file_of_an_earlier_version_is_shown(reviewed_account: Account) -> None:
    planned = reviewed_account.run_cli("plan", "roles.yaml", "--format", "json", "--out", "plan.json")
    edit(reviewed_account, lambda content: content["saved"].pop("shown"))
    assert show(reviewed_account, "plan.json", "--format", "json").out == planned.out


def edit(account: Account, change: Callable[[Any], object]) -> None:
    """Change plan.json, and put its checksum right."""
    path = account.folder / "plan.json"
    content = json.loads(path.read_text())
    change(content)
    content["integrity"] = compute_digest({key: value for key, value in content.items() if key != "integrity"})
    path.write_text(json.dumps(content))


FORGED: dict[str, Callable[[Any], object]] = {
    "another total": lambda content: content["summary"].update(delete=0),
    "a change less": lambda content: content["changes"].pop(),
    "a field that is another": lambda content: content["changes"][0]["fields"][0].update(path="tags.other"),
    "a change of an entity that it does not hold": lambda content: content["changes"][0].update(address="user/zoe"),
    "a finding less": lambda content: content["findings"].pop(0),
    "it is said to be safe": lambda content: content.update(safe=True),
    "a change that is none": lambda content: content["changes"].append(1),
    "a call that is none": lambda content: content["changes"][0]["calls"].append({}),
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED.keys())
def test_a_plan_whose_parts_do_not_fit_is_refused_though_its_checksum_is_right(
    reviewed_account: Account, forge: Callable[[Any], object]
) -> None:
    reviewed_account.run_cli("plan", "roles.yaml", "--out", "plan.json")
    edit(reviewed_account, forge)
    result = show(reviewed_account, "plan.json")
    assert (result.code, result.out) == (1, "")
    assert "was edited or damaged after it was saved" in result.err


@pytest.mark.skipif(sys.platform == "win32", reason="named pipes of POSIX")
def test_a_plan_that_cannot_be_read_is_not_called_another_file(account: Account) -> None:
    os.mkfifo(account.folder / "pipe")
    result = show(account, "pipe")
    assert (result.code, "Cannot read pipe: not a regular file." in result.err) == (1, True)


def test_an_edited_plan_is_refused(reviewed_account: Account) -> None:
    reviewed_account.run_cli("plan", "roles.yaml", "--out", "plan.json")
    path = reviewed_account.folder / "plan.json"
    path.write_text(path.read_text().replace("ann", "eve"))
    result = show(reviewed_account, "plan.json")
    assert (result.code, result.out) == (1, "")
    assert "was edited or damaged after it was saved" in result.err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (BEFORE, ("plan.json is not a saved plan", "reconcile plan --out plan.json")),
        ("", ("plan.json is not a saved plan",)),
        ('{"format_version": 1}', ("is the printed form of a plan", "reconcile plan --out")),
        ('{"format_version": 2}', ("has format_version 2",)),
        ('{\n  "format_version": 1, "saved"', ("was edited or damaged",)),
        (None, ("plan.json does not exist",)),
    ],
)
def test_another_file_is_told_from_a_plan(account: Account, content: str | None, said: tuple[str, ...]) -> None:
    if content is not None:
        account.write(content, "plan.json")
    result = show(account, "plan.json")
    assert (result.code, result.out) == (1, "")
    for text in said:
        assert text in result.err


def test_plan_of_a_saved_plan_names_show(reviewed_account: Account) -> None:
    reviewed_account.run_cli("plan", "roles.yaml", "--out", "plan.json")
    for command in ("plan", "validate"):
        result = reviewed_account.run_cli(command, "plan.json")
        assert result.code == 1
        assert "`reconcile show plan.json`" in result.err


def test_a_plan_that_has_ended_is_shown_and_said_to_have_ended(account: Account) -> None:
    account.write(HEAD + "users: {ann: {}}\n")
    account.run_cli("plan", "roles.yaml", "--out", "plan.json")
    edit(account, lambda content: content["saved"].update(valid_until="2020-01-01T00:00:00Z"))
    result = show(account, "plan.json")
    assert (result.code, "user/ann" in result.out) == (0, True)
    assert "this plan was valid until 2020-01-01 00:00 UTC" in result.err
