"""A profile that gives no credentials: every command says which one, where it stands, and who asked for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.cli.main import run_command

FILE = """\
version: 1
account: "123456789012"
owner: platform
users:
  alice: {}
roles:
  read:
    trust:
      - users: [alice]
    policies: [aws:ReadOnlyAccess]
aliases:
  read:
    role: read
    source_profile: ops
  deep:
    role: read
    via: read
"""
CONFIG = """\
[profile other]
region = eu-central-1

[ops]
aws_access_key_id = AKIAPLANTED
aws_secret_access_key = PLANTED/secret
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "roles.yaml").write_text(FILE)
    (tmp_path / "config").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "RECONCILE_SOURCE_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    return tmp_path


BY_ALIAS = [
    "assume read -f roles.yaml --print",
    "assume deep -f roles.yaml --print",
    "assume read -f roles.yaml --explain",
]
BY_OPTION = ["plan roles.yaml --profile ops", "export --profile ops", "mfa status --profile ops"]


@pytest.mark.parametrize("line", BY_ALIAS)
def test_the_alias_that_names_a_missing_profile_is_the_place(
    folder: Path, capfd: pytest.CaptureFixture[str], line: str
) -> None:
    assert run_command(line.split()) == 1
    said = capfd.readouterr().err
    assert said.startswith(
        f"roles.yaml:12:3: error: There is no profile ops in {folder}/config and {folder}/credentials."
    )
    assert f"{folder}/config:4 has [ops], but in this file the section must be [profile ops]." in said
    assert "PLANTED" not in said


@pytest.mark.parametrize("line", BY_OPTION)
def test_without_an_alias_awss_own_line_is_the_place(
    folder: Path, capfd: pytest.CaptureFixture[str], line: str
) -> None:
    assert run_command(line.split()) == 1
    assert capfd.readouterr().err.startswith(f"{folder}/config:4:1: error: There is no profile ops")


def test_an_option_that_overrides_the_alias_is_not_put_down_to_it(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run_command("assume read -f roles.yaml --print --profile nobody".split()) == 1
    said = capfd.readouterr().err
    assert said.startswith("error: There is no profile nobody")
    assert "alias" not in said


def test_profiles_tells_that_a_file_cannot_be_read(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    config = folder / "config"
    config.write_text(f"\ufeff{CONFIG}".replace("[ops]", "[profile ops]"), encoding="utf-8")
    assert run_command(["profiles", "roles.yaml", "--prefix", "x-"]) == 0
    said = capfd.readouterr().err
    assert f"{config}:1:1: warning: AWS's tools cannot read {config}: it begins with a byte order mark" in said
