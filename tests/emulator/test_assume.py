"""`reconcile assume` as a person runs it, against an emulated AWS."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.support.callers import show_caller
from tests.support.people import Device, create_person, speed_up_codes

if sys.platform != "win32":
    from tests.unit.shell.pseudo import Pseudo

ACCOUNT = "123456789012"
TERMINAL = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
FILE = """\
version: 1
owner: {user}
{account}
users:
  {user}: {{policies: [devices-{user}]}}
  other-{user}: {{}}
policies:
  devices-{user}:
    document: {{Statement: {{Effect: Allow, Action: "iam:ListMFADevices", Resource: "*"}}}}
roles:
  reader-{user}: {{trust: [{{users: [{user}, other-{user}], session_tags: true}}]}}
  guarded-{user}: {{trust: [{{users: [{user}], mfa: {{max_age: 1h}}}}]}}
  far-{user}: {{trust: [{{roles: [reader-{user}, guarded-{user}]}}]}}
aliases:
  s3: {{role: reader-{user}, region: eu-west-1, session_tags: {{team: x}}}}
  admin: {{role: guarded-{user}}}
  far: {{role: far-{user}, via: s3, session_name: mine}}
  onward: {{role: far-{user}}}
  deep: {{role: far-{user}, via: admin}}
  profiled: {{role: reader-{user}, source_profile: other}}
"""


@dataclass
class Account:
    """A user with keys and a device, three roles, a file, and a profile `other` of another user."""

    user: str
    folder: Path
    environ: dict[str, str]
    device: Device

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "reconciler", "assume", *words]

    def run(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Without a terminal: a session of its own."""
        return subprocess.run(
            self.command(*words),
            env=self.environ | more,
            cwd=self.folder,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def who(self, *words: str, **more: str) -> str:
        """Who the command is that these words run."""
        done = self.run(*words, "--", *show_caller(), **more)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def role(self, name: str, session: str = "") -> str:
        return f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}-{self.user}/{session or self.user}"


@pytest.fixture(scope="module")
def account(sandbox: Any, tmp_path_factory: pytest.TempPathFactory) -> Account:
    folder = tmp_path_factory.mktemp("assume")
    user = f"u{uuid.uuid4().hex[:8]}"
    iam = boto3.client(
        "iam",
        endpoint_url=sandbox.url,
        region_name="us-east-1",
        aws_access_key_id="AKIASANDBOXSANDBOX00",
        aws_secret_access_key="sandbox",
    )
    (folder / "roles.yaml").write_text(FILE.format(user=user, account=f'account: "{ACCOUNT}"'))
    (folder / "no-account.yaml").write_text(FILE.format(user=user, account=""))
    root = sandbox.build_environment() | {"PYTHONPATH": str(Path.cwd())}
    apply = [sys.executable, "-m", "reconciler", "apply", "roles.yaml", "--yes"]
    subprocess.run(apply, env=root, cwd=folder, check=True, capture_output=True)
    someone, other = create_person(iam, user, mfa=True), create_person(iam, f"other-{user}")
    (folder / "credentials").write_text(
        f"[other]\naws_access_key_id = {other.access_key}\naws_secret_access_key = {other.secret_key}\n"
    )
    environ = (
        root
        | someone.key_variables
        | {
            "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials"),
            "SHELL": "/bin/sh",
        }
    )
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        environ.pop(name, None)
    return Account(user, folder, environ, someone.device)


