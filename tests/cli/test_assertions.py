"""Assertions at the prompt, from the file alone: `reconcile validate`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.main import run_command

FILE = """\
version: 1
owner: example
account: "123456789012"
users:
  alice: {groups: [dev]}
  bob: {}
groups: {dev: {path: /example/}}
roles:
  admin: {trust: [{users: [alice]}], policies: [aws:AdministratorAccess]}
assert:
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RECONCILE_FILE", raising=False)
    return tmp_path


def validate(capsys: Any, *lines: str, words: tuple[str, ...] = (), code: int = 1) -> Any:
    """Validate a file with these assertions; return the problems."""
    Path("roles.yaml").write_text(FILE + "".join(f"  - {line}\n" for line in lines))
    assert run_command(["validate", "--format", "json", *words]) == code
    return json.loads(capsys.readouterr().out)["problems"]


def test_a_file_whose_assertions_hold_is_valid(capsys: Any) -> None:
    lines = (
        "{who: 'user/*', cannot: 'iam:*'}",
        "{who: group/dev, can: sts:AssumeRole, on: role/admin}",
        "{role: role/admin, assumable_only_by: [user/alice]}",
    )
    assert validate(capsys, *lines, code=0) == []


def test_one_that_fails_has_its_place_its_name_and_the_flag(capsys: Any) -> None:
    (problem,) = validate(capsys, "{name: door, role: role/admin, assumable_only_by: [user/bob]}")
    assert problem == {
        "level": "error",
        "code": "assertion-failed",
        "address": "user/alice",
        "file": "roles.yaml",
        "line": 11,
        "column": 5,
        "message": "Assertion door fails: user/alice can assume role/admin by trust of role/admin "
        "(roles.yaml:9). Remove this access, add the principal to `assumable_only_by`, or pass --allow-assertion door "
        "this once.",
        "flag": "--allow-assertion door",
    }


def test_without_a_name_it_is_named_by_its_line(capsys: Any) -> None:
    line = "{role: role/admin, assumable_only_by: [user/bob]}"
    (problem,) = validate(capsys, line)
    assert problem["flag"] == "--allow-assertion roles.yaml:11"
    (problem,) = validate(capsys, line, words=("--allow-assertion", "roles.yaml:11"), code=0)
    assert (problem["level"], problem["code"]) == ("warning", "assertion-allowed")


def test_a_flag_for_no_assertion_is_answered_with_the_likely_one(capsys: Any) -> None:
    (problem,) = validate(
        capsys, "{name: door, role: role/admin, assumable_only_by: [user/alice]}", words=("--allow-assertion", "doors")
    )
    assert (problem["code"], "Did you mean 'door'?" in problem["message"]) == ("unknown-assertion", True)


WRONG: dict[str, tuple[str, str, str]] = {
    "nothing": ("{who: user/bob}", "bad-assertion", "says nothing"),
    "two forms": ("{who: user/bob, can: 'a:b', cannot: 'a:b'}", "bad-assertion", "has `cannot` and `can`"),
    "without who": ("{cannot: 'iam:*'}", "bad-assertion", "`cannot` without `who`"),
    "without a role": ("{assumable_only_by: [user/bob]}", "bad-assertion", "`assumable_only_by` without `role`"),
    "a key of another form": (
        "{role: role/admin, assumable_only_by: [], on: '*'}",
        "bad-assertion",
        "`on` does not go",
    ),
    "no action": ("{who: user/bob, cannot: iam}", "bad-assertion", "'iam' is not an action"),
    "a misspelt action": ("{who: user/bob, cannot: 's3:GetObjct'}", "unknown-action", "Did you mean s3:GetObject?"),
    "a misspelt user": ("{who: user/bobb, cannot: 'iam:*'}", "unknown-reference", "Did you mean 'user/bob'?"),
    "an unknown user": (
        "{who: user/zz, cannot: 'iam:*'}",
        "unknown-reference",
        "user/zz is not in this file. Declare it, or name an existing user by its ARN.",
    ),
    "a misspelt exception": ("{who: '*', cannot: 'iam:*', except: [role/admn]}", "unknown-reference", "'role/admin'"),
    "a misspelt role": ("{role: role/admn, assumable_only_by: [user/bob]}", "unknown-reference", "'role/admin'"),
    "a misspelt resource": ("{who: user/bob, cannot: 'iam:*', on: role/admn}", "unknown-reference", "'role/admin'"),
    "no address": ("{who: bob, cannot: 'iam:*'}", "bad-assertion", "'bob' is not the address of a user"),
    "a policy as principal": (
        "{who: policy/x, cannot: 'iam:*'}",
        "bad-assertion",
        "'policy/x' is not the address of a",
    ),
    "another account": (
        "{who: 'arn:aws:iam::210987654321:user/x', cannot: 'iam:*'}",
        "bad-assertion",
        "of this account",
    ),
    "the ARN of a user as role": (
        "{role: 'arn:aws:iam::123456789012:user/bob', assumable_only_by: []}",
        "bad-assertion",
        "is not a role of this account",
    ),
    "an unknown key": ("{who: user/bob, cannot: 'iam:*', whom: x}", "unknown-key", "'whom'"),
    "a number": ("{who: 7, cannot: 'iam:*'}", "wrong-type", ""),
}


