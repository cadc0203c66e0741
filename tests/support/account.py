"""A sandbox account for tests: a boto3 client, and ways to run the command line against it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import boto3
from botocore.config import Config

from reconciler.aws import concurrency
from reconciler.cli.main import run_command
from reconciler.sandbox.server import Sandbox


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@lru_cache(maxsize=4)  # making one takes as long as a plan takes to read an account
def _make_client(url: str, service: str = "iam") -> Any:
    return boto3.client(
        service,
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1, "mode": "standard"}),
    )


@contextlib.contextmanager
def wait_for_reads() -> Iterator[None]:
    """Wait at the end of the block for reads that the run does not wait for itself.

    A program would end with them still running. In this process they would go on in the environment of the next test,
    and be counted there.
    """
    begun: list[Future[Any]] = []

    def future() -> Future[Any]:
        begun.append(Future())
        return begun[-1]

    with patch.object(concurrency, "Future", future):
        try:
            yield
        finally:
            while left := [one for one in begun if not one.done()]:
                assert not wait(left, timeout=60).not_done


@dataclass
class Account:
    """A sandbox and a working folder. `write` puts a file there; `run_cli` runs `reconcile` in it."""

    sandbox: Sandbox
    folder: Path
    iam: Any = field(init=False)

    def __post_init__(self) -> None:
        self.iam = _make_client(self.sandbox.url)

    def make_client(self, service: str) -> Any:
        """Return a boto3 client of another service than IAM, with the same credentials."""
        return _make_client(self.sandbox.url, service)

    @property
    def environment(self) -> dict[str, str]:
        return self.sandbox.build_environment() | {"HOME": str(self.folder), "NO_COLOR": "1"}

    def write(self, text: str, name: str = "roles.yaml") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def run_cli(self, *arguments: str | Path, **extra: str) -> Result:
        """Run `reconcile ARGUMENTS` in this process (fast). The output is that for a pipe, not a terminal."""
        out, err = io.StringIO(), io.StringIO()
        with (
            patch.dict(os.environ, self.environment | extra, clear=True),
            contextlib.chdir(self.folder),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            wait_for_reads(),
        ):
            code = run_command([str(argument) for argument in arguments])
        return Result(code, out.getvalue(), err.getvalue())

    def run_process(self, *arguments: str | Path, env: Mapping[str, str] | None = None, **options: Any) -> Result:
        """Run `reconcile ARGUMENTS` in a process of its own, as a shell does. env: further environment variables."""
        command = [sys.executable, "-m", "reconciler", *map(str, arguments)]
        completed = subprocess.run(
            command,
            env=self.environment | dict(env or {}),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=120,
            **options,
        )
        return Result(completed.returncode, completed.stdout, completed.stderr)

    def plan(self, file: str | Path = "roles.yaml", *options: str) -> Any:
        """Return the JSON plan. Check that the exit code is 3 exactly if the plan is unsafe."""
        result = self.run_cli("plan", file, "--format", "json", *options)
        assert result.code in (0, 3), result.err
        assert result.json["safe"] is (result.code == 0)
        return result.json

    def apply(self, file: str | Path = "roles.yaml", *options: str, **extra: str) -> Result:
        """Apply the file, and check that it succeeded. extra: environment variables."""
        result = self.run_cli("apply", file, "--yes", *options, **extra)
        assert result.code == 0, result.out + result.err
        return result

    def apply_and_read_plan(self, file: str | Path = "roles.yaml", *options: str) -> Any:
        """Apply the file, and return the JSON plan of that run from its journal."""
        journal = self.folder / "applied.jsonl"
        journal.unlink(missing_ok=True)
        assert "Live IAM matches" in self.apply(file, "--journal", journal.name, *options).out
        with journal.open() as lines:
            return json.loads(next(lines))["plan"]

    def clear_calls(self) -> None:
        """Set the counts of calls to zero."""
        self._post("/_sandbox/zero")

    def reset(self) -> None:
        """Delete everything in the emulator and in the strict layer's ledgers, and set the counts of calls to zero."""
        try:
            self._post("/moto-api/reset")  # the strict layer resets itself as well
        except urllib.error.HTTPError:
            self._post("/_ministack/reset")
        self.clear_calls()

    def _post(self, page: str) -> None:
        urllib.request.urlopen(urllib.request.Request(self.sandbox.url + page, method="POST")).read()

    def count_calls(self) -> dict[str, int]:
        """Return the number of calls since `clear_calls`, by operation."""
        with urllib.request.urlopen(f"{self.sandbox.url}/_sandbox/stats") as answer:
            counted: dict[str, int] = json.load(answer)["calls"]
        return counted
