"""A home folder whose cache has credentials for aliases, so that `assume` is warm without a call to AWS.

They are stored under the names that the slow path uses. So the fast path finds them only if it uses the same names.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from reconciler.app.assume_request import AssumeRequest, AssumeRun
from reconciler.assume import chain
from reconciler.assume.cache import CREDENTIALS, IDENTITIES, Cache, key_of
from reconciler.assume.fast_path import serve_assume
from reconciler.cli.main import run_command

ENDS = datetime(2199, 1, 2, 3, 4, 5, tzinfo=UTC)
NOWHERE = "http://127.0.0.1:9"
USER = "arn:aws:iam::123456789012:user/ann"


@dataclass(frozen=True)
class CommandResult:
    code: int | None
    out: str
    err: str


@dataclass
class PlantedCache:
    """A cache with credentials. environ: the user's environment. capture: pytest's capfd."""

    folder: Path
    capture: Any
    environ: dict[str, str] = field(default_factory=dict)
    count: int = 0

    def __post_init__(self) -> None:
        self.environ = {
            "HOME": str(self.folder),
            "PATH": os.environ["PATH"],
            "SHELL": "/bin/bash",
            "NO_COLOR": "1",
            "AWS_ENDPOINT_URL": NOWHERE,
            "AWS_ACCESS_KEY_ID": "AKIAANN",
            "AWS_SECRET_ACCESS_KEY": "s",
        }

    def write(self, text: str, name: str = "roles.yaml") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def plant_credentials(
        self, alias: str, caller: str = USER, more: Mapping[str, str] | None = None, **wanted: Any
    ) -> str:
        """Store credentials of the alias for this caller, and return their access key id, which is unique."""
        environ = self.environ | (more or {})
        with self.use_environment(environ):
            cache = Cache.from_environ(environ, lambda line: None)
            walk = AssumeRun(AssumeRequest(alias, **wanted), environ, cache)
            caller_identity = {
                "arn": caller,
                "account": caller.split(":")[4],
                "session_name": chain.derive_session_name(caller),
                "asked": time.time(),
            }
            cache.put(IDENTITIES, key_of(walk.source_id, walk.endpoint), caller_identity)
            self.count += 1
            key = f"ASIA{self.count:04}"
            entry = {
                "keys": [key, "hush", "token", f"{ENDS:%Y-%m-%dT%H:%M:%SZ}"],
                "expires": ENDS.timestamp(),
                "alias": alias,
            }
            cache.put(CREDENTIALS, walk.cache_key_of(len(walk.requests) - 1), entry)
        return key

    @contextlib.contextmanager
    def use_environment(self, environ: Mapping[str, str]) -> Any:
        with patch.dict(os.environ, environ, clear=True), contextlib.chdir(self.folder):
            yield

    def run_fast(self, *words: str, **more: str) -> CommandResult:
        """Run the fast path alone. The code is None if it leaves the answer to the slow path."""
        environ = self.environ | more
        with self.use_environment(environ):
            self.capture.readouterr()
            code = serve_assume(["assume", *words], environ)
            return CommandResult(code, *self.capture.readouterr())

    def run_slow(self, *words: str, **more: str) -> CommandResult:
        """Run the slow path alone."""
        with self.use_environment(self.environ | more):
            self.capture.readouterr()
            code = run_command(["assume", *words])
            return CommandResult(code, *self.capture.readouterr())

    def run_both(self, *words: str, **more: str) -> CommandResult:
        """Run both paths, check that the fast one answers and that they agree, and return the answer."""
        fast = self.run_fast(*words, **more)
        assert fast.code is not None, f"the fast path does not answer {words}"
        assert fast == self.run_slow(*words, **more)
        return fast
