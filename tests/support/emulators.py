"""What may stand behind the sandbox in a test."""

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
    """Without the strict layer: it is ministack's own opinion of identity and trust policies that counts."""
    return Sandbox(strict=False, emulator=EnforcingMinistack)
