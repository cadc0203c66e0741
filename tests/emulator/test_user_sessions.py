"""Sessions of users (GetSessionToken) and profiles that want MFA, as people have them: `aws-vault exec`, `mfa_serial`.

Over real HTTP: the sandbox refuses IAM calls of a session without MFA with InvalidClientTokenId, and STS takes it.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.account import Account, Result
from tests.support.people import Person, create_person, speed_up_codes

ID = "123456789012"
FILE = """\
version: 1
owner: vault
account: "123456789012"
users:
  vaulter: {}
  offices: {}
roles:
  open: {trust: [{users: [vaulter]}], max_session_duration: 4h}
  closed: {trust: [{users: [vaulter], mfa: required}]}
  hall: {trust: [{users: [vaulter], mfa: required}]}
  room: {trust: [{roles: [hall]}]}
aliases:
  open: {role: open}
  long: {role: open, duration: 2h}
  closed: {role: closed}
  room: {role: room, source_profile: hall}
  direct: {role: closed, source_profile: keys}
"""


@dataclass
class Vault:
    """A user with a device, and a session of it without MFA, as `aws-vault exec` makes one."""

    account: Account
    who: Person
    session: dict[str, str]

    def run(self, *words: str) -> Result:
        return self.account.run_cli(*words, XDG_CACHE_HOME=str(self.account.folder / "cache"), **self.session)


@pytest.fixture(scope="module")
def vault(sandbox: Any, tmp_path_factory: pytest.TempPathFactory) -> Vault:
    account = Account(sandbox, tmp_path_factory.mktemp("vault"))
    account.write(FILE)
    account.apply()
    who = create_person(account.iam, "vaulter", mfa=True)
    keys = who.make_client("sts", sandbox.url).get_session_token()["Credentials"]
    names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
    variables = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    return Vault(account, who, {variable: keys[name] for variable, name in zip(variables, names, strict=True)})


@pytest.mark.parametrize(
    "words",
    [
        ("plan", "roles.yaml"),
        ("apply", "roles.yaml", "--yes"),
        ("export",),
        ("keys", "issue", "offices"),
        ("mfa", "status"),
        ("mfa", "enroll", "vaulter", "--seed-file", "seed"),
    ],
    ids=" ".join,
)
def test_a_session_without_mfa_is_told_from_keys_that_nobody_has(vault: Vault, words: tuple[str, ...]) -> None:
    done = vault.run(*words)
    assert done.code == 1, done.out
    assert "made without MFA (GetSessionToken)" in done.err and "aws-vault exec --no-session" in done.err
    assert "does not know these credentials" not in done.err


def test_keys_that_nobody_has_are_still_said_to_be_unknown(vault: Vault) -> None:
    unknown = {"AWS_ACCESS_KEY_ID": "ASIAABCDEFGHIJKLMNOP", "AWS_SECRET_ACCESS_KEY": "x", "AWS_SESSION_TOKEN": "y"}
    done = vault.account.run_cli("plan", "roles.yaml", **unknown)
    assert done.code == 1 and "AWS does not know them (InvalidClientTokenId)" in done.err and "MFA" not in done.err


def test_an_hour_is_the_most_from_a_session_of_a_user_which_is_no_roles(vault: Vault) -> None:
    done = vault.run("assume", "long", "--print")
    assert done.code == 1 and "one hour at most" in done.err
    assert "session (GetSessionToken)" in done.err and "role's session" not in done.err
    assert "aws-vault exec --no-session" in done.err
    assert vault.run("assume", "open", "--print").code == 0


def test_a_device_that_such_a_session_may_not_look_up_is_told_how_to_be_named(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.assume.tty.make_prompt", lambda: None)
    done = vault.run("assume", "closed", "--print", "--token-command", "echo 123456")
    assert done.code == 1 and "`mfa_serial`" in done.err and "aws-vault exec --no-session" in done.err


@dataclass
class Profiles:
    """AWS's two files: the profile `keys` with the device, and `hall`, a role that is assumed with MFA."""

    vault: Vault
    folder: Path
    next_code: Callable[[], str]

    def __post_init__(self) -> None:
        who = self.vault.who
        (self.folder / "credentials").write_text(
            f"[keys]\naws_access_key_id = {who.access_key}\naws_secret_access_key = {who.secret_key}\n"
        )
        (self.folder / "config").write_text(
            f"[profile keys]\nmfa_serial = {who.device.serial}\n"
            f"[profile hall]\nrole_arn = arn:aws:iam::{ID}:role/hall\nsource_profile = keys\n"
            f"mfa_serial = {who.device.serial}\n"
        )

    @property
    def environ(self) -> dict[str, str]:
        plain = {name: value for name, value in self.vault.account.environment.items() if "ACCESS_KEY" not in name}
        return plain | {
            "AWS_CONFIG_FILE": str(self.folder / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.folder / "credentials"),
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "PYTHONPATH": str(Path.cwd()),
        }

    def run(self, *words: str, **more: str) -> Result:
        """In a process of its own that has no terminal and nothing on stdin."""
        done = subprocess.run(
            [sys.executable, "-m", "reconciler", *words],
            env=self.environ | more,
            cwd=self.vault.account.folder,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            timeout=120,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def command(self) -> str:
        """A --token-command that notes that it was run."""
        return shlex.join(["sh", "-c", f"echo >>{self.folder / 'asked'}; echo {self.next_code()}"])

    @property
    def asked(self) -> int:
        log = self.folder / "asked"
        return len(log.read_text()) if log.exists() else 0


@pytest.fixture
def profiles(vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Profiles:
    return Profiles(vault, tmp_path, speed_up_codes(vault.who.device, monkeypatch))


NOISE = ("getpass", "GetPassWarning", "echo", "Traceback", "Enter MFA code")


@pytest.mark.parametrize("how", ["--token-command", "--token-code", "variable"])
def test_a_role_of_the_profile_takes_its_code_without_a_terminal(profiles: Profiles, how: str) -> None:
    if how == "--token-command":
        done = profiles.run("assume", "room", "--print", how, profiles.command())
        assert profiles.asked == 1
    elif how == "--token-code":
        done = profiles.run("assume", "room", "--print", how, profiles.next_code())
    else:
        done = profiles.run("assume", "room", "--print", RECONCILE_MFA_CODE=profiles.next_code())
    assert (done.code, done.err) == (0, "") and "AWS_SESSION_TOKEN" in done.out


def test_a_refusal_behind_such_a_profile_is_explained_with_the_same_code(profiles: Profiles) -> None:
    """The evidence is read with the credentials that are there: a second session would want a second code."""
    done = profiles.run("assume", "open", "--print", "--profile", "hall", "--token-command", profiles.command())
    assert done.code == 1 and "may not assume role/open" in done.err and profiles.asked == 1
    assert not any(word in done.err for word in NOISE)


@pytest.mark.parametrize("words", [("assume", "room", "--print"), ("plan", "roles.yaml", "--profile", "hall")])
def test_without_any_code_nobody_is_asked_and_it_is_said_what_to_set(
    profiles: Profiles, words: tuple[str, ...]
) -> None:
    done = profiles.run(*words)
    assert done.code == 1 and done.out == "" and "RECONCILE_MFA_CODE" in done.err, done
    assert not any(word in done.err for word in NOISE)


def test_the_device_of_the_source_profile_is_the_device(profiles: Profiles) -> None:
    """The user may not list its devices here: nobody needs to."""
    spent = profiles.vault.account.count_calls().get("ListMFADevices", 0)
    done = profiles.run("assume", "direct", "--print", "--token-command", profiles.command())
    assert (done.code, done.err) == (0, "") and profiles.asked == 1
    assert profiles.vault.account.count_calls().get("ListMFADevices", 0) == spent
