"""`run`: the command's own exit code, its signals, and a shell that says where it is."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from reconciler.sandbox.shell import run_in_sandbox


@pytest.mark.parametrize(
    ("script", "code"),
    [("exit 0", 0), ("exit 3", 3), ("kill -TERM $$", 143), ("kill -KILL $$", 137)],
)
def test_the_exit_code_is_the_commands_own(script: str, code: int) -> None:
    assert run_in_sandbox(["sh", "-c", script]) == code


def test_the_command_runs_in_the_sandbox(capfd: pytest.CaptureFixture[str]) -> None:
    script = "import boto3; print(boto3.client('iam').create_user(UserName='alice')['User']['Arn'])"
    assert run_in_sandbox([sys.executable, "-c", script]) == 0
    out, err = capfd.readouterr()
    assert out == "arn:aws:iam::123456789012:user/alice\n"
    assert err == ""


def test_a_command_that_is_not_there_is_127(capfd: pytest.CaptureFixture[str]) -> None:
    assert run_in_sandbox(["no-such-command-at-all"]) == 127
    assert capfd.readouterr().err == "reconcile sandbox: no-such-command-at-all: command not found\n"


def test_a_file_that_is_no_command_is_126(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert run_in_sandbox([str(tmp_path / "file")]) == 126
    assert capfd.readouterr().err == f"reconcile sandbox: {tmp_path}/file: Permission denied\n"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 7), (signal.SIGTERM, 143)])
def test_a_signal_goes_to_the_command_and_the_sandbox_ends_with_it(number: int, code: int) -> None:
    command = "trap 'exit 7' INT; echo ready; while :; do sleep 0.02; done"
    script = "import sys; from reconciler.sandbox.shell import run_in_sandbox; "
    script += f"sys.exit(run_in_sandbox(['sh', '-c', {command!r}]))"
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Tests that run in the background of a script ignore SIGINT, and so would the command.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        assert process.wait(timeout=10) == code
        process.stdout.close()
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def test_no_command_starts_the_users_shell_with_a_note(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    shell = tmp_path / "my-shell"
    shell.write_text('#!/bin/sh\necho "$PS1$RECONCILE_SANDBOX"\nexit 5\n')
    shell.chmod(0o755)
    monkeypatch.setenv("SHELL", str(shell))
    assert run_in_sandbox([]) == 5
    out, err = capfd.readouterr()
    assert out == "(sandbox) $ 1\n"
    assert "http://127.0.0.1:" in err
    assert "nothing reaches AWS" in err


@pytest.mark.parametrize(("shell", "start", "prompt"), [("bash", ".bashrc", "PS1"), ("zsh", ".zshrc", "PROMPT")])
def test_start_up_files_of_the_user_count_but_do_not_lead_out(
    tmp_path: Path, shell: str, start: str, prompt: str
) -> None:
    path = shutil.which(shell)
    if path is None:
        pytest.skip(f"no {shell} here")
    (tmp_path / start).write_text(
        "export AWS_PROFILE=production AWS_ROLE_ARN=role AWS_ENDPOINT_URL=https://aws HTTPS_PROXY=x MINE=mine\n"
        f"{prompt}='me> '\n"
    )
    question = (
        f'echo "=${{AWS_PROFILE-}}=${{AWS_ROLE_ARN-}}=$AWS_ENDPOINT_URL=${{HTTPS_PROXY-}}=$NO_PROXY=$MINE=${prompt}="\n'
    )
    script = "import sys; from reconciler.sandbox.shell import run_in_sandbox; sys.exit(run_in_sandbox([]))"
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TERM": "dumb", "SHELL": path}
    told = subprocess.run(
        [sys.executable, "-c", script], input=question, env=environment, capture_output=True, text=True, timeout=30
    )
    assert re.search(r"===http://127.0.0.1:\d+==\*=mine=\(sandbox\) me> =", told.stdout)


def test_run_starts_and_stops_within_seconds() -> None:
    begun = time.monotonic()
    run_in_sandbox(["true"])
    assert time.monotonic() - begun < 10
