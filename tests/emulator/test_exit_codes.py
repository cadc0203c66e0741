"""Exit codes and refusals, row by row of the command line's table; never a traceback."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from reconciler.sandbox.server import Sandbox
from tests.support.account import Account, Result
from tests.support.faults import FaultLayer, refuse_with
from tests.support.plans import is_read, list_writes, read_log
from tests.support.warm_python import cold_processes

if sys.platform != "win32":
    from tests.unit.shell.pseudo import Pseudo

FILE = """\
version: 1
owner: platform
account: "123456789012"
roles:
  app: {trust: [{services: [ec2.amazonaws.com]}]}
"""
WRONG_ACCOUNT = FILE.replace("123456789012", "210987654321")
UNSAFE = FILE + "settings: {max_deletes: 0}\n"


class Row(NamedTuple):
    """`said`: texts that stderr must have. The file is `roles.yaml`, unless the arguments name another."""

    arguments: tuple[str, ...]
    code: int
    said: tuple[str, ...] = ()
    text: str = FILE


PENDING: dict[str, Row] = {
    "plan with changes": Row(("plan", "roles.yaml"), 0),
    "plan without a file name": Row(("plan",), 0),
    "plan of a folder": Row(("plan", "."), 0),
    "plan with changes as JSON": Row(("plan", "roles.yaml", "--format", "json"), 0),
    "plan with changes and a detailed exit code": Row(("plan", "roles.yaml", "--detailed-exitcode"), 2),
    "validate": Row(("validate", "roles.yaml"), 0),
}

REFUSED: dict[str, Row] = {
    "an unknown key": Row(("plan", "roles.yaml"), 1, ("roles.yaml:5:9:", "trsut"), FILE.replace("trust", "trsut")),
    "an unknown reference": Row(
        ("plan", "roles.yaml"),
        1,
        ("roles.yaml:5:", "ghost"),
        FILE.replace("services: [ec2.amazonaws.com]", "users: [ghost]"),
    ),
    "no YAML": Row(("plan", "roles.yaml"), 1, ("roles.yaml:",), FILE + "  }{\n"),
    "a key twice": Row(("plan", "roles.yaml"), 1, ("roles.yaml:6:1:", "version"), FILE + "version: 1\n"),
    "an empty file": Row(("plan", "roles.yaml"), 1, ("roles.yaml:1:1:", "empty"), ""),
    "another version": Row(("plan", "roles.yaml"), 1, ("roles.yaml:1:",), FILE.replace("version: 1", "version: 2")),
    "an unquoted account": Row(("plan", "roles.yaml"), 1, ("roles.yaml:3:", "Quote it"), FILE.replace('"', "")),
    "a broken file with a detailed exit code": Row(
        ("plan", "roles.yaml", "--detailed-exitcode"), 1, ("roles.yaml:5:9:",), FILE.replace("trust", "trsut")
    ),
    "an apply of a broken file": Row(
        ("apply", "roles.yaml", "--yes"), 1, ("roles.yaml:5:9:",), FILE.replace("trust", "trsut")
    ),
    "a validate of a broken file": Row(("validate", "roles.yaml"), 1, (), FILE.replace("trust", "trsut")),
    "no such file": Row(("plan", "missing.yaml"), 1, ("missing.yaml",)),
    "an unknown command": Row(("plna", "roles.yaml"), 1, ("plna", "'plan'")),
    "an unknown option": Row(("plan", "roles.yaml", "--detailed-exit-code"), 1, ("--detailed-exit-code",)),
    "an option without its value": Row(("plan", "roles.yaml", "--format"), 1, ("--format",)),
    "an unknown format": Row(("plan", "roles.yaml", "--format", "xml"), 1, ("xml",)),
    "a variable without a value": Row(("plan", "roles.yaml", "--var", "team"), 1, ("team",)),
    "a target that is not an address": Row(("plan", "roles.yaml", "--target", "app"), 1, ("app",)),
    "a target that is nowhere": Row(("plan", "roles.yaml", "--target", "role/ghost"), 1, ("role/ghost",)),
    "a target of no kind": Row(("plan", "roles.yaml", "--target", "rolle/app"), 1, ("rolle",)),
    "an unknown option of apply": Row(("apply", "roles.yaml", "--force"), 1, ("--force",)),
    "an unknown profile": Row(("plan", "roles.yaml", "--profile", "nobody"), 1, ("nobody",)),
    "the wrong account": Row(("plan", "roles.yaml"), 1, ("210987654321", "123456789012"), WRONG_ACCOUNT),
    "the wrong account with a detailed exit code": Row(
        ("plan", "roles.yaml", "--detailed-exitcode"), 1, ("210987654321",), WRONG_ACCOUNT
    ),
    "an apply to the wrong account": Row(
        ("apply", "roles.yaml", "--yes"), 1, ("210987654321", "123456789012"), WRONG_ACCOUNT
    ),
    "an apply that nobody can agree to": Row(("apply", "roles.yaml"), 1, ("--yes",)),
}


def run(account: Account, row: Row) -> Result:
    account.write(row.text)
    account.clear_calls()
    result = account.run_cli(*row.arguments)
    assert "Traceback" not in result.out + result.err
    return result


@pytest.mark.parametrize("what", PENDING)
def test_changes_that_are_pending_are_no_failure(account: Account, what: str) -> None:
    row = PENDING[what]
    assert run(account, row).code == row.code
    assert list_writes(account) == []


@pytest.mark.parametrize("what", REFUSED)
def test_a_refusal_exits_1_says_why_and_writes_nothing(account: Account, what: str) -> None:
    row = REFUSED[what]
    result = run(account, row)
    assert result.code == 1
    for text in row.said:
        assert text in result.err
    assert list_writes(account) == []


ORGANIZATION = """\
version: 1
organization:
  role: reconciler
  accounts:
    home: {id: "123456789012", files: [base.yaml]}
    dev: {id: "222222222222", files: [base.yaml, dev.yaml], wave: 2}
