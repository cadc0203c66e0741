"""`profiles`: what is shown and written, and boto3 with the profiles that were written."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.account import Account, Result
from tests.support.callers import show_caller

POSIX = pytest.mark.skipif(os.name == "nt", reason="modes and links of POSIX")
FILE = """\
version: 1
owner: test
account: "123456789012"
users:
  alice: {}
roles:
  reader: {trust: [{users: [alice], session_tags: true}], max_session_duration: 7200}
  far: {trust: [{roles: [reader]}]}
  guarded: {trust: [{users: [alice], mfa: required}]}
aliases:
  s3: {role: reader, source_profile: alice, duration: 2h, region: eu-west-1}
  far: {role: far, via: s3}
"""


class Person:
    def __init__(self, account: Account) -> None:
        self.account = account
        self.config = account.folder / "home" / ".aws" / "config"
        self.credentials = self.config.with_name("credentials")
        self.files = {"AWS_CONFIG_FILE": str(self.config), "AWS_SHARED_CREDENTIALS_FILE": str(self.credentials)}
        self.file = account.write(FILE)

    def run(self, *words: str | Path, **extra: str) -> Result:
        return self.account.run_cli("profiles", *words, **self.files | extra)

    def ok(self, *words: str | Path, **extra: str) -> Result:
        result = self.run(*words, **extra)
        assert result.code == 0, result.err
        return result

    def refusal_of(self, *words: str | Path) -> str:
        result = self.run(*words)
        assert (result.code, result.out) == (1, ""), result
        return result.err

    def with_keys(self) -> None:
        self.account.apply()
        assert self.account.run_cli("keys", "issue", "alice", **self.files).code == 0

    def who(self, profile: str, folder: Path | None = None) -> str:
        """Who boto3 is in a process of its own, with nothing but the profile."""
        environ = {name: value for name, value in self.account.environment.items() if "ACCESS_KEY" not in name}
        done = subprocess.run(
            show_caller(),
            env=environ | self.files | {"AWS_PROFILE": profile},
            cwd=folder or self.account.folder,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return done.stdout.strip() or done.stderr


@pytest.fixture
def alice(account: Account) -> Person:
    return Person(account)


def test_nothing_is_written_until_it_is_asked_for(alice: Person) -> None:
    result = alice.ok(alice.file)
    assert "+[profile s3]" in result.out and "--write" in result.err
    assert not alice.config.parent.exists()


@POSIX
def test_a_new_file_is_private(alice: Person) -> None:
    alice.ok(alice.file, "--write")
    assert stat.S_IMODE(alice.config.stat().st_mode) == 0o600
    assert stat.S_IMODE(alice.config.parent.stat().st_mode) == 0o700


def test_a_second_run_changes_nothing_and_says_so(alice: Person) -> None:
    alice.ok(alice.file, "--write")
    before = alice.config.read_bytes(), alice.config.stat().st_mtime_ns, alice.config.stat().st_ino
    for words in ((), ("--write",)):
        assert alice.ok(alice.file, *words).out == f"No changes. {alice.config} matches the file.\n"
    assert (alice.config.read_bytes(), alice.config.stat().st_mtime_ns, alice.config.stat().st_ino) == before


def test_only_our_lines_are_shown_and_changed(alice: Person) -> None:
    alice.config.parent.mkdir(parents=True)
    before = b"# mine\r\n[profile old]\r\naws_secret_access_key = hunter2\r\n"
    alice.config.write_bytes(before)
    result = alice.ok(alice.file, "--write")
    assert alice.config.read_bytes().startswith(before + b"# >>> reconcile ")
    assert b"\n" not in alice.config.read_bytes().replace(b"\r\n", b"")
    assert "hunter2" not in result.out + result.err and "mine" not in result.out
    alice.config.write_bytes(alice.config.read_bytes() + b"[profile new]\r\nregion = x\r\n")
    alice.account.write(FILE.replace("2h", "1h"))
    shown = alice.ok(alice.file, "--write").out
    assert "-duration_seconds = 7200" in shown and "+duration_seconds = 3600" in shown
    assert "@@ -6,7 +6,7 @@" in shown and "new" not in shown
    alice.account.write(FILE.partition("aliases:")[0])
    alice.ok(alice.file, "--write")
    assert alice.config.read_bytes() == before + b"[profile new]\r\nregion = x\r\n"


def test_an_alias_that_is_gone_takes_its_profile_along(alice: Person) -> None:
    alice.ok(alice.file, "--write")
    alice.account.write(FILE.replace("  far: {role: far, via: s3}\n", ""))
    assert "-[profile far]" in alice.ok(alice.file, "--write").out
    assert "[profile far]" not in alice.config.read_text() and "[profile s3]" in alice.config.read_text()


def test_keys_that_somebody_put_among_our_lines_are_not_shown(alice: Person) -> None:
    alice.ok(alice.file, "--write")
    alice.config.write_text(alice.config.read_text().replace("region =", "aws_secret_access_key = hunter2\nregion ="))
    result = alice.ok(alice.file)
    assert "aws_secret_access_key" in result.out and "hunter2" not in result.out


def test_several_files_live_side_by_side(alice: Person) -> None:
    text = FILE.replace("s3", "s3-b").replace("  far: {role: far", "  far-b: {role: far")
    other = alice.account.write(text, "b.yaml")
    alice.ok(alice.file, "--write")
    alice.ok(other, "--write")
    both = alice.config.read_text()
    alice.ok(alice.file, "--write")
    assert alice.config.read_text() == both
    assert both.count(">>> reconcile") == 2


@pytest.mark.parametrize("file", ["config", "credentials"])
@pytest.mark.parametrize("alias", ["s3", "default"])
def test_a_profile_that_is_not_ours_is_never_hidden(file: str, alias: str, alice: Person) -> None:
    alice.account.write(FILE.replace("  s3:", f"  {alias}:").replace("via: s3", f"via: {alias}"))
    alice.config.parent.mkdir(parents=True)
    header = "[default]" if alias == "default" else "[profile s3]" if file == "config" else "[s3]"
    path = alice.config.with_name(file)
    path.write_text(f"[x]\na = b\n  {header}\n[y]\n".replace("  [", "["))
    before = path.read_bytes()
    said = alice.refusal_of(alice.file, "--write")
    assert f"{path}:3:1: error: The profile {alias} already exists" in said and "--prefix" in said
    assert path.read_bytes() == before
    alice.ok(alice.file, "--write", "--prefix", "re-")
    assert f"[profile re-{alias}]" in alice.config.read_text()


def test_the_block_of_another_file_is_not_ours_either(alice: Person) -> None:
    alice.ok(alice.file, "--write")
    other = alice.account.write(FILE, "b.yaml")
    assert "profile s3 already" in alice.refusal_of(other)


def test_broken_markers_are_refused_with_their_line(alice: Person) -> None:
    alice.ok(alice.file, "--write")
    broken = alice.config.read_text().replace("# <<< reconcile <<<\n", "")
    alice.config.write_text("[a]\n" + broken)
    assert f"{alice.config}:2:1: error" in alice.refusal_of(alice.file, "--write")
    assert alice.config.read_text() == "[a]\n" + broken


@POSIX
def test_a_link_and_the_mode_stay(alice: Person) -> None:
    alice.config.parent.mkdir(parents=True)
    real = alice.account.folder / "dotfiles"
    real.write_text("[default]\n")
    real.chmod(0o640)
    alice.config.symlink_to(real)
    alice.ok(alice.file, "--write")
    assert alice.config.is_symlink() and "[profile s3]" in real.read_text()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


def test_a_place_that_cannot_be_written_is_named(alice: Person) -> None:
    blocked = alice.account.write("", "blocked") / "config"
    result = alice.run(alice.file, "--write", AWS_CONFIG_FILE=str(blocked))
    assert result.code == 1 and str(blocked.parent) in result.err and "Traceback" not in result.err


def test_an_invalid_file_writes_nothing(alice: Person) -> None:
    alice.account.write(FILE.replace("role: far", "role: fra"))
    assert "roles.yaml:12" in alice.refusal_of(alice.file, "--write")
    assert not alice.config.exists()


def test_many_runs_at_once_lose_nothing(alice: Person) -> None:
    names = [f"f{number}" for number in range(5)]
    for name in names:
        text = f'version: 1\nowner: x\naliases: {{{name}: {{role: "arn:aws:iam::123456789012:role/r"}}}}\n'
        alice.account.write(text, f"{name}.yaml")
    words = [sys.executable, "-m", "reconciler", "profiles", "--write"]
    environ = alice.account.environment | alice.files
    running = [
        subprocess.Popen([*words, f"{name}.yaml"], env=environ, cwd=alice.account.folder, stdout=-3, stderr=-3)
        for name in names
    ]
    assert [process.wait(60) for process in running] == [0] * len(names)
    text = alice.config.read_text()
    assert [name for name in names if f"[profile {name}]" not in text] == []


@pytest.mark.parametrize("words", [(), ("--credential-process",)], ids=["role_arn", "credential_process"])
def test_boto3_is_the_role_of_the_profile(words: tuple[str, ...], alice: Person) -> None:
    alice.with_keys()
    alice.ok(alice.file, "--write", "--prefix", "re-", *words)
    elsewhere = alice.account.folder / "else where"
    elsewhere.mkdir()
    (elsewhere / "reconciler.py").write_text("raise SystemExit('a module of the folder was run')\n")
    assert "assumed-role/reader/" in alice.who("re-s3", elsewhere)
    assert "assumed-role/far/" in alice.who("re-far", elsewhere)


def test_a_process_is_the_default_profile_if_the_alias_names_none(alice: Person) -> None:
    """With AWS_PROFILE itself as its source it would call itself without end."""
    alice.account.write(FILE.replace("source_profile: alice, ", "session_tags: {team: x}, "))
    alice.with_keys()
    assert "This machine has no profile default" in alice.ok(alice.file, "--write", "--credential-process").err
    assert "default" in alice.who("s3") and "assumed-role" not in alice.who("s3")
    alice.credentials.write_text(alice.credentials.read_text().replace("[alice]", "[default]"))
    assert "assumed-role/reader/alice" in alice.who("s3")


def test_variables_and_files_are_carried_along(alice: Person) -> None:
    more = alice.account.write("version: 1\nvars: {who: nobody}\naliases: {b: {role: '{{ who }}'}}\n", "more.yaml")
    alice.with_keys()
    alice.ok(alice.file, more, "--var", "who=reader", "--write", "--credential-process", "--prefix", "x-")
    text = alice.config.read_text()
    assert f"assume b --file {alice.file} --file {more} --var who=reader" in text
    assert alice.run(alice.file, more, "--var", "who=far", "--credential-process", "--prefix", "x-").out != ""


def test_the_account_is_asked_of_aws_if_the_file_has_none(alice: Person) -> None:
    alice.account.write(FILE.replace('account: "123456789012"\n', "").replace("source_profile: alice, ", ""))
    assert "arn:aws:iam::123456789012:role/reader" in alice.ok(alice.file).out
    result = alice.run(alice.file, AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")
    assert result.code == 1 and "Write `account:` in the file" in result.err
    assert alice.run(alice.file, "--credential-process", AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="").code == 0


def test_roles_of_another_partition_have_its_arns(alice: Person) -> None:
    alice.account.write(FILE.replace("eu-west-1", "cn-north-1"))
    assert "role_arn = arn:aws-cn:iam::123456789012:role/reader" in alice.ok(alice.file).out


def test_colours_are_for_terminals(alice: Person) -> None:
    assert "\x1b" not in alice.ok(alice.file).out
    assert "\x1b[32m+[profile s3]\x1b[0m" in alice.ok(alice.file, "--color", "always").out


def test_without_a_home_folder_it_is_said_what_to_set(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    result = alice.run(alice.file, AWS_CONFIG_FILE="")
    assert result.code == 1 and "Set HOME" in result.err


@POSIX
@pytest.mark.parametrize(
    ("called", "expected"),
    [
        ("bin/reconcile", "{folder}/bin/reconcile"),
        ("pytest", f"{sys.executable} -P -m reconciler"),
        ("", "-P -m reconciler"),
    ],
)
def test_the_process_is_the_program_that_wrote_it(
    called: str, expected: str, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = alice.account.write("#!/bin/sh\n", "bin/reconcile")
    script.chmod(0o755)
    monkeypatch.setattr(sys, "argv", [called])
    shown = alice.ok(alice.file, "--credential-process").out
    assert f"{expected.format(folder=alice.account.folder)} assume s3 --file {alice.file}" in shown
