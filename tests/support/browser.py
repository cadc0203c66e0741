"""A headless Chromium for tests of HTML pages, spoken to by its DevTools protocol over two pipes.

Chromium's `--remote-debugging-pipe` needs the standard library alone: no driver program that must match the browser's
version (Selenium), no second browser to download (Playwright).
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--remote-debugging-pipe"),
)
_TIMEOUT = 60
_LAUNCHER = """\
import fcntl, os, sys
ends = [fcntl.fcntl(int(number), fcntl.F_DUPFD, 10) for number in sys.argv[1:3]]
os.dup2(ends[0], 3)
os.dup2(ends[1], 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""Gives the browser its pipes as descriptors 3 and 4, as it expects them."""

_KEYS = {"Enter": 13, "Escape": 27, "ArrowUp": 38, "ArrowDown": 40, "Tab": 9}


def find_browser() -> str | None:
    """Return the path of a Chromium; None if none is on PATH."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


@dataclass
class Browser:
    """A browser that runs. errors: what its pages wrote to the console as an error, CSP refusals included.

    requests: the addresses that its pages asked for.
    """

    read_end: int
    write_end: int
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    _session: str = ""
    _number: int = 0
    _rest: bytes = b""

    def open(self, page: Path, width: int = 1280, height: int = 800, *, dark: bool = False) -> None:
        """Show a file in a new tab of this size."""
        self.errors.clear()
        self.requests.clear()
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        phone = width < 700
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        self.call(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}],
        )
        self.call("Page.navigate", url=page.as_uri())
        self.wait("document.readyState === 'complete' && location.protocol === 'file:'")

    def ask(self, expression: str) -> Any:
        """Return the value of a JavaScript expression."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait(self, expression: str) -> None:
        """Wait until an expression is true."""
        until = time.monotonic() + _TIMEOUT
        while not self.ask(expression):
            assert time.monotonic() < until, expression

    def press(self, key: str) -> None:
        """Press and release a key."""
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            code = {"key": key, "code": key, "windowsVirtualKeyCode": _KEYS[key]}
            self.call("Input.dispatchKeyEvent", type=kind, **code, **(text if kind == "keyDown" else {}))

    def type(self, text: str) -> None:
        self.call("Input.insertText", text=text)

    def click(self, selector: str, containing: str = "") -> None:
        """Click the first visible element of a selector, that contains a text."""
        found = (
            f"[...document.querySelectorAll({json.dumps(selector)})]"
            f".find((one) => one.offsetParent && one.textContent.includes({json.dumps(containing)}))"
        )
        self.ask(f"({found}).scrollIntoView({{block: 'center'}})")
        box = self.ask(f"(() => {{ const box = ({found}).getBoundingClientRect(); return [box.x + 5, box.y + 5] }})()")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)

    def take_picture(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def call(self, method: str, **given: Any) -> dict[str, Any]:
        """Send a command, and return its answer. Events that come meanwhile are noted."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": given}
        if self._session and not method.startswith("Target."):
            message["sessionId"] = self._session
        os.write(self.write_end, json.dumps(message).encode() + b"\0")
        while True:
            told = self._read_message()
            if told.get("id") == self._number:
                assert "error" not in told, told["error"]
                answer: dict[str, Any] = told["result"]
                return answer
            self._note_event(told)

    def _note_event(self, told: dict[str, Any]) -> None:
        method, given = told.get("method"), told.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(given["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.errors.append(json.dumps(given["exceptionDetails"]))
        elif method == "Log.entryAdded" and given["entry"]["level"] in ("error", "warning"):
            self.errors.append(given["entry"]["text"])
        elif method == "Runtime.consoleAPICalled" and given["type"] in ("error", "warning"):
            self.errors.append(json.dumps(given["args"]))

    def _read_message(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self.read_end], [], [], _TIMEOUT)
            assert ready, "the browser does not answer"
            part = os.read(self.read_end, 1 << 16)
            assert part, "the browser has ended"
            self._rest += part
        message, _, self._rest = self._rest.partition(b"\0")
        told: dict[str, Any] = json.loads(message)
        return told


@contextmanager
def run_browser(program: str) -> Iterator[Browser]:
    """Start a browser with an empty profile; end it after the block."""
    commands, command_end = os.pipe()
    answer_end, answers = os.pipe()
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        words = [sys.executable, "-c", _LAUNCHER, str(commands), str(answers), program, *_FLAGS]
        process = subprocess.Popen(
            [*words, f"--user-data-dir={folder}", "about:blank"],
            pass_fds=(commands, answers),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(commands)
        os.close(answers)
        try:
            yield Browser(answer_end, command_end)
        finally:
            process.terminate()
            process.wait(_TIMEOUT)
            os.close(command_end)
            os.close(answer_end)