@pytest.fixture
def code(account: Account, monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """The device's next code."""
    return speed_up_codes(account.device, monkeypatch)


@TERMINAL
def test_eval_makes_the_shell_the_role_and_unset_takes_it_back(account: Account) -> None:
    us, show = f"{sys.executable} -m reconciler assume", shlex.join(show_caller())
    script = f'eval "$({us} s3)"; {show}; echo $AWS_REGION; eval "$({us} --unset)"; env'
    done = subprocess.run(["sh", "-c", script], env=account.environ, cwd=account.folder, capture_output=True, text=True)
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[:2] == [account.role("reader"), "eu-west-1"]
    left = {line.partition("=")[0] for line in lines[2:]}
    assert not left & {"AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN", "AWS_REGION", "RECONCILE_ALIAS"}


def test_a_command_runs_as_the_role(account: Account) -> None:
    assert account.who("s3") == account.role("reader")


def test_a_chain_of_roles_is_walked(account: Account) -> None:
    assert account.who("far") == account.role("far", "mine")


def test_the_account_comes_from_the_caller_if_the_file_has_none(account: Account) -> None:
    assert account.who("s3", "-f", "no-account.yaml") == account.role("reader")


def test_a_source_profile_beats_keys_in_the_environment(account: Account) -> None:
    other = account.role("reader", f"other-{account.user}")
    assert account.who("profiled") == other
    assert account.who("s3", "--profile", "other") == other


def test_a_nested_assume_starts_from_the_profile_of_before(account: Account) -> None:
    nested = account.command("s3", "--", *show_caller())
    environ = {name: value for name, value in account.environ.items() if "_KEY" not in name}
    done = subprocess.run(
        account.command("s3", "--", *nested),
        env=environ | {"AWS_PROFILE": "other"},
        cwd=account.folder,
        capture_output=True,
        text=True,
    )
    assert done.stdout == account.role("reader", f"other-{account.user}") + "\n"
    assert "This shell is already in `s3`" in done.stderr and "from profile other" in done.stderr


def test_a_nested_assume_from_keys_says_that_it_chains(account: Account) -> None:
    done = account.run("s3", "--", *account.command("onward", "--", *show_caller()))
    assert done.stdout == account.role("far") + "\n"
    assert "Chaining from it" in done.stderr and "never stores the keys" in done.stderr


def test_credential_process_is_one_json_object_with_an_end(account: Account) -> None:
    done = account.run("s3", "--format", "credential-process")
    answer = json.loads(done.stdout)
    assert set(answer) == {"Version", "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"}
    assert answer["Expiration"].endswith("Z")


def test_a_role_that_needs_mfa_says_what_to_pass_if_nobody_can_be_asked(account: Account) -> None:
    done = account.run("admin")
    assert (done.returncode, done.stdout) == (1, "")
    assert "--token-code" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("alias", ["admin", "deep"])
def test_a_code_may_be_passed_in_three_ways(account: Account, code: Callable[[], str], alias: str) -> None:
    role = account.role("guarded" if alias == "admin" else "far")
    assert account.who(alias, "--no-cache", "--token-code", code()) == role
    command = f"'{sys.executable}' -c 'print(\"{code()}\")'"
    assert account.who(alias, "--no-cache", "--token-command", command) == role
    assert account.who(alias, "--no-cache", RECONCILE_MFA_CODE=code()) == role


def test_a_code_that_was_used_is_refused(account: Account, code: Callable[[], str]) -> None:
    used = code()
    account.who("admin", "--no-cache", "--token-code", used)
    done = account.run("admin", "--no-cache", "--token-code", used)
    assert (done.returncode, done.stdout) == (1, "")
    assert used not in done.stderr and "Traceback" not in done.stderr


def test_a_role_session_is_told_that_it_cannot_give_mfa(account: Account) -> None:
    done = account.run("s3", "--", *account.command("admin", "--token-code", "123456"))
    assert done.returncode == 1 and "only from users" in done.stderr


@TERMINAL
def test_the_code_is_asked_for_on_the_terminal_while_stdout_is_a_pipe(
    account: Account, code: Callable[[], str], tmp_path: Path
) -> None:
    out, given = tmp_path / "out", code()
    words = " ".join(account.command("admin", "--no-cache", "-f", str(account.folder / "roles.yaml")))
    with Pseudo(["sh", "-c", f"{words} < /dev/null > {out}"], account.environ) as terminal:
        terminal.expect(rf"MFA code for admin \(arn:aws:iam::{ACCOUNT}:mfa/{account.user}\): ")
        terminal.send("12345\n")
        terminal.expect("A code is six digits. MFA code")
        terminal.send(f"{given}\n")
        assert terminal.code() == 0
        assert f"{given}'" not in terminal.seen
    assert "export RECONCILE_ALIAS='admin';" in out.read_text()


@TERMINAL
def test_an_interrupt_at_the_question_is_130(account: Account) -> None:
    command = account.command("admin", "--no-cache", "-f", str(account.folder / "roles.yaml"))
    with Pseudo(command, account.environ) as terminal:
        terminal.expect("MFA code for admin")
        terminal.interrupt()
        assert terminal.code() == 130
        assert "Traceback" not in terminal.seen


@TERMINAL
def test_an_interrupt_of_a_command_is_the_commands_own_and_comes_once(account: Account) -> None:
    script = "n=0; trap 'n=$((n+1))' INT; echo begun; sleep 1; sleep 1; echo caught $n; exit 7"
    words = ("s3", "-f", str(account.folder / "roles.yaml"), "--", "sh", "-c", script)
    with Pseudo(account.command(*words), account.environ) as terminal:
        terminal.expect("begun")
        terminal.interrupt()
        terminal.expect("caught 1")
        assert terminal.code() == 7


@TERMINAL
def test_a_terminal_gets_a_subshell_whose_prompt_names_role_and_end(account: Account) -> None:
    environ = account.environ | {"TERM": "dumb", "HOME": str(account.folder)}
    command = account.command("s3", "--shell", "bash", "-f", str(account.folder / "roles.yaml"))
    with Pseudo(command, environ) as terminal:
        terminal.expect(r"this shell is\s+arn:aws:iam::\d+:role/reader-\w+\s+until\s+\d\d:\d\d")
        terminal.expect(r"\(s3 until \d\d:\d\d\) ")
        terminal.send("echo I am $RECONCILE_ALIAS; exit 3\n")
        terminal.expect("I am s3")
        assert terminal.code() == 3