@pytest.mark.parametrize("name", WRONG)
def test_an_assertion_that_says_nothing_that_can_be_checked_is_told(name: str, capsys: Any) -> None:
    line, code, text = WRONG[name]
    problems = validate(capsys, line, code=0 if code == "unknown-action" else 1)
    assert code in [problem["code"] for problem in problems]
    assert any(text in problem["message"] for problem in problems)
    assert {problem["line"] for problem in problems} == {11}


def test_who_is_in_no_file_is_named_by_the_arn(capsys: Any) -> None:
    arn = "arn:aws:iam::123456789012"
    lines = (
        f"{{who: '{arn}:user/by-hand', cannot: 'iam:*', except: ['{arn}:role/by-hand']}}",
        f"{{role: '{arn}:role/by-hand', assumable_only_by: ['{arn}:user/by-hand']}}",
    )
    assert {problem["code"] for problem in validate(capsys, *lines, code=0)} == {"assertion-unused"}


def test_the_assertions_of_several_files_are_joined_and_keep_their_places(here: Path, capsys: Any) -> None:
    (here / "more.yaml").write_text("version: 1\nassert:\n  - {name: a, who: user/bob, can: 's3:*'}\n")
    Path("roles.yaml").write_text(FILE + "  - {name: a, who: user/bob, cannot: 's3:*'}\n")
    assert run_command(["validate", "roles.yaml", "more.yaml", "--format", "json"]) == 1
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert (problem["code"], problem["file"], problem["line"]) == ("conflict", "more.yaml", 3)
    (here / "more.yaml").write_text("version: 1\nassert:\n  - {name: b, who: user/bob, can: 's3:*'}\n")
    assert run_command(["validate", "roles.yaml", "more.yaml", "--format", "json"]) == 1
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert (problem["code"], problem["file"], problem["line"]) == ("assertion-failed", "more.yaml", 3)


def test_an_item_of_another_file_that_breaks_the_schema_is_told_with_its_place(here: Path, capsys: Any) -> None:
    (here / "more.yaml").write_text("version: 1\nassert: [7]\n")
    Path("roles.yaml").write_text(FILE + "  - {name: a, who: user/bob, cannot: 's3:*'}\n")
    assert run_command(["validate", "roles.yaml", "more.yaml", "--format", "json"]) == 1
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert (problem["code"], problem["file"], problem["line"]) == ("wrong-type", "more.yaml", 2)


def test_one_assertion_that_many_break_in_many_ways_is_one_paragraph(here: Path, capsys: Any) -> None:
    grant = "Statement: [{Effect: Allow, Action: 'iam:GetUser', Resource: '*'}]"
    users = "".join(f"  u{number}: {{inline_policies: {{own: {{{grant}}}}}}}\n" for number in range(30))
    Path("roles.yaml").write_text(f"version: 1\nowner: x\nusers:\n{users}assert: [{{who: '*', cannot: 'iam:*'}}]\n")
    assert run_command(["validate"]) == 1
    shown = capsys.readouterr().err
    assert shown.count("Assertion") == 1
    assert "29 more findings, for 29 users (u1, u10, u11 …); --format json lists them." in shown


HOSTILE = "\x1b[31m</script>\u202e"


def test_hostile_texts_are_shown_escaped(capsys: Any) -> None:
    text = json.dumps(HOSTILE)
    Path("roles.yaml").write_text(
        FILE + f"  - {{who: 'user/*', can: 'iam:*', on: 'arn:aws:iam::123456789012:user/{HOSTILE[5:]}', why: {text}}}\n"
    )
    assert run_command(["validate"]) == 1
    shown = capsys.readouterr().err
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "\\x1b" in shown


def test_very_many_assertions_are_refused_and_not_checked(capsys: Any) -> None:
    lines = ["{who: '*', cannot: 'iam:*'}"] * 1001
    codes = [problem["code"] for problem in validate(capsys, *lines)]
    assert "schema" in codes
    assert "assertion-failed" not in codes
