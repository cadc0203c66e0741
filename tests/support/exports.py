"""Read an export back, and plan it, as the next commands of a user would."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from reconciler.desired.declare import declare
from reconciler.desired.export import AccountExport
from reconciler.desired.export_yaml import format_file
from reconciler.desired.load import load
from reconciler.model.desired import Desired
from reconciler.model.live import State
from reconciler.model.plan import Plan
from reconciler.plan.build import build_plan
from reconciler.plan.options import PlanOptions
from tests.support.files import find_errors


def read_export(text: str, live: State, further: Mapping[str, str] | None = None) -> Desired:
    """Return the desired state of a file with this text, read as `plan` does. further: more files, name → text."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "roles.yaml"
        for name, content in {path.name: text, **(further or {})}.items():
            (Path(folder) / name).parent.mkdir(exist_ok=True)
            (Path(folder) / name).write_text(content)
        return declare(
            load([path], {}, live.account), {address: entity.path for address, entity in live.entities.items()}
        )


def plan_export(export: AccountExport, live: State) -> Plan:
    desired = read_export(format_file(export, "reconcile export"), live, export.files)
    assert find_errors(desired) == []
    return build_plan(desired, live, PlanOptions())
