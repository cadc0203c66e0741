"""The environment of a process in the sandbox: everything that leads here, nothing that leads elsewhere."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.sandbox.server import Sandbox

OUTSIDE = {
    "PATH": os.environ["PATH"],
    "HOME": "/home/somebody",
    "AWS_PROFILE": "production",
    "AWS_ACCESS_KEY_ID": "AKIAREAL",
    "AWS_SESSION_TOKEN": "token",
    "AWS_ROLE_ARN": "arn:aws:iam::111111111111:role/real",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "/token",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.2/creds",
    "AWS_ENDPOINT_URL_IAM": "https://iam.amazonaws.com",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
    "AWS_CA_BUNDLE": "/ca.pem",
    "AWS_CONFIG_FILE": "/home/somebody/.aws/config",
    "HTTP_PROXY": "http://proxy:3128",
    "https_proxy": "http://proxy:3128",
    "ALL_PROXY": "socks5://proxy:1080",
    "NO_PROXY": "internal",
    "XDG_CACHE_HOME": "/home/somebody/.cache",
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


def test_nothing_of_the_users_aws_gets_in(sandbox: Sandbox) -> None:
    inside = sandbox.build_environment(OUTSIDE)
    assert {name: inside[name] for name in ("PATH", "HOME")} == {name: OUTSIDE[name] for name in ("PATH", "HOME")}
    assert inside.keys() - {"PATH", "HOME"} == sandbox.build_variables().keys()
    assert not {"production", "token", "AKIAREAL", "http://proxy:3128"} & set(inside.values())


def test_every_client_is_led_to_the_sandbox(sandbox: Sandbox) -> None:
    inside = sandbox.build_environment(OUTSIDE)
    assert inside["AWS_ENDPOINT_URL"] == sandbox.url
    assert inside["AWS_REGION"] == inside["AWS_DEFAULT_REGION"] == "us-east-1"
    assert inside["AWS_EC2_METADATA_DISABLED"] == "true"
    assert inside["AWS_PAGER"] == ""
    assert inside["RECONCILE_SANDBOX"] == "1"
    assert inside["NO_PROXY"] == inside["no_proxy"] == "*"
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "XDG_CACHE_HOME"):
        assert Path(inside[name]).parent == sandbox.folder
    assert stat.S_IMODE(sandbox.folder.stat().st_mode) == 0o700


def test_the_environment_of_the_process_is_the_default_and_stays(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("SOMETHING", "else")
    inside = sandbox.build_environment()
    assert inside["SOMETHING"] == "else"
    assert "AWS_PROFILE" not in inside
    assert os.environ["AWS_PROFILE"] == "production"


def test_boto3_in_the_environment_talks_to_the_sandbox_with_or_without_a_profile(sandbox: Sandbox) -> None:
    script = (
        "import boto3, sys\n"
        "session = boto3.Session(profile_name=sys.argv[1] if sys.argv[1:] else None)\n"
        "iam = session.client('iam')\n"
        "assert iam.meta.endpoint_url.startswith('http://127.0.0.1:'), iam.meta.endpoint_url\n"
        "iam.list_users()\n"
        "assert session.client('sts').get_caller_identity()['Account'] == '123456789012'\n"
    )
    inside = sandbox.build_environment(OUTSIDE)
    Path(inside["AWS_CONFIG_FILE"]).write_text("[profile demo]\nregion = eu-central-1\n")
    Path(inside["AWS_SHARED_CREDENTIALS_FILE"]).write_text(
        "[demo]\naws_access_key_id = AKIADEMO\naws_secret_access_key = x\n"
    )
    for arguments in ([], ["demo"]):
        subprocess.run([sys.executable, "-c", script, *arguments], env=inside, check=True)
