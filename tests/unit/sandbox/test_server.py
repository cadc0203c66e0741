"""A sandbox's life: it starts on loopback, with or without the strict layer, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import http.client
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from reconciler.model.problem import ReconcileError
from reconciler.sandbox.server import Sandbox

OF_AWS = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def iam_at(url: str) -> Any:
    return boto3.client(
        "iam",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="AKIATEST",
        aws_secret_access_key="secret",
        config=Config(retries={"total_max_attempts": 1}),
    )


def listens(url: str) -> bool:
    host, _, port = url.removeprefix("http://").partition(":")
    with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
        return True
    return False


def wait_for_end(url: str) -> bool:
    end = time.monotonic() + 5
    while time.monotonic() < end:
        if not listens(url):
            return True
        time.sleep(0.02)
    return False


def test_it_listens_on_loopback_and_ends_with_its_block() -> None:
    with Sandbox() as sandbox:
        urls, folder = (sandbox.url, sandbox.upstream_url), sandbox.folder
        assert all(url.startswith("http://127.0.0.1:") and listens(url) for url in urls)
        assert urls[0] != urls[1]
    assert all(wait_for_end(url) for url in urls)
    assert not folder.exists()


def test_two_sandboxes_are_strangers() -> None:
    with Sandbox() as one, Sandbox() as other:
        iam_at(one.url).create_user(UserName="alice")
        assert iam_at(other.url).list_users()["Users"] == []


def test_it_answers_for_the_account_it_is_given() -> None:
    with Sandbox(account="210987654321") as sandbox:
        made = iam_at(sandbox.url).create_user(UserName="alice")
    assert made["User"]["Arn"] == "arn:aws:iam::210987654321:user/alice"


def test_without_the_strict_layer_it_is_the_bare_emulator_but_counts() -> None:
    with Sandbox(strict=False) as sandbox:
        iam = iam_at(sandbox.url)
        iam.create_user(UserName="alice")
        iam.create_user(UserName="ALICE")
        stats = json.load(urllib.request.urlopen(f"{sandbox.url}/_sandbox/stats"))
    assert stats == {"calls": {"CreateUser": 2}, "log": ["CreateUser alice", "CreateUser ALICE"]}


def test_a_port_that_is_taken_is_a_plain_problem() -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(ReconcileError, match=f"cannot listen on 127.0.0.1:{port}"):
            Sandbox(port=port).__enter__()


def test_a_missing_emulator_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: None if name == "moto" else real(name, *more))
    with pytest.raises(ReconcileError) as caught:
        Sandbox().__enter__()
    (problem,) = caught.value.problems
    assert problem.code == "sandbox-not-installed"
    assert "pip install 'reconcile-iam[sandbox]'" in problem.hint


def test_the_emulator_dies_with_us_even_when_we_are_killed() -> None:
    script = (
        "from reconciler.sandbox.server import Sandbox\n"
        "import time\n"
        "with Sandbox() as sandbox:\n"
        "    print(sandbox.url, sandbox.upstream_url, sandbox.folder, flush=True)\n"
        "    time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    *urls, folder = process.stdout.readline().split()
    assert all(listens(url) for url in urls)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert all(wait_for_end(url) for url in urls)
    for left in Path(folder).iterdir():
        left.unlink()
    Path(folder).rmdir()


def test_an_emulator_that_has_died_is_told_as_aws_would() -> None:
    with Sandbox() as sandbox:
        sandbox._emulator.stop()
        with pytest.raises(ClientError) as caught:
            iam_at(sandbox.url).list_users()
    assert caught.value.response["Error"]["Code"] == "ServiceUnavailable"


def test_a_mistake_of_the_layer_is_an_error_not_a_lost_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(request: object) -> None:
        raise KeyError("mistake")

    with Sandbox() as sandbox:
        monkeypatch.setattr(sandbox._proxy, "layer", break_down)
        with pytest.raises(ClientError, match="The sandbox failed on ListUsers: KeyError"):
            iam_at(sandbox.url).list_users()


def test_a_connection_is_kept_and_a_query_may_come_by_get() -> None:
    scope = b"AKIATEST/20260101/us-east-1/iam/aws4_request"
    request = (
        b"GET /?Action=ListUsers&Version=2010-05-08 HTTP/1.1\r\nHost: iam.amazonaws.com\r\n"
        b"Authorization: AWS4-HMAC-SHA256 Credential=" + scope + b", SignedHeaders=host, Signature=0\r\n\r\n"
    )
    with Sandbox() as sandbox, socket.create_connection(("127.0.0.1", int(sandbox.url[17:]))) as connection:
        for _ in range(2):
            connection.sendall(request)
            assert b"<ListUsersResponse" in connection.recv(65536)


def test_a_reset_leaves_nothing_of_what_was_made() -> None:
    def fill(iam: Any) -> None:
        iam.create_user(UserName="alice")  # refused where the ledger of the strict layer still has one
        iam.create_access_key(UserName="alice")
        iam.attach_user_policy(UserName="alice", PolicyArn=OF_AWS)
        iam.create_account_alias(AccountAlias="example-corp")
        iam.create_virtual_mfa_device(VirtualMFADeviceName="alice")
        iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
        assert iam.get_policy(PolicyArn=OF_AWS)["Policy"]["AttachmentCount"] == 1

    with Sandbox() as sandbox:
        iam = iam_at(sandbox.url)
        for _ in range(2):
            fill(iam)
            urllib.request.urlopen(urllib.request.Request(f"{sandbox.url}/moto-api/reset", method="POST")).read()
            assert iam.list_users()["Users"] == iam.list_roles()["Roles"] == []
            assert iam.list_account_aliases()["AccountAliases"] == []
            assert iam.list_virtual_mfa_devices()["VirtualMFADevices"] == []
            assert iam.get_policy(PolicyArn=OF_AWS)["Policy"]["AttachmentCount"] == 0


def test_the_emulator_keeps_its_connection_and_reads_each_request_to_its_end(sandbox: Sandbox) -> None:
    unread = b"GET /moto-api/data.json HTTP/1.1\r\nHost: moto\r\nContent-Length: 5\r\n\r\nabcde"
    with socket.create_connection(("127.0.0.1", int(sandbox.upstream_url[17:])), timeout=10) as connection:
        for _ in range(2):
            connection.sendall(unread)
            answer = http.client.HTTPResponse(connection)
            answer.begin()
            assert answer.status == 200 and answer.read().startswith(b"{")
