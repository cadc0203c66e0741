"""Rules about the sandbox, an emulator of AWS on this machine."""

from __future__ import annotations

from reconciler.model.problem import Level
from reconciler.rules.rule import Rule

RULES = (
    Rule(
        "sandbox-not-installed",
        Level.ERROR,
        title="The sandbox needs moto, which is not installed",
        why="moto is the emulator behind the sandbox.",
        how_to_fix="Run `pip install 'reconcile-iam[sandbox]'`.",
    ),
    Rule(
        "sandbox-port",
        Level.ERROR,
        title="The sandbox cannot listen on its port",
        why="The message has the reason of the operating system, for example that no port is free.",
        how_to_fix="Run it again, and check that programs may listen on 127.0.0.1 here.",
    ),
    Rule(
        "sandbox-start",
        Level.ERROR,
        title="The emulator behind the sandbox did not start",
        why="The message has the last line of its log.",
        how_to_fix=(
            "Run it again. If it stays, install it anew: `pip install --force-reinstall 'reconcile-iam[sandbox]'`."
        ),
    ),
)
