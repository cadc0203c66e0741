"""Make sandboxes with different emulators for tests."""

from __future__ import annotations

from collections.abc import Callable

from reconciler.sandbox.server import Sandbox
from tests.support.ministack import EnforcingMinistack, Ministack

StartSandbox = Callable[[], Sandbox]


def start_moto() -> Sandbox:
    return Sandbox()


def start_ministack() -> Sandbox:
    return Sandbox(emulator=Ministack)


def start_enforcing_ministack() -> Sandbox:
    """Return a sandbox without the strict layer, in which ministack itself enforces identity and trust policies."""
    return Sandbox(strict=False, emulator=EnforcingMinistack)