"""
DEV = "version: 1\ngroups: {dev: {}}\n"

MANY: dict[str, tuple[tuple[str, ...], int, str]] = {
    "plan with changes": (("plan",), 0, DEV),
    "plan with changes and a detailed exit code": (("plan", "--detailed-exitcode"), 2, DEV),
    "plan of some accounts": (("plan", "--detailed-exitcode", "--account", "home"), 2, "version: 2\n"),
    "plan of no account": (("plan", "--account", "qa"), 1, DEV),
    "plan with one invalid file": (("plan", "--detailed-exitcode"), 1, "version: 2\n"),
    "plan in a format for one account": (("plan", "--format", "github"), 1, DEV),
    "validate": (("validate",), 0, DEV),
    "validate with one invalid file": (("validate",), 1, "version: 2\n"),
    "accounts": (("accounts",), 0, "version: 2\n"),
    "apply that nobody can agree to": (("apply",), 1, DEV),
    "report of a file": (("report",), 1, DEV),
}


@pytest.mark.parametrize("what", MANY)
def test_a_run_over_many_accounts_exits_by_the_same_table(account: Account, what: str) -> None:
    (command, *options), code, text = MANY[what]
    account.write(ORGANIZATION, "org.yaml")
    account.write(FILE.replace('account: "123456789012"\n', ""), "base.yaml")
    account.write(text, "dev.yaml")
    account.clear_calls()
    result = account.run_cli(command, "org.yaml", *options)
    assert "Traceback" not in result.out + result.err
    assert result.code == code
    assert {line.partition(" ")[0] for line in list_writes(account)} <= {"AssumeRole"}


def test_many_accounts_of_which_one_is_unsafe_exit_3_and_1_if_one_failed(account: Account) -> None:
    account.write(ORGANIZATION, "org.yaml")
    account.write("version: 1\nowner: platform\n", "base.yaml")
    account.write(DEV.replace("{}", "{path: /platform/}") + "settings: {max_deletes: 0}\n", "dev.yaml")
    assert account.run_cli("apply", "org.yaml", "--yes").code == 0
    assert account.run_cli("apply", "org.yaml").code == 0  # nothing to ask about
    account.write("version: 1\nsettings: {max_deletes: 0}\n", "dev.yaml")
    for options in (("plan",), ("plan", "--detailed-exitcode"), ("apply", "--yes")):
        assert account.run_cli(options[0], "org.yaml", *options[1:]).code == 3
    account.write("version: 1\nusers: {x: {pth: /}}\n", "home.yaml")
    account.write(ORGANIZATION.replace("[base.yaml]}", "[base.yaml, home.yaml]}"), "org.yaml")
    assert account.run_cli("plan", "org.yaml").code == 1


def test_without_changes_every_plan_exits_0(account: Account) -> None:
    account.write(FILE)
    account.apply()
    assert account.run_cli("plan", "roles.yaml").code == 0
    assert account.run_cli("plan", "roles.yaml", "--detailed-exitcode").code == 0
    assert account.run_cli("apply", "roles.yaml").code == 0


@pytest.mark.parametrize("command", [("plan",), ("apply", "--yes")])
def test_in_the_wrong_account_nothing_of_iam_is_even_read(account: Account, command: tuple[str, ...]) -> None:
    account.write(WRONG_ACCOUNT)
    account.clear_calls()
    assert account.run_cli(command[0], "roles.yaml", *command[1:]).code == 1
    assert set(account.count_calls()) <= {"GetCallerIdentity"}


@pytest.mark.parametrize("text", [FILE.replace("trust", "trsut"), "", FILE + "  }{\n"])
def test_a_broken_file_is_told_whatever_aws_says_and_nothing_but_read(account: Account, text: str) -> None:
    """AWS may be asked while the file is checked; nobody waits for what it answers."""
    account.write(text)
    account.clear_calls()
    result = account.run_cli("plan", "roles.yaml")
    assert (result.code, "roles.yaml:" in result.err) == (1, True)
    assert all(map(is_read, read_log(account)))
    nobody = account.run_process("plan", "roles.yaml", env={"AWS_ENDPOINT_URL": "http://127.0.0.1:9"})
    assert (nobody.code, nobody.err) == (1, result.err)


def test_every_error_of_a_file_is_told_in_one_run(account: Account) -> None:
    account.write("version: 1\nowner: platform\nroles:\n  a: {trsut: []}\n  b: {trust: [{users: [ghost]}]}\nuser: {}\n")
    result = account.run_cli("plan", "roles.yaml")
    assert result.code == 1
    for place in ("roles.yaml:4:", "roles.yaml:5:", "roles.yaml:6:"):
        assert place in result.err


def test_an_unsafe_plan_exits_3_in_every_format_and_is_saved_and_its_apply_exits_1(account: Account) -> None:
    account.iam.create_user(UserName="leaver", Tags=[{"Key": "reconcile:owner", "Value": "platform"}])
    account.write(UNSAFE)
    plan = account.plan()
    assert plan["safe"] is False
    assert [finding["level"] for finding in plan["findings"]] == ["error"]
    for form in ("text", "json", "markdown", "aws-cli", "github"):
        shown = account.run_cli("plan", "roles.yaml", "--format", form, "--out", "plan.json")
        assert (shown.code, shown.err) == (3, "")
        assert "max_deletes" in shown.out
    assert account.run_cli("plan", "roles.yaml", "--detailed-exitcode").code == 3
    assert account.run_cli("plan", "roles.yaml", "--allow-deletes", "--detailed-exitcode").code == 2
    assert account.run_cli("apply", "plan.json").code == 1
    account.clear_calls()
    result = account.run_cli("apply", "roles.yaml", "--yes")
    assert result.code == 1
    assert "--allow-deletes" in result.err
    assert list_writes(account) == []


def test_an_unsafe_undo_exits_3_and_a_safe_one_as_a_plan_does(account: Account) -> None:
    account.write(FILE)
    account.apply("roles.yaml", "--journal", "j.jsonl")
    assert account.run_cli("undo", "j.jsonl").code == 0
    assert account.run_cli("undo", "j.jsonl", "--detailed-exitcode").code == 2
    account.iam.tag_role(RoleName="app", Tags=[{"Key": "reconcile:owner", "Value": "web"}])
    for options in ((), ("--detailed-exitcode",)):
        unsafe = account.run_cli("undo", "j.jsonl", "--out", "undo.json", *options)
        assert (unsafe.code, unsafe.err) == (3, "")
    assert account.run_cli("undo", "j.jsonl", "--take-over").code == 0
    assert account.run_cli("apply", "undo.json").code == 1


def test_an_apply_that_is_done_exits_0_and_says_so(account: Account) -> None:
    account.write(FILE)
    result = account.run_cli("apply", "roles.yaml", "--yes")
    assert result.code == 0
    assert "Live IAM matches the file." in result.out + result.err


def test_an_eleventh_attachment_is_refused_before_the_first_call(account: Account) -> None:
    names = [f"p{index}" for index in range(11)]
    document = '{Statement: [{Effect: Allow, Action: "sns:Publish", Resource: "*"}]}'
    declared = "".join(f"  {name}: {{document: {document}}}\n" for name in names)
    user = f"users: {{alice: {{policies: [{', '.join(names)}]}}}}\n"
    account.write(f"version: 1\nowner: platform\npolicies:\n{declared}{user}")
    result = account.run_cli("apply", "roles.yaml", "--yes")
    assert result.code == 1
    assert "user/alice would have 11 attached policies; the account's quota is 10" in result.out
    assert account.iam.list_users()["Users"] == []


def test_an_apply_that_aws_stops_exits_1_says_where_and_can_go_on(tmp_path: Path) -> None:
    """A document that only IAM refuses: what was made stays, and the next run goes on from there."""
    front = FaultLayer()
    with Sandbox(wrap=front.wrap_layer) as sandbox:
        account = Account(sandbox, tmp_path)
        front.break_call("CreatePolicy b", refuse_with("MalformedPolicyDocument", "Syntax errors in policy."))
        document = '{Statement: [{Effect: Allow, Action: "sns:Publish", Resource: "*"}]}'
        account.write(
            f"version: 1\nowner: platform\npolicies:\n  a: {{document: {document}}}\n  b: {{document: {document}}}\n"
        )
        result = account.run_cli("apply", "roles.yaml", "--yes")
        assert result.code == 1
        assert "Traceback" not in result.err
        for said in ("policy/b", "CreatePolicy", "MalformedPolicyDocument", "1 of 2 calls were made, 1 was not"):
            assert said in result.err
        assert [policy["PolicyName"] for policy in account.iam.list_policies(Scope="Local")["Policies"]] == ["a"]
        front.clear()
        account.apply()


def closed_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


@pytest.mark.parametrize("command", [("plan",), ("apply", "--yes")])
def test_an_endpoint_that_does_not_answer_is_one_paragraph(
    account: Account, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    account.write(FILE)
    result = account.run_cli(
        command[0], "roles.yaml", *command[1:], "--endpoint-url", f"http://127.0.0.1:{closed_port()}"
    )
    assert result.code == 1
    assert result.out == ""
    assert "Traceback" not in result.err
    assert result.err.count("error:") == 1
    assert len(result.err.strip().splitlines()) <= 3


def test_credentials_that_are_not_there_are_one_paragraph(account: Account) -> None:
    account.write(FILE)
    account.clear_calls()
    result = account.run_cli("plan", "roles.yaml", AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")
    assert result.code == 1
    assert "credentials" in result.err
    assert result.err.count("error:") == 1
    assert read_log(account) == []


@pytest.mark.parametrize(
    "arguments",
    [("--help",), ("plan", "--help"), ("apply", "--help"), ("--version",), ()],
)
def test_asking_for_help_is_no_failure(account: Account, arguments: tuple[str, ...]) -> None:
    assert account.run_cli(*arguments).code == 0


def test_results_go_to_stdout_and_what_is_said_to_stderr(account: Account) -> None:
    account.write(FILE)
    good = account.run_cli("plan", "roles.yaml", "--format", "json")
    assert good.json["summary"]["create"] == 1
    assert good.err == ""
    account.write(FILE.replace("trust", "trsut"))
    bad = account.run_cli("plan", "roles.yaml", "--format", "json")
    assert bad.out == ""


def test_a_process_of_its_own_ends_with_the_same_codes(account: Account) -> None:
    account.write(FILE)
    with cold_processes():
        done = account.run_process("plan", "roles.yaml", "--detailed-exitcode")
        refused = account.run_process("apply", "roles.yaml")
    assert (done.code, "Traceback" in done.err) == (2, False)
    assert (refused.code, "Traceback" in refused.err) == (1, False)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("press", ["interrupt", "end_of_file"])
def test_an_interruption_at_the_question_exits_130_on_a_line_of_its_own(account: Account, press: str) -> None:
    command = [sys.executable, "-m", "reconciler", "apply", str(account.write(FILE))]
    with Pseudo(command, account.environment) as terminal:
        terminal.expect("Type 'yes' to continue: ")
        getattr(terminal, press)()
        assert terminal.code() == 130
        assert "\r\nInterrupted.\r\n" in terminal.seen
        assert "\r\n\r\nInterrupted." not in terminal.seen
    assert list_writes(account) == []
