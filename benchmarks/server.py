"""`ReplayServer`: the replay server in a process of its own, for the duration of a `with` block."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
_REMOVED_PREFIXES = ("AWS_", "PYTHON", "TF_", "RECONCILE_")


@dataclass
class ReplayServer:
    """A running replay server.

    size: the name of the workload's size. empty: serve an account without entities.
    latency: of each call, in milliseconds. writes_per_second: 0: no limit.
    """

    size: str
    empty: bool = False
    latency: float = 0
    writes_per_second: float = 0

    def __enter__(self) -> ReplayServer:
        self._folder = tempfile.TemporaryDirectory(prefix="reconcile-bench-")
        self.folder = Path(self._folder.name)
        limits = ["--latency", str(self.latency), "--writes-per-second", str(self.writes_per_second)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.replay", self.size, *limits, *(["--empty"] if self.empty else [])],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        if not self.url:
            raise SystemExit("The replay server did not start; its error is above.")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._folder.cleanup()

    def read_stats(self) -> dict[str, Any]:
        """Return the calls since `clear_stats` (replay.py, `CallCounts.read_stats`)."""
        stats: dict[str, Any] = self._request_own_page("/stats")
        return stats

    def clear_stats(self) -> None:
        self._request_own_page("/zero")

    def _request_own_page(self, path: str) -> Any:
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(self.url + path, timeout=30) as answer:
            return json.load(answer)

    def build_environment(self) -> dict[str, str]:
        """Return the environment of this process, changed so that AWS clients reach only this server.

        Variables that could slow Python down are removed.
        """
        others = {name: value for name, value in os.environ.items() if not name.upper().startswith(_REMOVED_PREFIXES)}
        return others | {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "bench",
            "AWS_SECRET_ACCESS_KEY": "bench",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "XDG_CACHE_HOME": str(self.folder),
            "NO_PROXY": "*",
            "no_proxy": "*",
            "PYTHONPATH": str(ROOT),
        }
