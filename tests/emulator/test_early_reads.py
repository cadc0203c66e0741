"""AWS is asked while the file is read, and nobody can tell: an invalid file fails for what is wrong with it and at
once, no other account is read, and nobody is asked for credentials that are not needed."""

from __future__ import annotations

import json
import re
import socket
import stat
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from typing import Any

import pytest

from reconciler.aws.concurrency import start_call
from reconciler.aws.snapshot import AccountReader
from reconciler.desired.yaml_nodes import compose_yaml
from tests.support.account import Account

VALID = "version: 1\nowner: platform\nusers: {alice: {}}\n"
INVALID = "version: 1\nusers: {alice: {grups: []}}\n"
ELSEWHERE = f'account: "210987654321"\n{VALID}'


@pytest.fixture
def silent() -> Iterator[str]:
    """The URL of a server that takes requests and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_an_invalid_file_waits_for_no_answer_of_aws(account: Account, silent: str, command: str) -> None:
    account.write(INVALID)
    result = account.run_process(command, "roles.yaml", "--endpoint-url", silent)
    assert result.code == 1
    assert "grups" in result.err
    assert "AWS" not in result.err


def test_a_file_that_is_not_there_waits_for_no_answer_of_aws(account: Account, silent: str) -> None:
    result = account.run_process("plan", "none.yaml", "--endpoint-url", silent)
    assert result.code == 1
    assert "none.yaml" in result.err


def test_what_is_wrong_with_the_file_is_said_before_what_is_wrong_with_the_credentials(account: Account) -> None:
    account.write(INVALID)
    assert "grups" in account.run_cli("plan", "roles.yaml", "--profile", "missing").err
    account.write(VALID)
    assert "missing" in account.run_cli("plan", "roles.yaml", "--profile", "missing").err


@pytest.mark.parametrize("command", [["plan"], ["apply", "--yes"]])
def test_reads_have_their_turns_soon_while_a_plan_is_made_and_only_then(
    account: Account, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    account.write(VALID)
    before, seen, make_reader = sys.getswitchinterval(), [], AccountReader.__init__

    def note_interval(*arguments: Any, **options: Any) -> None:
        seen.append(sys.getswitchinterval())
        make_reader(*arguments, **options)

    monkeypatch.setattr(AccountReader, "__init__", note_interval)
    assert account.run_cli(*command, "roles.yaml").code in (0, 2)
    assert seen[0] < before == sys.getswitchinterval()


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_nothing_of_another_account_is_read(account: Account, command: str) -> None:
    account.write(ELSEWHERE)
    account.clear_calls()
    result = account.run_cli(command, "roles.yaml")
    assert result.code == 1
    assert "210987654321" in result.err
    assert account.count_calls() == {"GetCallerIdentity": 1}


@pytest.mark.parametrize("written", ["210987654321", "[210987654321]", "", "{}"])
def test_nothing_is_read_if_the_file_has_something_else_for_an_account(account: Account, written: str) -> None:
    account.write(f"account: {written}\n{VALID}")
    account.clear_calls()
    result = account.run_cli("plan", "roles.yaml")
    assert result.code == 1
    assert set(account.count_calls()) <= {"GetCallerIdentity"}


def test_what_is_wrong_with_the_file_is_said_before_that_it_is_for_another_account(account: Account) -> None:
    account.write(f'account: "210987654321"\n{INVALID}')
    result = account.run_cli("plan", "roles.yaml")
    assert "grups" in result.err
    assert "210987654321" not in result.err


def test_a_program_that_finds_credentials_is_run_for_a_valid_file_alone(account: Account) -> None:
    program, ran = account.folder / "ask", account.folder / "ran"
    keys = {"Version": 1, "AccessKeyId": "test", "SecretAccessKey": "test"}
    program.write_text(f"#!{sys.executable}\nopen({str(ran)!r}, 'a').write('x')\nprint({json.dumps(keys)!r})\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    config = account.write(f"[profile asking]\ncredential_process = {program}\nregion = us-east-1\n", "config")
    account.write(INVALID)
    assert account.run_cli("plan", "roles.yaml", "--profile", "asking", AWS_CONFIG_FILE=str(config)).code == 1
    assert not ran.exists()
    account.write(VALID)
    result = account.run_cli("plan", "roles.yaml", "--profile", "asking", AWS_CONFIG_FILE=str(config))
    assert result.code == 0, result.err
    assert ran.exists()


@pytest.mark.parametrize(("answered", "times"), [(True, 1), (False, 2)])
def test_a_file_for_any_account_is_parsed_once_if_aws_has_answered_by_then(
    account: Account, monkeypatch: pytest.MonkeyPatch, answered: bool, times: int
) -> None:
    account.write("version: 1\nowner: platform\nroles: {app: {trust: [{accounts: ['{{ account_id }}']}]}}\n")
    parsed: list[str] = []

    def wait_for_answer(call: Callable[..., Any], *arguments: Any) -> Future[Any]:
        begun = start_call(call, *arguments)
        wait([begun])
        return begun

    def note_file(data: bytes, name: str) -> Any:
        parsed.append(name)
        return compose_yaml(data, name)

    monkeypatch.setattr("reconciler.app.plan.start_call", wait_for_answer)
    monkeypatch.setattr("reconciler.desired.compose.compose_yaml", note_file)
    if not answered:
        monkeypatch.setattr("reconciler.app.plan._peek_caller", lambda asking: None)
    (change,) = account.plan()["changes"]
    assert len(parsed) == times
    assert "arn:aws:iam::123456789012:root" in json.dumps(change)


# --verbose


def read_verbose_calls(err: str) -> dict[str, int]:
    """Operation → calls, as --verbose tells."""
    return {name: int(times) for times, name in re.findall(r"^ +(\d+)  (\w+), \d+\.\d\d s$", err, re.MULTILINE)}


def test_verbose_tells_on_stderr_the_calls_that_were_made(account: Account) -> None:
    account.write(VALID)
    account.apply()
    account.clear_calls()
    result = account.run_cli("plan", "roles.yaml", "--format", "json", "--verbose")
    made = account.count_calls()
    assert made["ListRoles"] == 1
    assert read_verbose_calls(result.err) == made
    assert re.search(rf"^{sum(made.values())} calls to AWS in \d+\.\d\d s:$", result.err, re.MULTILINE)
    assert result.json["changes"] == []


def test_nothing_of_the_calls_is_said_unasked(account: Account) -> None:
    account.write(VALID)
    assert account.run_cli("plan", "roles.yaml").err == ""
