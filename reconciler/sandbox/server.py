"""`Sandbox`: an AWS account that exists for the duration of a `with` block, and the environment that leads to it.

The emulator is moto, unless the caller gives another. `strict/` corrects its differences from AWS.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Protocol

from reconciler.model.problem import make_error
from reconciler.sandbox.emulator import Emulator
from reconciler.sandbox.proxy import Layer, Proxy
from reconciler.sandbox.strict.keyring import ROOT_KEY_ID
from reconciler.sandbox.strict.layer import StrictLayer
from reconciler.sandbox.upstream import Upstream

REGION = "us-east-1"
PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "ftp_proxy", "no_proxy")


class Backend(Protocol):
    """A running emulator, which listens on `port` of loopback until it is stopped."""

    port: int

    def stop(self) -> None: ...


class Sandbox:
    """A sandbox account, started on entering the `with` block.

    url: the address for clients. upstream_url: the emulator's address, whose requests the strict layer does not see.
    strict: answer as AWS documents; False: pass every request to the emulator (calls are still counted).
    port: the port of `url`; 0 chooses a free one. account: the account id.
    wrap: wraps the layer that answers in one of the caller's; that one may raise AwsError or HangUp.
    emulator: starts the emulator, given the account id and a log file.

    Entering raises ReconcileError if the emulator does not start or the port is in use.
    """

    def __init__(
        self,
        strict: bool = True,
        port: int = 0,
        account: str = "123456789012",
        wrap: Callable[[Layer], Layer] | None = None,
        emulator: Callable[[str, Path], Backend] = Emulator,
    ) -> None:
        self.strict = strict
        self.account = account
        self._start_emulator = emulator
        self._port = port
        self._wrap = wrap

    def __enter__(self) -> Sandbox:
        self._folder = tempfile.TemporaryDirectory(prefix="reconcile-sandbox-")
        self.folder = Path(self._folder.name)
        try:
            self._emulator = self._start_emulator(self.account, self.folder / "emulator.log")
            try:
                self._proxy = self._create_proxy(self._emulator.port)
            except BaseException:
                self._emulator.stop()
                raise
        except BaseException:
            self._folder.cleanup()
            raise
        self._proxy.start()
        self.url = self._proxy.url
        self.upstream_url = f"http://127.0.0.1:{self._emulator.port}"
        return self

    def _create_proxy(self, emulator_port: int) -> Proxy:
        upstream = Upstream(emulator_port)
        layer = StrictLayer(upstream, self.account) if self.strict else upstream.send
        try:
            return Proxy(self._port, upstream, self._wrap(layer) if self._wrap else layer)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise make_error(
                "sandbox-port", f"The sandbox cannot listen on 127.0.0.1:{self._port}: {reason}."
            ) from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._proxy.stop()
        self._emulator.stop()
        self._folder.cleanup()

    def build_environment(self, base: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return a copy of an environment in which AWS clients reach the sandbox only. base: default os.environ."""
        variables = os.environ if base is None else base
        others = {name: value for name, value in variables.items() if not _leads_elsewhere(name)}
        return others | self.build_variables()

    def build_variables(self) -> dict[str, str]:
        """Return the variables that the sandbox sets.

        Its AWS config and credentials files are its own, so `aws configure` inside changes no file of the user.
        """
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": ROOT_KEY_ID,
            "AWS_SECRET_ACCESS_KEY": "sandbox",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": str(self.folder / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.folder / "credentials"),
            "AWS_PAGER": "",
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "XDG_STATE_HOME": str(self.folder / "state"),
            "NO_PROXY": "*",
            "no_proxy": "*",
            "RECONCILE_SANDBOX": "1",
        }


def _leads_elsewhere(name: str) -> bool:
    return name.upper().startswith("AWS_") or name.lower() in PROXY_VARIABLES
