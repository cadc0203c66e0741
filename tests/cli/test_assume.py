"""`reconcile assume`: what it prints where, its exit codes, and what it hands on. AWS is left out."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from reconciler.app import assume as use_case
from reconciler.assume.credentials import Credentials, build_variables
from reconciler.cli.main import run_command
from reconciler.model.problem import make_error

GIVEN = Credentials("ASIAEXAMPLE", "hunter2secret", "hunter2token", "2030-01-02T03:04:05Z")
ASSUMED = use_case.AssumedRole(
    "s3", "arn:aws:iam::123456789012:role/s3", GIVEN, build_variables(GIVEN, "s3", "eu-west-1", "demo")
)
PRINTED = """\
export AWS_ACCESS_KEY_ID='ASIAEXAMPLE';
export AWS_SECRET_ACCESS_KEY='hunter2secret';
export AWS_SESSION_TOKEN='hunter2token';
export AWS_CREDENTIAL_EXPIRATION='2030-01-02T03:04:05Z';
export AWS_REGION='eu-west-1';
export AWS_DEFAULT_REGION='eu-west-1';
export RECONCILE_ALIAS='s3';
export RECONCILE_SOURCE_PROFILE='demo';
unset AWS_PROFILE;
unset AWS_DEFAULT_PROFILE;
unset AWS_SECURITY_TOKEN;
"""


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[use_case.AssumeRequest]:
    """What the use case was asked for; it answers ASSUMED."""
    asked: list[use_case.AssumeRequest] = []

    def record_request(wanted: use_case.AssumeRequest, environ: Any, say: Any) -> use_case.AssumedRole:
        asked.append(wanted)
        return ASSUMED

    monkeypatch.setattr(use_case, "assume_alias", record_request)
    monkeypatch.setenv("SHELL", "/bin/bash")
    for name in ("RECONCILE_MFA_CODE", "RECONCILE_SOURCE_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    return asked


def test_assignments_are_all_that_a_pipe_gets(requests: Any, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_command(["assume", "s3"]) == 0
    assert capfd.readouterr() == (PRINTED, "")


def test_every_option_reaches_the_use_case(requests: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECONCILE_MFA_CODE", "222222")
    line = (
        "assume s3 -f a.yaml --file b.yaml --var env=prod --profile p --region r --endpoint-url http://e "
        "--duration 2h --session-name me --token-code 111111 --token-command true"
    )
    assert run_command(line.split()) == 0
    (asked,) = requests
    assert (asked.alias, tuple(asked.files), asked.variables) == ("s3", ("a.yaml", "b.yaml"), {"env": "prod"})
    assert (asked.profile, asked.region, asked.endpoint_url) == ("p", "r", "http://e")
    assert (asked.duration, asked.session_name) == (7200, "me")
    assert (asked.codes.code, asked.codes.command, asked.codes.variable) == ("111111", "true", "222222")


@pytest.mark.parametrize(("text", "seconds"), [("900", 900), ("45m", 2700), ("12h", 43200)])
def test_a_duration_is_written_as_in_the_file(requests: Any, text: str, seconds: int) -> None:
    assert run_command(["assume", "s3", "--duration", text]) == 0
    assert requests[0].duration == seconds


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("fish", "set -gx RECONCILE_ALIAS 's3';"),
        ("powershell", "$Env:RECONCILE_ALIAS = 's3'"),
        ("cmd", 'set "RECONCILE_ALIAS=s3"'),
        ("zsh", "export RECONCILE_ALIAS='s3';"),
    ],
)
def test_the_shell_can_be_chosen(requests: Any, shell: str, line: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_command(["assume", "s3", "--shell", shell]) == 0
    assert line in capfd.readouterr().out.splitlines()


def test_json_and_credential_process_are_one_object_each(requests: Any, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_command(["assume", "s3", "--format", "json"]) == 0
    assert json.loads(capfd.readouterr().out) == ASSUMED.variables
    assert run_command(["assume", "s3", "--format", "credential-process"]) == 0
    answer = json.loads(capfd.readouterr().out)
    assert answer["Version"] == 1 and answer["AccessKeyId"] == "ASIAEXAMPLE"


def test_a_command_gets_the_role_and_keeps_its_own_options(
    requests: Any, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "work")
    show = "sys.argv[1:], os.environ['RECONCILE_ALIAS'], 'AWS_PROFILE' in os.environ"
    code = f"import os, sys; print({show}); sys.exit(9)"
    assert run_command(["assume", "s3", "--", sys.executable, "-c", code, "--format", "json", "--", "-f"]) == 9
    assert capfd.readouterr() == ("['--format', 'json', '--', '-f'] s3 False\n", "")


def test_a_command_that_does_not_exist_is_127_and_one_line(requests: Any, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_command(["assume", "s3", "--", "no-such-program-here"]) == 127
    assert capfd.readouterr() == ("", "reconcile: no-such-program-here: command not found\n")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("assume", "Missing argument 'ALIAS'"),
        ("assume s3 --", "no command after"),
        ("assume s3 ls", "goes after `--`"),
        ("assume s3 --format json -- ls", "nothing is printed"),
        ("assume s3 --print -- ls", "nothing is printed"),
        ("assume --unset -- ls", "--unset"),
        ("assume --unset --format credential-process", "--unset"),
        ("assume s3 --shell tcsh", "tcsh"),
        ("assume s3 --duration soon", "'soon' is not a duration"),
        ("assume s3 --nope", "--nope"),
    ],
)
def test_a_usage_error_is_1_and_prints_no_result(
    requests: Any, line: str, said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run_command(line.split()) == 1
    out, err = capfd.readouterr()
    assert out == "" and said in err
    assert requests == []


def test_unset_needs_no_file_and_no_aws(
    requests: Any, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECONCILE_ALIAS", "s3")
    monkeypatch.setenv("RECONCILE_SOURCE_PROFILE", "it's mine")
    assert run_command(["assume", "--unset"]) == 0
    out, err = capfd.readouterr()
    assert err == "" and requests == []
    lines = out.splitlines()
    assert "unset AWS_CREDENTIAL_EXPIRATION;" in lines and "unset RECONCILE_ALIAS;" in lines
    assert lines[-1] == "export AWS_PROFILE='it'\"'\"'s mine';"


@pytest.mark.parametrize("more", [[], ["--format", "json"], ["--shell", "cmd"]])
def test_unset_leaves_the_users_own_keys_if_nothing_is_assumed(
    more: list[str], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RECONCILE_ALIAS", raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAMINE")
    assert run_command(["assume", "--unset", *more]) == 0
    assert capfd.readouterr() == ("", "reconcile: no alias is active in this shell: there is nothing to unset.\n")


def test_a_failure_is_1_and_a_paragraph_on_stderr(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise make_error("assume-refused", "AWS does not let you in.")

    monkeypatch.setattr(use_case, "assume_alias", refuse)
    assert run_command(["assume", "s3"]) == 1
    out, err = capfd.readouterr()
    assert out == "" and "AWS does not let you in." in err and "Traceback" not in err


def test_an_unknown_alias_is_met_with_a_guess_and_the_list(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "roles.yaml"
    file.write_text(
        'version: 1\nowner: t\naccount: "123456789012"\n'
        "roles: {admin: {trust: [{accounts: ['123456789012']}]}}\n"
        "aliases: {admin: {role: admin}, ops: {role: admin}}\n"
    )
    assert run_command(["assume", "admn", "-f", str(file)]) == 1
    err = capfd.readouterr().err
    assert "no alias 'admn'" in err and "admin, ops" in err and "Did you mean 'admin'?" in err


def test_help_names_the_command_after_the_dashes(capfd: pytest.CaptureFixture[str]) -> None:
    assert run_command(["assume", "--help"]) == 0
    assert "reconcile assume [OPTIONS] [ALIAS] [-- CMD...]" in capfd.readouterr().out
